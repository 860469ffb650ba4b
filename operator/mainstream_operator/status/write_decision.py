"""Which status is worth a write, and which Event tells of it. Pure.

What somebody decided or what changed in kind is written at once. What merely moves is written at most every 30 s, and a
rate only when it left its band: 1,000 apps that run as planned cause no writes at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from mainstream.api.conditions import Condition
from mainstream.api.edge_node import EdgeNodeStatus
from mainstream.api.kinds import AnyStatus
from mainstream.api.video_app import VideoAppStatus
from mainstream_operator.status.app import DEAD_BAND, as_planned

REFRESH_S = 30.0
_CPU_BAND = 0.1
"""CPU-seconds per second; a busy box moves that much from one half minute to the next"""


@dataclass(frozen=True)
class Told:
    """A Kubernetes Event to be."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True)
class Verdict:
    """What to do about one status."""

    write: bool
    again_s: float | None = None
    """something moved, but it is too early to say so: look again then"""


def verdict(before: AnyStatus, after: AnyStatus, now: datetime) -> Verdict:
    """Whether to write."""
    if _lasting(before) != _lasting(after):
        return Verdict(write=True)
    if not _moved(before.observed, after.observed, _planned_fps(after)):
        return Verdict(write=False)
    if before.observed is None:
        return Verdict(write=True)
    age_s = (now - before.observed.at).total_seconds()
    return Verdict(write=True) if age_s >= REFRESH_S else Verdict(write=False, again_s=REFRESH_S - age_s)


def told(before: AnyStatus, after: AnyStatus) -> list[Told]:
    """Events for transitions and for a new plan; of good news only the last, which the others lead to."""
    told_all = [
        Told(_type(each), f"{each.type}{'' if each.status == 'True' else each.status}"[:128], each.message)
        for each in _transitions(before.conditions, after.conditions)
    ]
    good = [each for each in told_all if each.type == "Normal"]
    events = [each for each in told_all if each.type == "Warning" or each is good[-1]]
    if isinstance(after, EdgeNodeStatus) and isinstance(before, EdgeNodeStatus):
        events += _node_plan(before, after)
    if isinstance(after, VideoAppStatus) and isinstance(before, VideoAppStatus):
        events += _app_plan(before, after)
    return events


def rfc3339(moment: datetime) -> str:
    """As Kubernetes writes times."""
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def whole_seconds(moment: datetime) -> datetime:
    """Times in a status have no fractions."""
    return moment - timedelta(microseconds=moment.microsecond)


def _lasting(status: AnyStatus) -> dict[str, Any]:
    return status.model_dump(exclude={"observed"})


def _planned_fps(status: AnyStatus) -> float | None:
    return status.plan.frames_per_second if isinstance(status, VideoAppStatus) and status.plan is not None else None


def _moved(before: Any, after: Any, planned_fps: float | None) -> bool:
    if after is None:
        return False
    if before is None:
        return True
    old, new = (each.model_dump(exclude={"at"}) for each in (before, after))
    return any(_left_band(name, old[name], new[name], planned_fps) for name in new)


def _left_band(name: str, old: Any, new: Any, planned_fps: float | None) -> bool:
    """Whether a value is worth telling: a rate is not while it stays as planned, whatever it does within that."""
    if name == "cpu" and old is not None and new is not None:
        return bool(abs(new - old) > max(_CPU_BAND, DEAD_BAND * old))
    if name == "cost_ratio" and old is not None and new is not None:
        return bool(abs(new - old) > DEAD_BAND * max(old, 1.0))
    if name == "frames_per_second" and old is not None and new is not None:
        if planned_fps is not None and as_planned(old, planned_fps) and as_planned(new, planned_fps):
            return False
        return bool(abs(new - old) > DEAD_BAND * old)
    return bool(old != new)


def _transitions(before: Sequence[Condition], after: Sequence[Condition]) -> list[Condition]:
    known = {each.type: each.status for each in before}
    return [each for each in after if each.status != known.get(each.type, "Unknown") and each.status != "Unknown"]


def _type(condition: Condition) -> Literal["Normal", "Warning"]:
    good = "False" if condition.type == "Degraded" else "True"
    return "Normal" if condition.status == good else "Warning"


def _node_plan(before: EdgeNodeStatus, after: EdgeNodeStatus) -> list[Told]:
    plan = after.plan
    if plan is None or (before.plan is not None and before.plan.digest == plan.digest):
        return []
    message = (
        f"{plan.apps} apps, mean F1 {plan.mean_f1:.3f}, cost {plan.cost:.3f} of {plan.budget:.3f} CPU-seconds a second."
    )
    return [Told("Normal", "PlanChanged", message)]


def _app_plan(before: VideoAppStatus, after: VideoAppStatus) -> list[Told]:
    if before.plan is None or after.plan is None:
        return []
    old, new = ((p.branch_point, p.frames_per_second, p.votes) for p in (before.plan, after.plan))
    if old == new:
        return []
    message = (
        f"Branch-point {old[0]} to {new[0]}, {old[1]:g} to {new[1]:g} frames per second, votes {old[2]} to {new[2]}."
    )
    return [Told("Normal", "PlanChanged", message)]
