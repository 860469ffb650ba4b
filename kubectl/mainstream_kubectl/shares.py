"""Who costs what of a node: the plan's cost, laid on its apps. Pure.

An app pays for its own head, and for each segment of the stem a part of what it costs at the highest rate beyond it
(docs/design.md, "Cost"), by its own rate among those who need it. The parts of all apps add up to the plan's stem and
heads; decoding and idling belong to nobody.
"""

from collections import defaultdict
from collections.abc import Mapping

from mainstream.messages.node_profile import BaseProfile, NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan


def cost_of_apps(plan: RunnerPlan, profile: NodeProfile, slowdown: float = 1.0) -> Mapping[str, float]:
    """CPU-seconds a second of each app, by key; apps of a base network that the profile lacks are left out."""
    together: dict[tuple[str, str, str], list[RunnerApp]] = defaultdict(list)
    for app in plan.apps:
        alone = "" if plan.sharing else app.name
        together[(app.stream, app.view + alone, app.base)].append(app)
    costs: dict[str, float] = {}
    for (_, _, base), apps in together.items():
        known = profile.bases.get(base)
        if known is not None:
            costs |= {name: slowdown * cost for name, cost in _of_group(apps, known, profile).items()}
    return costs


def _of_group(apps: list[RunnerApp], base: BaseProfile, profile: NodeProfile) -> dict[str, float]:
    costs = {app.name: (base.head_s[app.branch_point] + profile.app_s) * app.fps for app in apps}
    for end in range(len(base.stem_s)):
        beyond = [app for app in apps if app.branch_point >= end]
        # What brings a frame of the view to the engine is there once, like the first segment.
        seconds = profile.frame_s if end == 0 else base.stem_s[end] - base.stem_s[end - 1]
        rates = sum(app.fps for app in beyond)
        for app in beyond:
            costs[app.name] += seconds * max(each.fps for each in beyond) * app.fps / rates
    return costs
