"""The replayed curve: held-out video played at every rate and phase, and scored by alerts as it would be live.

Frames go through the gate of their view (docs/design.md, "The gate"), so that what it misses is missing in recall.
"""

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
from mainstream.laws.gate import Gate, Greys
from mainstream.laws.sampling import NestedSampler
from mainstream.mpackage.curve import ReplayedRate

MAX_VOTES = 7
_MAX_PHASES = 8
_SLOW_FPS = (0.1, 0.2, 0.5)
_RATE_STEP = 1.2
_DIGITS = 6
_APP = "app"


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


class Replay:
    """Held-out stretches at every rate, for any candidate's scores."""

    def __init__(
        self, stretches: Sequence[Stretch], times: FrameTimes, events: MergedEvents, greys: Greys | None = None
    ) -> None:
        """`events` sets merge gap and tolerance; `greys` (n, rows, columns) are of the frames of all stretches in
        order, as the gate looks at them."""
        gated = None if greys is None else _Gated(greys, _learnt(greys, stretches, times))
        self._plays = [(rate, _Play(stretches, times, rate, events, gated)) for rate in spaced_rates(times.fps)]

    def curve(self, scores: NDArray[np.float64], thresholds: Sequence[float]) -> tuple[ReplayedRate, ...]:
        """Recall and share of quiet stretches with a false alert, by threshold, rate and votes, over several phases.

        `scores` (n,) are those of all stretches in order. A slow rate sees no more than its first frame in a short
        stretch; the phases make up for it.
        """
        curve = []
        for rate, play in self._plays:
            for threshold in thresholds:
                hits = np.append(scores >= threshold, False)[play.frames]
                for votes in range(1, MAX_VOTES + 1):
                    recall, share = play.counted(hits, votes)
                    curve.append(ReplayedRate(float(threshold), rate, votes, recall, share))
        return tuple(curve)


class _Play:
    """Every stretch at one rate, in several phases, one after the other so far apart that no alert and no streak goes
    on from one to the next: so all of them are counted at once.
    """

    def __init__(
        self,
        stretches: Sequence[Stretch],
        times: FrameTimes,
        rate: float,
        events: MergedEvents,
        gated: "_Gated | None",
    ) -> None:
        apart_s = 4 * (events.gap_s + tolerance_s(events.length_s)) + 1.0
        frames: list[NDArray[np.intp]] = []
        shown_s: list[NDArray[np.float64]] = []
        spans: list[NDArray[np.float64]] = []
        whole: list[bool] = []
        at_s, before, quiet, last = 0.0, 0, 0.0, sum(end - start for start, end in (each.frames for each in stretches))
        for stretch in stretches:
            part = times.part(stretch.frames)
            start_s, end_s = part.span
            known = sorted([*((run, True) for run in stretch.events), *((run, False) for run in stretch.cut)])
            true = as_spans(times.spans([run for run, _ in known]))
            for analysed in _analysed(part, rate):
                looks = before + analysed
                ran = looks if gated is None else gated.ran_last(looks, part.middles_s[analysed])
                # A frame that nobody scored, and that is no hit, ends each.
                frames += [ran, np.array([last])]
                shown_s += [part.middles_s[analysed] - start_s + at_s, np.array([at_s + end_s - start_s + apart_s / 2])]
                spans.append(true - start_s + at_s)
                whole += [is_whole for _, is_whole in known]
                quiet += quiet_s(stretch, times)
                at_s += end_s - start_s + apart_s
            before += part.frames
        self.frames = np.concatenate(frames)
        self._shown_s = np.concatenate(shown_s)
        self._spans, self._whole = np.concatenate(spans), np.array(whole, dtype=np.bool_)
        self._quiet_s, self._events = quiet, events

    def counted(self, hits: NDArray[np.bool_], votes: int) -> tuple[float, float]:
        """Recall, and share of quiet stretches of one merge gap in which a false alert opened."""
        events, observed = self._events, int(self._whole.sum())
        alerts = alerts_of_hits(hits, self._shown_s, votes, events.gap_s)
        found, false = count_alerts(alerts[:, 0], self._spans, self._whole, tolerance_s(events.length_s))
        recall = round(found / observed, _DIGITS) if observed else 0.0
        return recall, round(false_share(false, found, observed, self._quiet_s, events), _DIGITS)


def spaced_rates(fps: float) -> list[float]:
    """Of the rates that a plan may choose those at least a fifth apart, and the highest; planners go between them."""
    every = rates(fps)
    kept: list[float] = []
    for rate in every:
        if not kept or rate >= _RATE_STEP * kept[-1] or rate == every[-1]:
            kept.append(rate)
    return kept


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


def _learnt(greys: Greys, stretches: Sequence[Stretch], times: FrameTimes) -> Gate:
    """A gate that knows the view's quiet times, as one does that has run for a while."""
    gate, rows = Gate(), iter(greys)
    for stretch in stretches:
        gate.begin()
        for at_s in times.part(stretch.frames).middles_s:
            gate.learn(next(rows), float(at_s))
    return gate


@dataclass(frozen=True)
class _Gated:
    """A view as its gate looks at it."""

    greys: Greys
    """of all frames, (n, rows, columns)"""
    gate: Gate

    def ran_last(self, looks: NDArray[np.intp], times_s: NDArray[np.float64]) -> NDArray[np.intp]:
        """For each of an app's looks the frame whose score is the look's: its own, or that on which networks ran last.

        `looks` (n,) are frames, `times_s` (n,) when they are shown.
        """
        self.gate.begin()
        ran, last = [], 0
        for look, at_s in zip(looks.tolist(), times_s.tolist(), strict=True):
            if self.gate.passes(self.greys[look], at_s, (_APP,)):
                last = look
            ran.append(last)
        return np.array(ran, dtype=np.intp)


def quiet_s(stretch: Stretch, times: FrameTimes) -> float:
    """Seconds of a stretch outside events, cut ones too."""
    start_s, end_s = times.of(stretch.frames)
    return end_s - start_s - sum(b - a for a, b in times.spans([*stretch.events, *stretch.cut]))
