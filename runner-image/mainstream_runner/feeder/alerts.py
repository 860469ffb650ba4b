"""From decisions to reports: what a user sees. Pure; fed frame by frame, in the order of capture.

Times are the camera's or the wall clock's and may jump; how long something lasted, and whether a gap is longer than the
merge gap, goes by the monotonic clock alone.
"""

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid5

_EVENTS = UUID("6a0a4cbe-2b0c-5d0e-9c53-9f0c6a1f7d55")
"""namespace of the identities of events"""


def event_id(app: str, stream: str, ordinal: int, start_s: float) -> str:
    """Identity of an app's event: the same at every retry and after every restart, another one for every event.

    `ordinal` counts the app's events, `start_s` keeps apart those of a node whose disk began anew.
    """
    return str(uuid5(_EVENTS, f"{app}|{stream}|{ordinal}|{start_s:.3f}"))


@dataclass
class Report:
    """A maximal run of decisions with gaps up to the merge gap."""

    app: str
    id: str
    start_s: float
    """time of the first decision's frame, as events tell it"""
    start_due_s: float
    """the same on the monotonic clock"""
    end_due_s: float
    """the last decision so far, monotonic"""
    peak_score: float
    frames: int = 1
    """frames with a decision"""

    @property
    def end_s(self) -> float:
        """Time of the last decision so far, as events tell it."""
        return self.start_s + self.end_due_s - self.start_due_s

    def line(self, event: Literal["opened", "closed"]) -> dict[str, Any]:
        """As sinks get it; `id` is the same when it opens and when it closes."""
        return {
            "event": event,
            "id": self.id,
            "app": self.app,
            "start_s": round(self.start_s, 3),
            "end_s": round(self.end_s, 3),
            "peak_score": self.peak_score,
            "frames": self.frames,
        }


@dataclass
class AlertMerger:
    """Keeps the open report of one app."""

    app: str
    stream: str
    merge_gap_s: float
    before: int = 0
    """reports that earlier lives of the runner opened"""
    count: int = 0
    """reports opened so far"""
    open: Report | None = field(default=None)

    def analysed(self, captured_s: float, due_s: float, score: float, *, decision: bool) -> list[dict[str, Any]]:
        """Take the next analysed frame; lines for the sinks, oldest first."""
        lines: list[dict[str, Any]] = []
        if self.open is not None and due_s - self.open.end_due_s > self.merge_gap_s:
            lines += self.close()
        if decision and self.open is None:
            identity = event_id(self.app, self.stream, self.before + self.count, captured_s)
            self.open = Report(self.app, identity, captured_s, due_s, due_s, score)
            self.count += 1
            lines.append(self.open.line("opened"))
        elif decision and self.open is not None:
            self.open.end_due_s = due_s
            self.open.peak_score = max(self.open.peak_score, score)
            self.open.frames += 1
        return lines

    def close(self) -> list[dict[str, Any]]:
        """End the open report, if there is one."""
        if self.open is None:
            return []
        closed, self.open = self.open.line("closed"), None
        return [closed]
