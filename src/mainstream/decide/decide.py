"""The one decision path of a node: place, refuse, admit, plan, stay steady. Pure.

An app that can't be used is refused with a reason and never touches its neighbours. While a package that may be running
has not been read (whoever decides was just started, the store is away), nothing is decided (`hold`): what runs goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mainstream.api.reasons import Effect, Reason
from mainstream.decide.admit import precedence
from mainstream.decide.best_plan import NodeCapacity
from mainstream.decide.inputs import NodeInputs
from mainstream.decide.node_plan import Forecast, NodePlan, NodePlanner
from mainstream.decide.planning import Planning
from mainstream.decide.profiled import known_profile, not_covered, why_unprofiled
from mainstream.decide.refusal import Refusal
from mainstream.decide.refuse import SortedApps, bare_node, sort_apps
from mainstream.decide.slowdown import slowdown_of, slowed
from mainstream.node_profile import NodeProfile
from mainstream.planner import Policy, Running
from mainstream.runner_plan import RunnerPlan
from mainstream.workload.node_workload import PlacedApp

MOST_DRY_RUNS = 8
"""of a node at a time: each takes as long as the node's plan, which nobody may hold up for the others"""
_TOO_MANY_DRY_RUNS = Refusal(
    Reason.TOO_MANY_DRY_RUNS,
    f"A node answers {MOST_DRY_RUNS} dry runs at a time, those of greater weight or older ones first; delete one of "
    "them, and this one has its turn.",
)


@dataclass(frozen=True, kw_only=True)
class NodeDecision:
    """Everything that follows from a node's inputs; all by key."""

    hold: bool
    """leave the plan as it is"""
    unread: bool
    """the package of a running app is not known: leave what a runner is to profile as it is, too"""
    usable: tuple[PlacedApp, ...]
    """apps that a runner has to be able to run, whether their costs are known or not"""
    refused: dict[str, Refusal]
    """apps that can't be used as they are"""
    waiting: dict[str, Refusal]
    """apps that could be used, but nothing can be planned for them yet, or ever"""
    profile: NodeProfile | None = None
    slowdown: float = 1.0
    """what plans multiply the profile's seconds with"""
    plan: NodePlan | None = None
    forecasts: dict[str, Forecast] = field(default_factory=dict)
    """of dry runs"""

    @property
    def runner_plan(self) -> RunnerPlan | None:
        """What the runner is to do; None where nothing is to run."""
        return None if self.plan is None else self.plan.runner_plan


def decide_node(inputs: NodeInputs, planning: Planning, policy: Policy = "mainstream") -> NodeDecision:
    """Decide for one node; a policy other than mainstream is a baseline."""
    found = sort_apps(inputs)
    node, running = inputs.node, inputs.running_apps
    unread = not running.isdisjoint(found.unread)
    profile = None if node is None else known_profile(node, inputs.measured)
    if node is None or profile is None:
        why = why_unprofiled(inputs)
        waiting = found.waiting | {placed.name: why for placed in found.usable}
        return NodeDecision(hold=unread, unread=unread, usable=found.usable, refused=found.refused, waiting=waiting)
    slowdown = slowdown_of(node, profile, inputs.report, inputs.running)
    ready, refused, waiting = _ready(found, profile, inputs)
    # Where a running app only waits for the runner to profile its base or stream again, the old plan goes on.
    hold = unread or any(name in running and refusal.reason.effect is Effect.HOLDS for name, refusal in waiting.items())
    plan: NodePlan | None = None
    forecasts: dict[str, Forecast] = {}
    if not hold:
        capacity = NodeCapacity(bare_node(node), slowed(profile, slowdown), tuple(sorted(inputs.budget_shares.items())))
        planner = NodePlanner(capacity, _running(inputs.running), planning, policy)
        asking = tuple(placed for placed in ready if not placed.app.spec.dry_run)
        tried = sorted((each for each in ready if each.app.spec.dry_run), key=lambda each: precedence(each.app))
        plan = planner.plan(asking)
        forecasts = {each.name: planner.forecast(plan, asking, each) for each in tried[:MOST_DRY_RUNS]}
        waiting |= {each.name: _TOO_MANY_DRY_RUNS for each in tried[MOST_DRY_RUNS:]} | plan.best.turned_away
        refused |= plan.best.refused | _refused_dry_runs(forecasts)
    return NodeDecision(
        hold=hold,
        unread=unread,
        usable=found.usable,
        refused=refused,
        waiting=waiting,
        profile=profile,
        slowdown=slowdown,
        plan=plan,
        forecasts=forecasts,
    )


def _ready(
    found: SortedApps, profile: NodeProfile, inputs: NodeInputs
) -> tuple[Sequence[PlacedApp], dict[str, Refusal], dict[str, Refusal]]:
    """Those of the usable apps that the profile covers; who is refused, and who waits, with the others."""
    ready: list[PlacedApp] = []
    refused, waiting = dict(found.refused), dict(found.waiting)
    for placed in found.usable:
        refusal = not_covered(placed, profile, inputs.report)
        if refusal is None:
            ready.append(placed)
        else:
            (refused if refusal.reason.effect is Effect.REFUSES else waiting)[placed.name] = refusal
    return ready, refused, waiting


def _refused_dry_runs(forecasts: dict[str, Forecast]) -> dict[str, Refusal]:
    found = {name: each.after.best.refused.get(name) for name, each in forecasts.items()}
    return {name: refusal for name, refusal in found.items() if refusal is not None}


def _running(plan: RunnerPlan | None) -> tuple[Running, ...]:
    apps = plan.apps if plan is not None else ()
    return tuple(Running(app.name, app.branch_point, app.fps) for app in sorted(apps, key=lambda app: app.name))
