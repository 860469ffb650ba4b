"""Plays a plan over a stream as feeder and engine would, from scores that the engine gave each photo once. Pure.

Everything that decides is the product's own: nested sampling, threshold, votes, and the measured definition of F1. What
is not played is time: every due frame is analysed. `live.py` checks that against real runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mainstream.planner import AppPlan
from mainstream.sampling import NestedSampler
from mainstream.scoring import EventScore, Span, score_events
from mainstream.voting import decisions
from streams import IntArray, PhotoStream, Run

FloatArray = NDArray[np.float64]

PERIOD_S = 10
"""after which rates in tenths on a whole-numbered stream repeat themselves"""


@dataclass(frozen=True)
class Choice:
    """What decides of an app's frames: which scores, and how they become decisions."""

    fps: float
    threshold: float
    votes: int
    scores: FloatArray
    """of every photo of the pool, (photos,)"""


@lru_cache(maxsize=512)
def _due_frames(rates: frozenset[float], fps: float, frames: int) -> dict[float, IntArray]:
    """The frames that fall due at each rate; beyond two periods the pattern of the second is repeated."""
    period = round(PERIOD_S * fps)
    repeats = float(fps).is_integer() and all(float(round(rate * 10, 6)).is_integer() for rate in rates)
    walked = min(frames, 2 * period) if repeats else frames
    sampler = NestedSampler()
    due: dict[float, list[int]] = {rate: [] for rate in rates}
    for index in range(walked):
        for rate in sampler.due(index / fps, rates):
            due[rate].append(index)
    found = {rate: np.array(each, dtype=np.int64) for rate, each in due.items()}
    if walked == frames:
        return found
    return {rate: _repeated(each, period, frames) for rate, each in found.items()}


def _repeated(due: IntArray, period: int, frames: int) -> IntArray:
    second = due[due >= period]
    times = np.arange((frames - 1) // period)
    later = (second[None, :] + times[:, None] * period).ravel()
    return np.concatenate([due[due < period], later[later < frames]])


def due_frames(rates: Iterable[float], stream: PhotoStream) -> dict[float, IntArray]:
    """Which frames apps of these rates analyse, by rate; apps of one rate share frames."""
    return _due_frames(frozenset(rates), stream.fps, stream.frames)


def play_app(
    choice: Choice, analysed: IntArray, stream: PhotoStream, events: Sequence[Run], length_s: float
) -> EventScore:
    """Measured counts of one app that analyses the frames `analysed`."""
    hits = choice.scores[stream.photos[analysed]] >= choice.threshold
    # The middle of the frame's time, so that rounding never moves it over an event's edge.
    decided_s = np.asarray((analysed[decisions(hits, choice.votes)] + 0.5) / stream.fps, dtype=np.float64)
    return score_events(
        decided_s,
        in_seconds(events, stream.fps),
        (0.0, stream.seconds),
        length_s=length_s,
        merge_gap_s=length_s,
    )


def in_seconds(runs: Sequence[Run], fps: float) -> list[Span]:
    """Runs of frames as spans of time."""
    return [(start / fps, end / fps) for start, end in runs]


def play_plan(
    plans: Sequence[AppPlan],
    scores: Mapping[tuple[str, int], FloatArray],
    stream: PhotoStream,
    event_classes: Mapping[str, Sequence[int]],
    lengths_s: Mapping[str, float],
) -> dict[str, EventScore]:
    """Measured counts of every app; `scores` by app and branch-point. One that did not fit decides nothing."""
    fitting = [plan for plan in plans if plan.fits]
    due = due_frames((plan.fps for plan in fitting if plan.fps is not None), stream)
    nothing = np.empty(0, dtype=np.int64)
    counts = {}
    for plan in plans:
        choice, analysed = Choice(0.0, 1.0, 1, np.zeros(1)), nothing
        if plan.fps is not None and plan.branch_point is not None:
            assert plan.threshold is not None
            assert plan.votes is not None
            choice = Choice(plan.fps, plan.threshold, plan.votes, scores[plan.name, plan.branch_point])
            analysed = due[plan.fps]
        events = stream.events(event_classes[plan.name])
        counts[plan.name] = play_app(choice, analysed, stream, events, lengths_s[plan.name])
    return counts
