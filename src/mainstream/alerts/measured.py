"""Alerts held against labels (docs/design.md, "Alerts", "Measured").

Decisions no more than the merge gap apart are one alert, which opens at its first decision; labelled runs no more than
the gap apart are one event. An alert is true if it opens while an event is under way, or within the tolerance of it; a
second one for an event is a repeat and counts neither way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mainstream.alerts.spans import ROUNDING_S, as_spans, merge_decisions, merge_spans, tolerance_s
from mainstream.arrays import BoolArray, FloatArray, IntArray
from mainstream.times import HOUR_S, Span


@dataclass(frozen=True)
class FoundEvent:
    """An event and the alert that opened for it: first and last decision."""

    event: Span
    alert: Span


@dataclass(frozen=True)
class AlertScore:
    """One app over one stretch of labelled video; all times in its seconds, alerts as first and last decision."""

    found: tuple[FoundEvent, ...]
    missed: tuple[Span, ...]
    """events without an alert"""
    false: tuple[Span, ...]
    """alerts without an event"""
    repeated: tuple[Span, ...]
    """further alerts for events that were found"""
    seconds: float
    """that were judged: ignored stretches left out"""
    quiet_s: float
    """of those, outside events"""

    @property
    def events(self) -> int:
        """Number of true events."""
        return len(self.found) + len(self.missed)

    @property
    def alerts(self) -> int:
        """Number of alerts, repeats included."""
        return len(self.found) + len(self.false) + len(self.repeated)

    @property
    def recall(self) -> float:
        """Found events over events; 0 without events."""
        return len(self.found) / self.events if self.events else 0.0

    @property
    def precision(self) -> float:
        """Found events over found events and false alerts; 0 where there are neither."""
        claimed = len(self.found) + len(self.false)
        return len(self.found) / claimed if claimed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision; 0 if either is 0."""
        total = self.recall + self.precision
        return 2 * self.recall * self.precision / total if total else 0.0

    @property
    def false_per_hour(self) -> float:
        """False alerts per hour of what was judged."""
        return HOUR_S * len(self.false) / self.seconds if self.seconds else 0.0


def score_alerts(
    decision_times_s: Sequence[float] | FloatArray,
    events: Sequence[Span] | FloatArray,
    span: Span,
    *,
    merge_gap_s: float,
    length_s: float | None = None,
    ignored: Sequence[Span] | FloatArray = (),
) -> AlertScore:
    """Score decisions (times in s, ascending) against labelled `events` within `span`.

    `ignored` are events that the ends of the span cut: alerts that open for them are left out. `length_s`, the mean
    event length that sets the tolerance, is that of the scored events where it is not given.
    """
    times = np.asarray(decision_times_s, dtype=np.float64)
    alerts = merge_decisions(times[(times >= span[0]) & (times < span[1])], merge_gap_s)
    return score_alert_spans(alerts, events, span, merge_gap_s=merge_gap_s, length_s=length_s, ignored=ignored)


def score_alert_spans(
    alerts: FloatArray,
    events: Sequence[Span] | FloatArray,
    span: Span,
    *,
    merge_gap_s: float,
    length_s: float | None = None,
    ignored: Sequence[Span] | FloatArray = (),
) -> AlertScore:
    """As `score_alerts`, of alerts (n, 2) that were merged already: first and last decision of each, ascending.

    One that opens outside the span is left out.
    """
    alerts = as_spans(alerts)
    alerts = alerts[(alerts[:, 0] >= span[0]) & (alerts[:, 0] < span[1])]
    merged = as_spans(merge_spans(events, merge_gap_s))
    cut = as_spans(ignored)
    mean_s = float(np.diff(merged, axis=1).mean()) if len(merged) else 0.0
    known = np.concatenate([merged, cut])
    order = np.argsort(known[:, 0], kind="stable")
    of_event = nearest_event(alerts[:, 0], known[order], tolerance_s(mean_s if length_s is None else length_s))
    at = np.where(of_event >= 0, order[of_event] if len(order) else -1, -1)
    first = {int(event): alert for alert, event in reversed(list(enumerate(at.tolist())))}
    seconds = span[1] - span[0] - float(np.diff(cut, axis=1).sum())
    return AlertScore(
        found=tuple(FoundEvent(_span(merged[i]), _span(alerts[first[i]])) for i in range(len(merged)) if i in first),
        missed=tuple(_span(merged[i]) for i in range(len(merged)) if i not in first),
        false=tuple(_span(alerts[a]) for a in np.flatnonzero(at < 0).tolist()),
        repeated=tuple(_span(alerts[a]) for a, i in enumerate(at.tolist()) if 0 <= i < len(merged) and first[i] != a),
        seconds=seconds,
        quiet_s=seconds - float(np.diff(merged, axis=1).sum()),
    )


def count_alerts(opens_s: FloatArray, events: FloatArray, whole: BoolArray, tolerance: float) -> tuple[int, int]:
    """Found events and false alerts among alerts that open at `opens_s` (alerts,); the counts of `score_alerts`.

    `events` (n, 2) are merged and ascending, `whole` (n,) are those that no end of the span cuts.
    """
    at = nearest_event(opens_s, events, tolerance)
    found = np.unique(at[at >= 0])
    return int(np.count_nonzero(whole[found])), int(np.count_nonzero(at < 0))


def nearest_event(opens_s: FloatArray, events: FloatArray, tolerance: float) -> IntArray:
    """Which of ascending `events` (n, 2), apart from each other, each alert (alerts,) opened for; -1: none.

    An alert that fits two events counts for the nearer, the earlier on a tie.
    """
    if not len(events):
        return np.full(len(opens_s), -1, dtype=np.int64)
    after = np.searchsorted(events[:, 0], opens_s, side="right")
    before = np.maximum(after - 1, 0)
    following = np.minimum(after, len(events) - 1)
    to_before, to_following = (
        np.maximum(np.maximum(events[each, 0] - opens_s, opens_s - events[each, 1]), 0.0)
        for each in (before, following)
    )
    nearest = np.where(to_following < to_before - ROUNDING_S, following, before)
    nearest[np.minimum(to_before, to_following) > tolerance + ROUNDING_S] = -1
    return nearest.astype(np.int64)


def _span(row: FloatArray) -> Span:
    return float(row[0]), float(row[1])
