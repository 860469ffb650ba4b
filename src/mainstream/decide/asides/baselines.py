"""What the baselines would give under the same budget: for whoever shows a plan beside them. Pure."""

from dataclasses import dataclass

from mainstream.decide.best_plan import NodeCapacity
from mainstream.decide.node_plan import NodePlan
from mainstream.decide.planning import Planning
from mainstream.errors import InvalidInputError
from mainstream.planner import Policy, Problem

_BASELINES: tuple[Policy, ...] = ("no-sharing", "max-sharing", "micro-only")


@dataclass(frozen=True)
class Baselines:
    """Mean predicted F1 under the same budget; None where a package lacks what the baseline needs."""

    no_sharing: float | None = None
    max_sharing: float | None = None
    micro_only: float | None = None


def baselines_of(plan: NodePlan | None, planning: Planning) -> Baselines:
    """What the baselines would give all apps that a node's plan is for; nothing where nothing is planned."""
    if plan is None or plan.plan is None:
        return Baselines()
    capacity = NodeCapacity(plan.best.workload.node, plan.best.workload.profile)
    inputs = (capacity, plan.best.asking)
    name = capacity.node.metadata.name

    def find() -> Baselines:
        problem = capacity.problem_of(plan.best.asking)
        return Baselines(*(_baseline(problem, each, planning) for each in _BASELINES))

    return planning.recall(f"baselines {name}", inputs, find)


def _baseline(problem: Problem, policy: Policy, planning: Planning) -> float | None:
    try:
        return planning.solve(problem, policy).mean_f1
    except InvalidInputError:
        return None
