"""Which Kubernetes Events record a changed status. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mainstream.api.conditions import ABNORMAL, Condition
from mainstream.api.edge_node import EdgeNodeStatus
from mainstream.api.kinds import AnyStatus
from mainstream.api.reasons import Reason
from mainstream.api.video_app import VideoAppStatus
from mainstream.counting import counted
from mainstream_operator.status.conditions import condition_of

_OWN_EVENTS = (Reason.NODE_NOT_READY, Reason.QUALITY_FELL)
"""reasons that are an Event by themselves, whatever their condition said before"""


@dataclass(frozen=True)
class EventMessage:
    """A Kubernetes Event to be."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


def event_messages(before: AnyStatus, after: AnyStatus) -> list[EventMessage]:
    """Events for transitions and for a new plan; of good news only the last, which the others lead to."""
    all_messages = [
        EventMessage(_type(each), f"{each.type}{'' if each.status == 'True' else each.status}"[:128], each.message)
        for each in _transitions(before.conditions, after.conditions)
    ]
    good = [each for each in all_messages if each.type == "Normal"]
    events = [each for each in all_messages if each.type == "Warning" or each is good[-1]]
    if isinstance(after, EdgeNodeStatus) and isinstance(before, EdgeNodeStatus):
        events += [*_node_plan(before, after), *_killed_again(before, after)]
    if isinstance(after, VideoAppStatus) and isinstance(before, VideoAppStatus):
        events += [*_app_plan(before, after), *_disk_loss(before, after)]
    return [*events, *(event for reason in _OWN_EVENTS for event in _begun(before, after, reason))]


def _transitions(before: Sequence[Condition], after: Sequence[Condition]) -> list[Condition]:
    """Those with a word of their own, such as a fall of quality, apart."""
    known = {each.type: each.status for each in before}
    changed = [each for each in after if each.status != known.get(each.type, "Unknown") and each.status != "Unknown"]
    return [each for each in changed if each.reason not in _OWN_EVENTS]


def _type(condition: Condition) -> Literal["Normal", "Warning"]:
    good = "False" if condition.type in ABNORMAL else "True"
    return "Normal" if condition.status == good else "Warning"


def _node_plan(before: EdgeNodeStatus, after: EdgeNodeStatus) -> list[EventMessage]:
    plan = after.plan
    if plan is None or (before.plan is not None and before.plan.digest == plan.digest):
        return []
    cost = f"cost {plan.cost:.3f} of {plan.budget:.3f} CPU-seconds a second"
    message = f"{counted(plan.apps, 'app')}, mean F1 {plan.mean_f1:.3f}, {cost}."
    return [EventMessage("Normal", "PlanChanged", message)]


def _killed_again(before: EdgeNodeStatus, after: EdgeNodeStatus) -> list[EventMessage]:
    """For memory, within the hour: the condition was there already."""
    old, new = before.out_of_memory, after.out_of_memory
    was, told = (condition_of(status.conditions, "OutOfMemory") for status in (before, after))
    if old is None or new is None or old.at == new.at or was is None or told is None:
        return []
    if (was.status, told.status) != ("True", "True"):
        return []
    return [EventMessage("Warning", Reason.OUT_OF_MEMORY.value, told.message)]


def _begun(before: AnyStatus, after: AnyStatus, reason: Reason) -> list[EventMessage]:
    """Where a condition now says what none said before."""
    old, new = (next((each for each in status.conditions if each.reason == reason), None) for status in (before, after))
    return [] if new is None or old is not None else [EventMessage("Warning", reason.value, new.message)]


def _disk_loss(before: VideoAppStatus, after: VideoAppStatus) -> list[EventMessage]:
    """Once for each, whatever else is wrong with the app's alerts."""
    told = condition_of(after.conditions, "Degraded")
    if after.disk_loss in (None, before.disk_loss) or told is None or told.reason != Reason.ALERTS_LOST:
        return []
    return [EventMessage("Warning", Reason.ALERTS_LOST.value, told.message)]


def _app_plan(before: VideoAppStatus, after: VideoAppStatus) -> list[EventMessage]:
    if before.plan is None or after.plan is None:
        return []
    old, new = ((p.candidate, p.frames_per_second, p.votes) for p in (before.plan, after.plan))
    if old == new:
        return []
    message = f"Candidate {old[0]} to {new[0]}, {old[1]:g} to {new[1]:g} frames per second, votes {old[2]} to {new[2]}."
    return [EventMessage("Normal", "PlanChanged", message)]
