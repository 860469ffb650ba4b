"""Plays a plan over a stream as feeder and engine would, from scores that the engine gave each photo once. Pure.

Everything that decides is the product's own: nested sampling, threshold, votes, and the measured definition of F1. What
is not played is time: every due frame is analysed. `live.py` checks that against real runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.measured import AlertScore, score_alerts
from mainstream.alerts.spans import as_spans, merge_spans
from mainstream.footage.labels import Run
from mainstream.laws.voting import decisions
from mainstream.planner import AppPlan
from mainstream.times import Span
from mainstream_trainer.data.event_statistics import in_seconds
from mainstream_trainer.measure.picture_replay import due_frames
from mainstream_trainer.measure.picture_streams import IntArray, PictureStream
from open_time import open_share
from windowed import windowed_f1

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """What decides of an app's frames: which scores, and how they become decisions."""

    threshold: float
    votes: int
    scores: FloatArray
    """of every photo of the pool, (photos,)"""


@dataclass(frozen=True)
class Played:
    """What one app came to."""

    alerts: AlertScore
    f1_windowed: float
    """the published measure"""
    open_share: float
    """of the time, or of analysed frames, outside events"""


def judged(
    decided_s: FloatArray,
    analysed_s: FloatArray,
    events: Sequence[Span],
    span: Span,
    *,
    merge_gap_s: float,
    ignored: Sequence[Span] = (),
) -> Played:
    """Decisions at ascending times (n,), among frames that were analysed, against labelled runs within the span."""
    known = as_spans(sorted([*merge_spans(events, merge_gap_s), *ignored]))
    return Played(
        score_alerts(decided_s, events, span, merge_gap_s=merge_gap_s, ignored=ignored),
        windowed_f1(decided_s, as_spans(events), span, as_spans(ignored)),
        open_share(decided_s, analysed_s, known, span, merge_gap_s),
    )


def play_app(
    choice: Choice, analysed: IntArray, stream: PictureStream, events: Sequence[Run], merge_gap_s: float
) -> Played:
    """One app that analyses the frames `analysed`."""
    hits = choice.scores[stream.pictures[analysed]] >= choice.threshold
    # The middle of the frame's time, so that rounding never moves it over an event's edge.
    analysed_s = np.asarray((analysed + 0.5) / stream.fps, dtype=np.float64)
    return judged(
        analysed_s[decisions(hits, choice.votes)],
        analysed_s,
        in_seconds(events, stream.fps),
        (0.0, stream.seconds),
        merge_gap_s=merge_gap_s,
    )


def play_plan(
    plans: Sequence[AppPlan],
    scores: Mapping[tuple[str, str], FloatArray],
    stream: PictureStream,
    event_classes: Mapping[str, Sequence[int]],
    gaps_s: Mapping[str, float],
) -> dict[str, Played]:
    """Every app; `scores` by app and candidate. One that did not fit decides nothing."""
    fitting = [plan for plan in plans if plan.fits]
    due = due_frames((plan.fps for plan in fitting if plan.fps is not None), stream)
    nothing = np.empty(0, dtype=np.int64)
    played = {}
    for plan in plans:
        choice, analysed = Choice(1.0, 1, np.zeros(1)), nothing
        if plan.fps is not None and plan.candidate is not None:
            assert plan.threshold is not None
            assert plan.votes is not None
            choice = Choice(plan.threshold, plan.votes, scores[plan.name, plan.candidate])
            analysed = due[plan.fps]
        events = stream.events(event_classes[plan.name])
        played[plan.name] = play_app(choice, analysed, stream, events, gaps_s[plan.name])
    return played
