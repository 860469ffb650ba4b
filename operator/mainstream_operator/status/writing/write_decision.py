"""Which status is worth a write. Pure.

What somebody decided or what changed in kind is written at once. What merely moves is written at most every 30 s, and a
rate only when it left its band. Where nothing moves, only the time of the observation is old: an EdgeNode's is written
every half minute, that of apps and streams as far as there is room for such writes (`refreshes`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mainstream.api.edge_node import EdgeNodeStatus
from mainstream.api.kinds import AnyStatus
from mainstream.api.video_app import VideoAppStatus
from mainstream_operator.status.app import DEAD_BAND, as_planned

REFRESH_S = 30.0
SEEN_S = 25.0
"""after which a status says that its runner was seen, whatever it said: looked at every 5 s, it is 30 s old at most"""
_CPU_BAND = 0.1
"""CPU-seconds per second; a busy box moves that much from one half minute to the next"""


@dataclass(frozen=True)
class WriteDecision:
    """What to do about one status."""

    write: bool
    again_s: float | None = None
    """something moved, but it is too early to write it: requeue after that"""
    stale: bool = False
    """nothing but the time of the observation would change: to be written where there is room"""


def write_decision(before: AnyStatus | None, after: AnyStatus, now: datetime) -> WriteDecision:
    """Whether to write `after`; without a status that can be read `before`, always."""
    if before is None:
        return WriteDecision(write=True)
    if _lasting(before) != _lasting(after):
        return WriteDecision(write=True)
    if not _moved(before.observed, after.observed, _planned_fps(after)):
        stale, is_node = _is_stale(before.observed, after.observed), isinstance(after, EdgeNodeStatus)
        return WriteDecision(write=stale and is_node, stale=stale and not is_node)
    if before.observed is None:
        return WriteDecision(write=True)
    age_s = (now - before.observed.at).total_seconds()
    return WriteDecision(write=True) if age_s >= REFRESH_S else WriteDecision(write=False, again_s=REFRESH_S - age_s)


def _lasting(status: AnyStatus) -> dict[str, Any]:
    return status.model_dump(exclude={"observed"})


def _planned_fps(status: AnyStatus) -> float | None:
    return status.plan.frames_per_second if isinstance(status, VideoAppStatus) and status.plan is not None else None


def _is_stale(before: Any, after: Any) -> bool:
    return before is not None and after is not None and (after.at - before.at).total_seconds() >= SEEN_S


def _moved(before: Any, after: Any, planned_fps: float | None) -> bool:
    if after is None:
        return False
    if before is None:
        return True
    old, new = (each.model_dump(exclude={"at"}) for each in (before, after))
    return any(_left_band(name, old[name], new[name], planned_fps) for name in new)


def _left_band(name: str, old: Any, new: Any, planned_fps: float | None) -> bool:
    """Whether a value is worth a write: a rate is not while it stays as planned, whatever it does within that."""
    if name == "cpu" and old is not None and new is not None:
        return bool(abs(new - old) > max(_CPU_BAND, DEAD_BAND * old))
    if name == "cost_ratio" and old is not None and new is not None:
        return bool(abs(new - old) > DEAD_BAND * max(old, 1.0))
    if name == "frames_per_second" and old is not None and new is not None:
        if planned_fps is not None and as_planned(old, planned_fps) and as_planned(new, planned_fps):
            return False
        return bool(abs(new - old) > DEAD_BAND * old)
    return bool(old != new)
