"""Event statistics as measured from labels and held-out hits (design: event model)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mainstream.footage.frame_times import FrameTimes
from mainstream.labels import Run
from mainstream.scoring import Span, outside_windows

LENGTHS_KEPT = 32
_DIGITS = 6


def in_seconds(runs: Sequence[Run], fps: float) -> list[Span]:
    """Runs of frames as spans of time."""
    return [(start / fps, end / fps) for start, end in runs]


def event_length_s(runs: Sequence[Run], times: FrameTimes) -> float:
    """Mean length of whole events; `runs` must hold one."""
    return round(sum(end_s - start_s for start_s, end_s in times.spans(runs)) / len(runs), _DIGITS)


def event_lengths_s(runs: Sequence[Run], times: FrameTimes) -> tuple[float, ...]:
    """Lengths of whole events, ascending; of many events as many evenly spaced quantiles as are kept."""
    lengths_s = np.array([end_s - start_s for start_s, end_s in times.spans(runs)])
    if len(lengths_s) > LENGTHS_KEPT:
        lengths_s = np.quantile(lengths_s, (np.arange(LENGTHS_KEPT) + 0.5) / LENGTHS_KEPT)
    return tuple(round(float(length_s), _DIGITS) for length_s in np.sort(lengths_s))


def event_frequency(runs: Sequence[Run], cut: Sequence[Run], times: FrameTimes, length_s: float) -> float:
    """Share of events in events and windows outside them; pieces of `cut` events count as neither."""
    windows = outside_windows(times.spans(runs), times.span, length_s, times.spans(cut))
    return round(len(runs) / (len(runs) + len(windows)), _DIGITS)


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
