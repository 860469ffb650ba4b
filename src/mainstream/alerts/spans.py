"""Spans of time, and what the merge gap closes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
Span = tuple[float, float]
"""start and end in seconds, the end excluded"""

ROUNDING_S = 1e-9
"""what times may be off by for rounding"""


def as_spans(spans: Sequence[Span] | FloatArray) -> FloatArray:
    """Starts and ends as an array (n, 2)."""
    return np.asarray(spans, dtype=np.float64).reshape(-1, 2)


def merge_runs(runs: Sequence[Span] | FloatArray, merge_gap_s: float) -> list[FloatArray]:
    """Ascending runs (n, 2) as events: each event the runs (pieces, 2) that lie no more than `merge_gap_s` apart."""
    ordered = as_spans(runs)
    if not len(ordered):
        return []
    breaks = np.flatnonzero(ordered[1:, 0] - ordered[:-1, 1] > merge_gap_s + ROUNDING_S) + 1
    return np.split(ordered, breaks)


def merge_spans(runs: Sequence[Span] | FloatArray, merge_gap_s: float) -> list[Span]:
    """Start and end of each event of `merge_runs`."""
    return [(float(pieces[0, 0]), float(pieces[-1, 1])) for pieces in merge_runs(runs, merge_gap_s)]


def merge_decisions(times_s: ArrayLike, merge_gap_s: float) -> FloatArray:
    """First and last decision (alerts, 2) of every alert; `times_s` (n,) are ascending."""
    times = np.asarray(times_s, dtype=np.float64)
    opens = np.diff(times, prepend=-np.inf) > merge_gap_s + ROUNDING_S
    closes = np.append(opens[1:], True)[: len(times)]
    return np.stack([times[opens], times[closes]], axis=1)


def tolerance_s(length_s: float) -> float:
    """How much before and after an event of mean length `length_s` an alert may open and still be true."""
    return min(1.0, length_s / 4.0)
