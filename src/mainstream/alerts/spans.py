"""Spans of time, and what the merge gap closes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from mainstream.arrays import BoolArray, FloatArray, IntArray
from mainstream.times import Span

ROUNDING_S = 1e-9
"""what times may be off by for rounding"""


def as_spans(spans: Sequence[Span] | FloatArray) -> FloatArray:
    """Starts and ends as an array (n, 2)."""
    return np.asarray(spans, dtype=np.float64).reshape(-1, 2)


def merge_runs(
    runs: Sequence[Span] | FloatArray, merge_gap_s: float, seams_s: Sequence[float] = ()
) -> list[FloatArray]:
    """Ascending runs (n, 2) as events: each event the runs (pieces, 2) that lie no more than `merge_gap_s` apart.

    Runs on either side of a seam, where other footage begins, are never one event.
    """
    ordered = as_spans(runs)
    if not len(ordered):
        return []
    footage = np.searchsorted(np.asarray(seams_s, dtype=np.float64), ordered[:, 0] + ROUNDING_S)
    apart = ordered[1:, 0] - ordered[:-1, 1] > merge_gap_s + ROUNDING_S
    return np.split(ordered, np.flatnonzero(apart | (footage[1:] != footage[:-1])) + 1)


def merge_spans(runs: Sequence[Span] | FloatArray, merge_gap_s: float) -> list[Span]:
    """Start and end of each event of `merge_runs`."""
    return [(float(pieces[0, 0]), float(pieces[-1, 1])) for pieces in merge_runs(runs, merge_gap_s)]


def events_within(runs: Sequence[Span] | FloatArray, span: Span, merge_gap_s: float) -> tuple[list[Span], list[Span]]:
    """Events that lie wholly in `span`, and the pieces inside of those that its ends cut: they belong to no part."""
    merged = merge_spans(runs, merge_gap_s)
    whole = [event for event in merged if span[0] <= event[0] and event[1] <= span[1]]
    cut = [event for event in merged if event not in whole and event[0] < span[1] and span[0] < event[1]]
    return whole, [(max(start_s, span[0]), min(end_s, span[1])) for start_s, end_s in cut]


def merge_decisions(times_s: ArrayLike, merge_gap_s: float) -> FloatArray:
    """First and last decision (alerts, 2) of every alert; `times_s` (n,) are ascending."""
    times = np.asarray(times_s, dtype=np.float64)
    opens = np.diff(times, prepend=-np.inf) > merge_gap_s + ROUNDING_S
    closes = np.append(opens[1:], True)[: len(times)]
    return np.stack([times[opens], times[closes]], axis=1)


def alerts_of_hits(hits: BoolArray, times_s: FloatArray, votes: int, merge_gap_s: float) -> FloatArray:
    """First and last decision (alerts, 2) of every alert of analysed frames: `hits` (frames,) at ascending `times_s`.

    As `voting.decisions` and `merge_decisions`, but by streaks of hits, of which there are far fewer than frames.
    """
    edges = np.flatnonzero(np.diff(hits, prepend=False, append=False))
    begins, ends = edges[::2], edges[1::2]
    enough = ends - begins >= votes
    begins, ends = begins[enough] + votes - 1, ends[enough]
    if len(times_s) > 1 and float(np.diff(times_s).max()) > merge_gap_s + ROUNDING_S:
        decided = np.repeat(begins, ends - begins) + _counted(ends - begins)
        return merge_decisions(times_s[decided], merge_gap_s)
    opens_s, closes_s = times_s[begins], times_s[ends - 1]
    first = np.ones(len(opens_s), dtype=np.bool_)
    first[1:] = opens_s[1:] - closes_s[:-1] > merge_gap_s + ROUNDING_S
    last = np.append(first[1:], True)[: len(first)]
    return np.stack([opens_s[first], closes_s[last]], axis=1)


def _counted(lengths: IntArray) -> IntArray:
    """0, 1, ... up to each of the lengths, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(int(lengths.sum())) - np.repeat(ends - lengths, lengths)


def tolerance_s(length_s: float) -> float:
    """How much before and after an event of mean length `length_s` an alert may open and still be true."""
    return min(1.0, length_s / 4.0)
