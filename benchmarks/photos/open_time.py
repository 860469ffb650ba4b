"""For how much of the time outside events an app is on: what no score of alerts counts. Pure.

An app that is always on raises one everlasting alert, or one that ends with each frame where frames lie further apart
than the merge gap. So both are told: time in which an alert is open, and analysed frames that are decisions. An alert
is open for the merge gap after a decision; what decisions within an event hold open after it is no fault of the app's.
"""

import numpy as np

from mainstream.alerts.spans import merge_decisions
from mainstream.arrays import BoolArray, FloatArray
from mainstream.times import Span


def open_share(
    decided_s: FloatArray, analysed_s: FloatArray, events: FloatArray, span: Span, merge_gap_s: float
) -> float:
    """The larger of two shares: of the time outside `events` (m, 2) in which a decision made there holds an alert open,
    and of the frames analysed there that decide. Times (n,) ascend, events are merged and lie within the span.
    """
    quiet_s = span[1] - span[0] - float(np.diff(events, axis=1).sum())
    outside_s = decided_s[~_is_inside(decided_s, events)]
    alerts = merge_decisions(outside_s, merge_gap_s)
    ends_s = np.minimum(alerts[:, 1] + merge_gap_s, span[1])
    open_s = float((ends_s - alerts[:, 0]).sum() - (_inside_s(ends_s, events) - _inside_s(alerts[:, 0], events)).sum())
    frames = int(np.count_nonzero(~_is_inside(analysed_s, events)))
    return max(open_s / quiet_s if quiet_s > 0.0 else 0.0, len(outside_s) / max(1, frames))


def _inside_s(times_s: FloatArray, events: FloatArray) -> FloatArray:
    """Seconds inside events before each of the times (n,)."""
    if not len(events):
        return np.zeros_like(times_s)
    before_s = np.cumsum(np.append(0.0, np.diff(events, axis=1).ravel()))
    inside: FloatArray = np.interp(times_s, events.ravel(), np.repeat(before_s, 2)[1:-1])
    return inside


def _is_inside(times_s: FloatArray, events: FloatArray) -> BoolArray:
    at = np.searchsorted(events[:, 0], times_s, side="right") - 1
    inside = np.zeros(len(times_s), dtype=np.bool_)
    inside[at >= 0] = times_s[at >= 0] < events[at[at >= 0], 1]
    return inside
