"""From decisions to reports: what a user sees. Pure; fed frame by frame, in the order of capture."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass
class Report:
    """A maximal run of decisions with gaps up to the merge gap."""

    app: str
    start_s: float
    """captured time of the first decision"""
    end_s: float
    """captured time of the last decision so far"""
    peak_score: float
    frames: int
    """frames with a decision"""

    def line(self, event: Literal["opened", "closed"]) -> dict[str, Any]:
        """As sinks get it; `id` is the same when it opens and when it closes."""
        return {
            "event": event,
            "id": f"{self.app}@{self.start_s:.3f}",
            "app": self.app,
            "start_s": self.start_s,
            "end_s": self.end_s,
            "peak_score": self.peak_score,
            "frames": self.frames,
        }


@dataclass
class ReportMerger:
    """Keeps the open report of one app."""

    app: str
    merge_gap_s: float
    count: int = 0
    """reports opened so far"""
    _open: Report | None = field(default=None)

    def analysed(self, captured_s: float, score: float, *, decision: bool) -> list[dict[str, Any]]:
        """Take the next analysed frame; lines for the sinks, oldest first."""
        lines: list[dict[str, Any]] = []
        if self._open is not None and captured_s - self._open.end_s > self.merge_gap_s:
            lines += self.close()
        if decision and self._open is None:
            self._open = Report(self.app, captured_s, captured_s, score, 1)
            self.count += 1
            lines.append(self._open.line("opened"))
        elif decision and self._open is not None:
            self._open.end_s = captured_s
            self._open.peak_score = max(self._open.peak_score, score)
            self._open.frames += 1
        return lines

    def close(self) -> list[dict[str, Any]]:
        """End the open report, if there is one."""
        if self._open is None:
            return []
        closed, self._open = self._open.line("closed"), None
        return [closed]
