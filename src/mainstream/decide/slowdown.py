"""The closed loop between what a plan should cost and what it is seen to cost. Pure.

The runner says how much CPU it used over what its profile says that the achieved rates cost. That ratio does not depend
on what is planned with, so following it cannot feed back on itself; a dead-band keeps noise out, and a factor that is
moved lands half a band short of the ratio, so that one noisy minute does not send it back again.
"""

from typing import TypeVar

from mainstream.node_profile import BaseProfile, NodeProfile

_Part = TypeVar("_Part", BaseProfile, NodeProfile)

DEAD_BAND = 0.1
"""relative; within it a node costs what was planned"""
LEAST, MOST = 0.5, 10.0
"""what a factor may be: beyond that it is not the costs that are wrong"""


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
    return _slowed(profile, slowdown).model_copy(update={"bases": bases, "idle": profile.idle * slowdown})


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
