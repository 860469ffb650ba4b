"""The replayed curve: held-out video played at every rate and phase, decided and scored as it would be live."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream.footage.frame_times import FrameTimes
from mainstream.labels import Run
from mainstream.mpackage.manifest import ReplayedRate
from mainstream.sampling import NestedSampler
from mainstream.scoring import score_events
from mainstream.voting import decisions

MAX_VOTES = 7
_MAX_PHASES = 8
_SLOW_FPS = (0.1, 0.2, 0.5)
_DIGITS = 6


@dataclass(frozen=True)
class Stretch:
    """One held-out stretch of time and what is true of it. Frames are counted from the start of the training part."""

    frames: Run
    events: tuple[Run, ...]
    """events that lie wholly in it"""
    cut: tuple[Run, ...]
    """pieces of events that its ends cut"""


def rates(fps: float) -> list[float]:
    """Rates that a plan may choose: .1, .2, .5 and every whole number up to the stream's (design: cost model)."""
    return [rate for rate in (*_SLOW_FPS, *range(1, int(fps) + 1)) if rate <= fps]


def replayed_curve(
    scores: NDArray[np.float64],
    stretches: Sequence[Stretch],
    thresholds: NDArray[np.float64],
    times: FrameTimes,
    length_s: float,
) -> tuple[ReplayedRate, ...]:
    """Event recall and false alarms by threshold, rate and votes, the mean over phases.

    `scores` (n,) are those of all stretches in order. A slow rate sees no more than its first frame in a short
    stretch; the phases make up for it.
    """
    curve = []
    for rate in rates(times.fps):
        plays = [_analysed(times.part(stretch.frames), rate) for stretch in stretches]
        for threshold in thresholds:
            hits = np.split(scores >= threshold, np.cumsum([s.frames[1] - s.frames[0] for s in stretches])[:-1])
            for votes in range(1, MAX_VOTES + 1):
                totals = np.zeros(4)
                for stretch, phases, hit in zip(stretches, plays, hits, strict=True):
                    for analysed in phases:
                        totals += _counts(stretch, analysed, hit, votes, times, length_s)
                recall, false_alarm = _share(totals[0], totals[1]), _share(totals[2], totals[3])
                curve.append(
                    ReplayedRate(
                        threshold=float(threshold), fps=rate, votes=votes, recall=recall, false_alarm=false_alarm
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


def _counts(
    stretch: Stretch,
    analysed: NDArray[np.intp],
    hit: NDArray[np.bool_],
    votes: int,
    times: FrameTimes,
    length_s: float,
) -> tuple[int, int, int, int]:
    """Found and all events, false and all windows."""
    decided = analysed[decisions(hit[analysed], votes)]
    score = score_events(
        times.middles_s[decided + stretch.frames[0]],
        times.spans(stretch.events),
        times.of(stretch.frames),
        length_s=length_s,
        merge_gap_s=length_s,
        ignored=times.spans(stretch.cut),
    )
    return score.events_found, score.events, score.windows_false, score.windows


def _share(part: float, whole: float) -> float:
    return round(float(part / whole), _DIGITS) if whole else 0.0
