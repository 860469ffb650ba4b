"""Event statistics as measured from labels and held-out hits (docs/design.md, "Alerts")."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.merging import merged_events
from mainstream.alerts.spans import ROUNDING_S
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Run
from mainstream.laws.chain import EventStatistics
from mainstream.mpackage.manifest import MAX_RUNS, MeasuredEventStatistics, Statistic
from mainstream.times import Span

STRETCH_RUNS = 64
"""Of thousands of runs, stretches of so many neighbours are kept, so that gaps between runs stay what they are."""
_DIGITS = 6
_RUN_DIGITS = 3


def in_seconds(runs: Sequence[Run], fps: float) -> list[Span]:
    """Runs of frames as spans of time."""
    return [(start / fps, end / fps) for start, end in runs]


def mean_length_s(runs: Sequence[Run], times: FrameTimes) -> float:
    """Mean length of runs; `runs` must hold one. Of labelled runs as they are: the default merge gap."""
    return round(sum(end_s - start_s for start_s, end_s in times.spans(runs)) / len(runs), _DIGITS)


def merged_runs(
    runs: Sequence[Run], cut: Sequence[Run], times: FrameTimes, merge_gap_s: float
) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """Whole events of labelled `runs` no more than the gap apart, and those that a piece of a `cut` one is part of."""
    whole: list[Run] = []
    broken: list[Run] = []
    pieces = sorted([*((run, False) for run in runs), *((piece, True) for piece in cut)])
    groups: list[list[tuple[Run, bool]]] = []
    for piece in pieces:
        if groups and _merge(groups[-1][-1][0], piece[0], times, merge_gap_s):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    for group in groups:
        event = (group[0][0][0], group[-1][0][1])
        (broken if any(is_cut for _, is_cut in group) else whole).append(event)
    return tuple(whole), tuple(broken)


def _merge(before: Run, after: Run, times: FrameTimes, merge_gap_s: float) -> bool:
    gap_s = times.of(after)[0] - times.of(before)[1]
    return gap_s <= merge_gap_s + ROUNDING_S and times.of_one_clip(before[1] - 1, after[0])


@dataclass(frozen=True)
class KeptRuns:
    """Labelled runs in seconds, as a package keeps them."""

    runs_s: tuple[Span, ...]
    footage_s: float
    """that they lie in"""
    seams_s: tuple[float, ...] = ()
    """when another clip begins"""


def kept_runs(runs: Sequence[Span], footage_s: float, seams_s: Sequence[float] = (), most: int = MAX_RUNS) -> KeptRuns:
    """Labelled runs in seconds; of more than `most` evenly spaced stretches.

    A stretch reaches from the start of its first run to the start of the run after its last, and the next one follows.
    """
    rounded = [(round(start_s, _RUN_DIGITS), round(end_s, _RUN_DIGITS)) for start_s, end_s in runs]
    if len(rounded) <= most:
        return KeptRuns(tuple(rounded), footage_s, tuple(round(seam_s, _RUN_DIGITS) for seam_s in seams_s))
    kept: list[Span] = []
    seams: list[float] = []
    at_s = 0.0
    stretches = most // STRETCH_RUNS
    for i in range(stretches):
        first = i * (len(rounded) - STRETCH_RUNS - 1) // max(1, stretches - 1)
        begin_s = rounded[first][0]
        for start_s, end_s in rounded[first : first + STRETCH_RUNS]:
            kept.append((round(at_s + start_s - begin_s, _RUN_DIGITS), round(at_s + end_s - begin_s, _RUN_DIGITS)))
        end_s = rounded[first + STRETCH_RUNS][0]
        seams += [round(at_s + seam_s - begin_s, _RUN_DIGITS) for seam_s in seams_s if begin_s < seam_s < end_s]
        at_s += end_s - begin_s
    return KeptRuns(tuple(kept), round(at_s, _RUN_DIGITS), tuple(seams))


def labelled_statistics(runs: Sequence[Run], cut: Sequence[Run], times: FrameTimes) -> EventStatistics:
    """Of whole labelled `runs` and pieces of `cut` ones over all of `times`; the correlation, not in labels, is 0."""
    start_s, end_s = times.span
    cut_s = sum(b - a for a, b in times.spans(cut))
    kept = kept_runs(times.spans(runs), round(end_s - start_s - cut_s, _RUN_DIGITS), times.seams_s)
    gap_s = mean_length_s(runs, times)
    return EventStatistics(gap_s, 0.0, 0.0, (), gap_s, kept.runs_s, kept.footage_s, kept.seams_s)


def packed_statistics(
    labelled: EventStatistics, correlation: float, source: Literal["measured", "declared"] = "measured"
) -> MeasuredEventStatistics:
    """As a manifest has them: length and frequency after merging."""
    merged = merged_events(labelled)

    def statistic(value: float) -> Statistic:
        return Statistic(value=round(value, _DIGITS), source=source)

    return MeasuredEventStatistics(
        length_s=statistic(merged.length_s),
        frequency=statistic(merged.frequency),
        correlation=statistic(correlation),
        merge_gap_s=labelled.merge_gap_s,
        runs_s=labelled.runs_s,
        footage_s=labelled.footage_s,
        seams_s=labelled.seams_s,
    )


def miss_correlation(hits: Sequence[NDArray[np.bool_]], present: NDArray[np.bool_], frames: NDArray[np.intp]) -> float:
    """Correlation rho of misses between analysed frames of one event, 0 to 1; 0 where nothing was missed.

    `hits` (one array (n,) a candidate) and `present` (n,) belong to ascending held-out `frames` (n,). In the chain,
    P(miss after a miss) = (1 - p) + rho * p, hence rho = (that - (1 - p)) / p. Pairs of frames at every distance up to
    an event's end are pooled, as a plan may run at any rate, and so are candidates: each alone misses too few frames.
    """
    run = np.cumsum(np.concatenate([[True], (np.diff(frames) != 1) | (np.diff(present) != 0)]))
    events = [np.flatnonzero(run == each) for each in np.unique(run[present])]
    after_miss = both = missed = seen = 0
    for hit in hits:
        for event in events:
            miss = ~hit[event]
            later: NDArray[np.intp] = np.cumsum(miss[::-1])[::-1] - miss
            left = np.arange(len(miss))[::-1]
            after_miss += int(left[miss].sum())
            both += int(later[miss].sum())
            missed += int(miss.sum())
            seen += len(miss)
    p = 1 - missed / seen if seen else 0.0
    if not after_miss or p == 0:
        return 0.0
    return round(min(1.0, max(0.0, (both / after_miss - (1 - p)) / p)), _DIGITS)
