"""Who costs what of a node: the plan's cost, laid on its apps. Pure.

An app pays for its own head, and for each segment that others run as well (of the stem, or the call that micro-heads
run in) a part of what it costs at the highest rate beyond it (docs/design.md, "Cost"), by its own rate among those who
need it. The parts of all apps add up to the plan's segments and heads; decoding and idling belong to nobody.
"""

from collections import defaultdict
from collections.abc import Mapping

from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream_runner.plan_cost import plan_loads


def cost_of_apps(plan: RunnerPlan, profile: NodeProfile, slowdown: float = 1.0) -> Mapping[str, float]:
    """CPU-seconds a second of each app, by key; apps whose network or kind of head the profile lacks are left out."""
    apps = tuple(app for app in plan.apps if _is_profiled(app, profile))
    known = plan.model_copy(update={"apps": apps})
    loads = plan_loads(known, {app.name: app.fps for app in apps}, profile)
    rates: dict[str, list[float]] = defaultdict(list)
    for load in loads:
        for segment in load.chain:
            rates[segment.key].append(load.fps)
    part = {key: max(each) / sum(each) for key, each in rates.items()}
    costs: dict[str, float] = defaultdict(float)
    for load in loads:
        shared_s = sum(each.seconds * part[each.key] for each in load.chain)
        costs[load.app] += slowdown * load.fps * (load.head_s + shared_s)
    return costs


def _is_profiled(app: RunnerApp, profile: NodeProfile) -> bool:
    base = profile.bases.get(app.base)
    return base is not None and (app.kind != "micro" or base.knows_micro_heads)
