"""From decisions to alerts: what a user sees. Pure; fed frame by frame, in the order of capture.

Times are the camera's or the wall clock's and may jump; how long something lasted, and whether a gap is longer than the
merge gap, goes by the monotonic clock alone.
"""

from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from mainstream.messages.alert import Alert

_ALERTS = UUID("6a0a4cbe-2b0c-5d0e-9c53-9f0c6a1f7d55")
"""namespace of the identities of alerts"""


def alert_id(app: str, stream: str, ordinal: int, start_s: float) -> str:
    """Identity of an app's alert: the same at every retry and after every restart, another one for every alert.

    `ordinal` counts the app's alerts, `start_s` keeps apart those of a node whose disk began anew.
    """
    return str(uuid5(_ALERTS, f"{app}|{stream}|{ordinal}|{start_s:.3f}"))


@dataclass
class AlertMerger:
    """Keeps the open alert of one app."""

    app: str
    stream: str
    merge_gap_s: float
    before: int = 0
    """alerts that earlier lives of the runner opened"""
    count: int = 0
    """alerts opened so far"""
    open: Alert | None = None

    def analysed(self, captured_s: float, due_s: float, score: float, *, decision: bool) -> list[Alert]:
        """Take the next analysed frame; alerts that close or open on it, in this order."""
        changed: list[Alert] = []
        if self.open is not None and due_s - self.open.end_due_s > self.merge_gap_s:
            changed += self.close()
        if decision and self.open is None:
            identity = alert_id(self.app, self.stream, self.before + self.count, captured_s)
            self.open = Alert("opened", identity, self.app, captured_s, due_s, due_s, score, 1)
            self.count += 1
            changed.append(self.open)
        elif decision and self.open is not None:
            peak = max(self.open.peak_score, score)
            self.open = replace(self.open, end_due_s=due_s, peak_score=peak, frames=self.open.frames + 1)
        return changed

    def close(self) -> list[Alert]:
        """End the open alert, if there is one."""
        if self.open is None:
            return []
        closed, self.open = replace(self.open, phase="closed"), None
        return [closed]
