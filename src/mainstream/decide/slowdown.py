"""The closed loop between what a plan should cost and what it is seen to cost. Pure.

The runner says how much CPU it used over what its profile says that the achieved rates cost. That ratio does not depend
on what is planned with, so following it cannot feed back on itself; a dead-band keeps noise out, and a factor that is
moved lands half a band short of the ratio, so that one noisy minute does not send it back again.
"""

from collections.abc import Mapping
from typing import TypeVar

from mainstream.api import EdgeNode
from mainstream.messages.node_profile import BaseProfile, DecodeMode, NodeProfile
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import StatusReport

_Part = TypeVar("_Part", BaseProfile, NodeProfile, DecodeMode)

DEAD_BAND = 0.1
"""relative; within it a node costs what was planned"""
LEAST, MOST = 0.5, 10.0
"""what a factor may be: beyond that it is not the costs that are wrong"""

_TELLING_SHARE = 0.05
"""of the budget: a runner that uses less says little of what a frame costs"""


def slowdown_of(node: EdgeNode, profile: NodeProfile, report: StatusReport | None, running: RunnerPlan | None) -> float:
    """The factor so far, moved by what the runner saw if that is about the plan and the profile at hand."""
    stated = node.status.profile
    if stated is not None and not _same_costs(stated.profile, profile):
        return 1.0
    slowdown = node.status.slowdown or 1.0
    if report is None or report.cost_ratio is None or running is None or report.served != running.digest:
        return slowdown
    if report.cpu is not None and report.cpu < _TELLING_SHARE * node.budget_s:
        return slowdown
    return next_slowdown(slowdown, report.cost_ratio)


def next_slowdown(slowdown: float, ratio: float) -> float:
    """The factor to plan with from now on, `ratio` being observed over profiled cost at the plan that is served.

    With noise of up to 7 % around a constant ratio it moves towards it only, and ends within the band around it.
    """
    if ratio > slowdown * (1 + DEAD_BAND):
        slowdown = ratio / (1 + DEAD_BAND / 2)
    elif ratio < slowdown * (1 - DEAD_BAND):
        slowdown = ratio / (1 - DEAD_BAND / 2)
    return round(min(MOST, max(LEAST, slowdown)), 3)


def slowed(profile: NodeProfile, slowdown: float) -> NodeProfile:
    """The profile with all seconds multiplied."""
    if slowdown == 1:
        return profile
    bases = {name: _slowed(base, slowdown) for name, base in profile.bases.items()}
    modes = {stream: tuple(_slowed(mode, slowdown) for mode in each) for stream, each in profile.decode_modes.items()}
    other = {"bases": bases, "decode_modes": modes, "idle": profile.idle * slowdown}
    return _slowed(profile, slowdown).model_copy(update=other)


def _same_costs(one: NodeProfile, other: NodeProfile) -> bool:
    """Whether two profiles agree on whatever both know."""
    by_name = ("bases", "decode_s", "decode_modes")
    apart = {"machine", "versions", "pixels", "duties", *by_name}
    same = all(_agree(getattr(one, part), getattr(other, part)) for part in by_name)
    return same and one.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def _agree(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    return all(other[name] == each for name, each in one.items() if name in other)


def _slowed(part: _Part, slowdown: float) -> _Part:
    """With everything multiplied that is in seconds, as its name says: a number, or several."""
    update: dict[str, object] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if not name.endswith("_s"):
            continue
        if isinstance(value, dict):
            update[name] = {key: seconds * slowdown for key, seconds in value.items()}
        elif isinstance(value, tuple):
            update[name] = tuple(seconds * slowdown for seconds in value)
        else:
            update[name] = value * slowdown
    return part.model_copy(update=update)
