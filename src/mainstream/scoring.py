"""Event F1 as measured on a labelled stream, by the definition in the design (event model, "Measured").

A true event is found if a decision falls into it. Time outside events, a guard of half an event length around each left
out, is cut gap by gap into windows of one event length; a window with a decision is a false one. What a user sees are
reports: maximal runs of decisions with gaps up to `merge_gap_s` closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

Span = tuple[float, float]
"""start and end in seconds, the end excluded"""

_ROUNDING = 1e-9
"""share of a window that rounding may cost"""


@dataclass(frozen=True)
class EventScore:
    """Counts of one app over one stretch of labelled video."""

    events: int
    """true events"""
    events_found: int
    """true events with a decision in them"""
    windows: int
    """windows outside events"""
    windows_false: int
    """windows with a decision in them"""
    reports: int
    """runs of decisions, as a user sees them"""
    reports_true: int
    """reports that touch a true event"""

    @property
    def recall(self) -> float:
        """Found events over events; 0 without events."""
        return self.events_found / self.events if self.events else 0.0

    @property
    def precision(self) -> float:
        """Found events over found events and false windows; 0 where there are neither."""
        claimed = self.events_found + self.windows_false
        return self.events_found / claimed if claimed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision; 0 if either is 0."""
        total = self.recall + self.precision
        return 2 * self.recall * self.precision / total if total else 0.0


def score_events(
    decision_times_s: Sequence[float] | NDArray[np.float64],
    events: Sequence[Span],
    span: Span,
    *,
    length_s: float,
    merge_gap_s: float,
    ignored: Sequence[Span] = (),
) -> EventScore:
    """Score decisions (times in s, ascending) against true `events` within `span`.

    `ignored` stretches (an event cut by the split) count neither as events nor as time outside them.
    """
    times = np.asarray(decision_times_s, dtype=np.float64)
    inside = (times >= span[0]) & (times < span[1])
    for start, end in ignored:
        inside &= ~((times >= start) & (times < end))
    times = times[inside]
    windows = outside_windows(events, span, length_s, ignored)
    reports = merge_reports(times, merge_gap_s)
    return EventScore(
        events=len(events),
        events_found=_with_decision(times, events),
        windows=len(windows),
        windows_false=_with_decision(times, windows),
        reports=len(reports),
        reports_true=sum(any(start < b and end >= a for a, b in events) for start, end in reports),
    )


def outside_windows(events: Sequence[Span], span: Span, length_s: float, ignored: Sequence[Span] = ()) -> list[Span]:
    """Equal windows over the time outside events: floor(gap / length_s) in each gap, guards left out."""
    guard_s = length_s / 2
    blocked = sorted([(start - guard_s, end + guard_s) for start, end in events] + list(ignored))
    windows: list[Span] = []
    at = span[0]
    for start, end in [*blocked, (span[1], span[1])]:
        gap_s = min(start, span[1]) - at
        count = floor(gap_s / length_s + _ROUNDING) if gap_s > 0 else 0
        windows += [(at + gap_s * i / count, at + gap_s * (i + 1) / count) for i in range(count)]
        at = max(at, end)
    return windows


def merge_reports(decision_times_s: NDArray[np.float64], merge_gap_s: float) -> list[Span]:
    """First and last decision of every report (the last one included)."""
    if not len(decision_times_s):
        return []
    breaks = np.flatnonzero(np.diff(decision_times_s) > merge_gap_s) + 1
    return [(float(run[0]), float(run[-1])) for run in np.split(decision_times_s, breaks)]


def frames_within(times_s: NDArray[np.float64], spans: Sequence[Span] | NDArray[np.float64]) -> NDArray[np.int64]:
    """First and one past the last of the frames at these times (frames,), ascending, in each span (spans, 2)."""
    return np.searchsorted(times_s, np.asarray(spans, dtype=np.float64).reshape(-1, 2))


def _with_decision(times_s: NDArray[np.float64], spans: Sequence[Span]) -> int:
    """How many of the spans hold one of the times."""
    within = frames_within(times_s, spans)
    return int(np.count_nonzero(within[:, 0] < within[:, 1]))
