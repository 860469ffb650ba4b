"""Fifth step: what is rolled out where some apps run already, and what a dry run would change. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mainstream.decide.best_plan import BestPlan, NodeCapacity, baseline_plan, best_plan
from mainstream.decide.bounded_planning import BoundedPlanning
from mainstream.decide.planning import Planning
from mainstream.decide.steady import steady_plan
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.planner import AppPlan, Plan, Policy, Running, Switching
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import PlacedApp


@dataclass(frozen=True)
class NodePlan:
    """What is to be rolled out."""

    best: BestPlan
    plan: Plan | None
    runner_plan: RunnerPlan | None

    @cached_property
    def by_name(self) -> Mapping[str, AppPlan]:
        """What each app gets from the plan; empty without one."""
        return {} if self.plan is None else {app.name: app for app in self.plan.apps}

    @property
    def shed(self) -> tuple[str, ...]:
        """Apps that could be used and do not fit, by name."""
        return tuple(sorted({*self.best.turned_away, *(self.plan.shed if self.plan is not None else ())}))

    @property
    def mean_f1(self) -> float:
        """Weighted mean of predicted F1 over all apps that could be used; one that did not fit counts as 0.

        Apps that go on as they run while their package cannot be read do not count: nothing can be predicted for them.
        """
        known = [placed for placed in self.best.asking if placed.kept is None]
        weights = {placed.name: placed.app.spec.objective.weight for placed in known}
        if self.plan is None or not weights:
            return 0.0
        return sum(weights.get(app.name, 0.0) * app.f1 for app in self.plan.apps) / sum(weights.values())

    @property
    def kept(self) -> frozenset[str]:
        """Apps that go on as they run, by name: what the plan predicts for them means nothing."""
        return frozenset(placed.name for placed in self.best.asking if placed.kept is not None)


@dataclass(frozen=True)
class Forecast:
    """What would happen if one more app were run."""

    before: NodePlan
    after: NodePlan


@dataclass(frozen=True)
class NodePlanner:
    """Plans one node for any apps; a policy other than mainstream is a baseline, for which it counts not what runs."""

    capacity: NodeCapacity
    running: tuple[Running, ...]
    planning: Planning
    policy: Policy = "mainstream"

    def plan(self, apps: Sequence[PlacedApp]) -> NodePlan:
        """The plan for `apps`, in the order of names; dry runs are not among them."""
        return self._plan(self.capacity.node.metadata.name, tuple(apps))

    def forecast(self, before: NodePlan, apps: Sequence[PlacedApp], tried: PlacedApp) -> Forecast:
        """What would happen to whom if `tried` were run beside `apps`, whose plan is `before`."""
        everybody = tuple(sorted((*apps, tried), key=lambda placed: placed.name))
        return Forecast(before, self._plan(f"{self.capacity.node.metadata.name} with {tried.name}", everybody))

    def _plan(self, about: str, apps: tuple[PlacedApp, ...]) -> NodePlan:
        if self.policy != "mainstream":
            best, plan = baseline_plan(self.capacity, apps, self.planning, self.policy)
            return NodePlan(best, plan, None if plan is None else compose_runner_plan(best.workload, plan))
        known = (self.capacity, apps)
        best = self.planning.recall(f"best {about}", known, lambda: best_plan(*known, self.planning))
        return self.planning.recall(f"steady {about}", (*known, self.running), lambda: self._settle(best))

    def _settle(self, best: BestPlan) -> NodePlan:
        if best.plan is None or best.problem is None:
            return NodePlan(best, None, None)
        costs = self.capacity.node.spec.switching_costs
        switching = Switching(candidate=costs.candidate, fps=costs.rate)
        solve = BoundedPlanning(self.planning).solve
        plan = steady_plan(best.problem, best.plan, self.running, switching, solve)
        return NodePlan(best, plan, compose_runner_plan(best.workload, plan))
