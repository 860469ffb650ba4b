"""Which Kubernetes Events record a changed status. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mainstream.api.conditions import Condition
from mainstream.api.edge_node import EdgeNodeStatus
from mainstream.api.kinds import AnyStatus
from mainstream.api.reasons import Reason
from mainstream.api.video_app import VideoAppStatus

TOLD_FALL = 0.1
"""of predicted F1, beyond which the app's tenant is told"""


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
        events += _node_plan(before, after)
    if isinstance(after, VideoAppStatus) and isinstance(before, VideoAppStatus):
        events += [*_app_plan(before, after), *_quality(before, after)]
    return [*events, *_node_lost(before, after)]


def _transitions(before: Sequence[Condition], after: Sequence[Condition]) -> list[Condition]:
    known = {each.type: each.status for each in before}
    return [each for each in after if each.status != known.get(each.type, "Unknown") and each.status != "Unknown"]


def _type(condition: Condition) -> Literal["Normal", "Warning"]:
    good = "False" if condition.type in ("Degraded", "Stalled") else "True"
    return "Normal" if condition.status == good else "Warning"


def _node_plan(before: EdgeNodeStatus, after: EdgeNodeStatus) -> list[EventMessage]:
    plan = after.plan
    if plan is None or (before.plan is not None and before.plan.digest == plan.digest):
        return []
    message = (
        f"{plan.apps} apps, mean F1 {plan.mean_f1:.3f}, cost {plan.cost:.3f} of {plan.budget:.3f} CPU-seconds a second."
    )
    return [EventMessage("Normal", "PlanChanged", message)]


def _node_lost(before: AnyStatus, after: AnyStatus) -> list[EventMessage]:
    """Of the EdgeNode, and of each app and stream of it."""
    old, new = (
        next((each for each in status.conditions if each.reason == Reason.NODE_NOT_READY), None)
        for status in (before, after)
    )
    return [] if new is None or old is not None else [EventMessage("Warning", "NodeNotReady", new.message)]


def _quality(before: VideoAppStatus, after: VideoAppStatus) -> list[EventMessage]:
    """What nobody changed about the app, and costs it quality all the same."""
    if before.plan is None or after.plan is None or before.observed_generation != after.observed_generation:
        return []
    old, new = before.plan.predicted_f1, after.plan.predicted_f1
    if old - new <= TOLD_FALL:
        return []
    cause = "the spec is the same, so it is the other apps of the node, its budget, or the package"
    way_out = "raise spec.objective.weight, or set spec.objective.minimum"
    return [
        EventMessage("Warning", "QualityFell", f"Predicted F1 falls from {old:.2f} to {new:.2f}: {cause}; {way_out}.")
    ]


def _app_plan(before: VideoAppStatus, after: VideoAppStatus) -> list[EventMessage]:
    if before.plan is None or after.plan is None:
        return []
    old, new = ((p.branch_point, p.frames_per_second, p.votes) for p in (before.plan, after.plan))
    if old == new:
        return []
    message = (
        f"Branch-point {old[0]} to {new[0]}, {old[1]:g} to {new[1]:g} frames per second, votes {old[2]} to {new[2]}."
    )
    return [EventMessage("Normal", "PlanChanged", message)]
