"""The replayed curve: held-out video played at every rate and phase, and scored by alerts as it would be live."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.law import false_share
from mainstream.alerts.measured import count_alerts
from mainstream.alerts.merging import MergedEvents
from mainstream.alerts.spans import alerts_of_hits, as_spans, tolerance_s
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Run
from mainstream.laws.sampling import NestedSampler
from mainstream.mpackage.curve import ReplayedRate

MAX_VOTES = 7
_MAX_PHASES = 8
_SLOW_FPS = (0.1, 0.2, 0.5)
_DIGITS = 6


@dataclass(frozen=True)
class Stretch:
    """One held-out stretch of time and what is true of it. Frames are counted from the start of the training part."""

    frames: Run
    events: tuple[Run, ...]
    """events, after merging, that lie wholly in it"""
    cut: tuple[Run, ...]
    """pieces of events that its ends cut"""


def rates(fps: float) -> list[float]:
    """Rates that a plan may choose: .1, .2, .5 and every whole number up to the stream's (docs/design.md, "Cost")."""
    return [rate for rate in (*_SLOW_FPS, *range(1, int(fps) + 1)) if rate <= fps]


def replayed_curve(
    scores: NDArray[np.float64],
    stretches: Sequence[Stretch],
    thresholds: NDArray[np.float64],
    times: FrameTimes,
    events: MergedEvents,
) -> tuple[ReplayedRate, ...]:
    """Recall and share of quiet stretches with a false alert, by threshold, rate and votes, over several phases.

    `scores` (n,) are those of all stretches in order; `events` sets merge gap and tolerance. A slow rate sees no more
    than its first frame in a short stretch; the phases make up for it.
    """
    curve = []
    edges = np.cumsum([stretch.frames[1] - stretch.frames[0] for stretch in stretches])[:-1]
    truths = [_Truth(stretch, times, events) for stretch in stretches]
    for rate in rates(times.fps):
        plays = [_analysed(times.part(stretch.frames), rate) for stretch in stretches]
        for threshold in thresholds:
            hits = np.split(scores >= threshold, edges)
            for votes in range(1, MAX_VOTES + 1):
                tally = ReplayTally()
                for truth, phases, hit in zip(truths, plays, hits, strict=True):
                    for analysed in phases:
                        tally.add(truth, *truth.counts(analysed, hit, votes))
                curve.append(
                    ReplayedRate(
                        threshold=float(threshold),
                        fps=rate,
                        votes=votes,
                        recall=tally.recall,
                        false_share=tally.false_share(events),
                    )
                )
    return tuple(curve)


def _analysed(times: FrameTimes, rate: float) -> list[NDArray[np.intp]]:
    """For several phases, which frames of a stretch (from its start) an app of that rate analyses."""
    period = max(1, round(times.fps / rate))
    starts = sorted({int(start) for start in np.linspace(0, period, min(period, _MAX_PHASES), endpoint=False)})
    return [np.fromiter(_due(start, times, rate), dtype=np.intp) for start in starts]


def _due(start: int, times: FrameTimes, rate: float) -> Iterator[int]:
    sampler = NestedSampler()
    for index in range(start, times.frames):
        if sampler.due(float(times.edges_s[index]), [rate]):
            yield index


class _Truth:
    """What is true of a stretch: its events, merged, as arrays once; every rate, threshold and phase asks for them."""

    def __init__(self, stretch: Stretch, times: FrameTimes, events: MergedEvents) -> None:
        known = sorted([*((run, True) for run in stretch.events), *((run, False) for run in stretch.cut)])
        spans = as_spans(times.spans([run for run, _ in known]))
        self._events = spans
        self._whole = np.array([is_whole for _, is_whole in known], dtype=np.bool_)
        self._middles_s = times.middles_s[stretch.frames[0] : stretch.frames[1]]
        self._gap_s = events.gap_s
        self._tolerance_s = tolerance_s(events.length_s)
        self.events = len(stretch.events)
        self.quiet_s = quiet_s(stretch, times)

    def counts(self, analysed: NDArray[np.intp], hit: NDArray[np.bool_], votes: int) -> tuple[int, int]:
        """Found events and false alerts of one phase."""
        alerts = alerts_of_hits(hit[analysed], self._middles_s[analysed], votes, self._gap_s)
        return count_alerts(alerts[:, 0], self._events, self._whole, self._tolerance_s)


def quiet_s(stretch: Stretch, times: FrameTimes) -> float:
    """Seconds of a stretch outside events, cut ones too."""
    start_s, end_s = times.of(stretch.frames)
    return end_s - start_s - sum(b - a for a, b in times.spans([*stretch.events, *stretch.cut]))


@dataclass
class ReplayTally:
    """Counts over stretches and phases."""

    found: int = 0
    false: int = 0
    events: int = 0
    quiet_s: float = 0.0

    def add(self, truth: _Truth, found: int, false: int) -> None:
        """One phase of one stretch."""
        self.found += found
        self.false += false
        self.events += truth.events
        self.quiet_s += truth.quiet_s

    @property
    def recall(self) -> float:
        """Found events over events."""
        return round(self.found / self.events, _DIGITS) if self.events else 0.0

    def false_share(self, events: MergedEvents) -> float:
        """Share of quiet stretches of one merge gap in which a false alert opened."""
        return round(false_share(self.false, self.found, self.events, self.quiet_s, events), _DIGITS)
