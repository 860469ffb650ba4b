"""The plan of one node: who can be used, who is admitted, what everybody gets, what a dry run would change.

Deterministic: everything follows from the inputs. Each app is tried alone before all are planned together, so that one
that makes no sense touches nobody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mainstream.api import EdgeNode
from mainstream.api.reasons import Reason
from mainstream.decide.admit import ProblemOf, TurnedAway, admit
from mainstream.decide.budget_shares import tenants_problem, within_shares
from mainstream.decide.planning import Planning
from mainstream.decide.refusal import Refusal
from mainstream.decide.steady import steady_plan
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.node_profile import NodeProfile
from mainstream.planner import Plan, Policy, Problem, Running, Switching
from mainstream.runner_plan import RunnerPlan
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import build_problem


@dataclass(frozen=True)
class Ground:
    """What a node offers, whoever runs there."""

    node: EdgeNode
    """without its status"""
    profile: NodeProfile
    shares: tuple[tuple[str, float], ...]
    """of the budget, by namespace, where a quota limits it"""


@dataclass(frozen=True)
class Baselines:
    """Mean predicted F1 under the same budget; None where a package lacks what the baseline needs."""

    no_sharing: float | None
    max_sharing: float | None


@dataclass(frozen=True)
class Free:
    """The best plan if nothing ran yet."""

    refused: dict[str, Refusal]
    """apps that can't be used, by key"""
    turned_away: dict[str, Refusal]
    """apps that are not admitted, by key"""
    workload: NodeWorkload
    """of those that are"""
    problem: Problem | None
    plan: Plan | None
    """None: nobody is admitted"""
    baselines: Baselines
    weight: float
    """of all that could be used, admitted or not"""


@dataclass(frozen=True)
class NodePlan:
    """What is to be rolled out."""

    free: Free
    plan: Plan | None
    runner_plan: RunnerPlan | None

    @property
    def shed(self) -> tuple[str, ...]:
        """Apps that could be used and do not fit, by name."""
        return tuple(sorted({*self.free.turned_away, *(self.plan.shed if self.plan is not None else ())}))

    @property
    def mean_f1(self) -> float:
        """Weighted mean over all apps that could be used; one that did not fit counts as 0."""
        return mean_f1(self.free, self.plan)


@dataclass(frozen=True)
class Forecast:
    """What would happen if one more app were run."""

    before: NodePlan
    after: NodePlan


def mean_f1(free: Free, plan: Plan | None) -> float:
    """Weighted mean of predicted F1 over everybody who asked."""
    weights = {placed.name: placed.app.spec.objective.weight for placed in free.workload.apps}
    if plan is None or not free.weight:
        return 0.0
    return sum(weights[app.name] * app.f1 for app in plan.apps) / free.weight


def plan_node(
    ground: Ground, apps: tuple[PlacedApp, ...], running: tuple[Running, ...], planning: Planning
) -> NodePlan:
    """Plan for `apps`, of which `running` run already; dry runs are not among them."""
    name = ground.node.metadata.name
    return _settled(name, ground, apps, running, planning)


def forecast(
    ground: Ground,
    apps: tuple[PlacedApp, ...],
    tried: PlacedApp,
    running: tuple[Running, ...],
    planning: Planning,
) -> Forecast:
    """What would happen to whom if `tried` were run beside `apps`."""
    name = ground.node.metadata.name
    everybody = tuple(sorted((*apps, tried), key=lambda placed: placed.name))
    after = _settled(f"{name} with {tried.name}", ground, everybody, running, planning)
    return Forecast(plan_node(ground, apps, running, planning), after)


def _settled(
    about: str, ground: Ground, apps: tuple[PlacedApp, ...], running: tuple[Running, ...], planning: Planning
) -> NodePlan:
    free = planning.recall(f"free {about}", (ground, apps), lambda: _free(ground, apps, planning))

    def settle() -> NodePlan:
        if free.plan is None or free.problem is None:
            return NodePlan(free, None, None)
        costs = ground.node.spec.switching_costs
        switching = Switching(branch_point=costs.branch_point, fps=costs.rate)
        plan = steady_plan(free.problem, free.plan, running, switching, planning.solve)
        return NodePlan(free, plan, compose_runner_plan(free.workload, plan))

    return planning.recall(f"settled {about}", (ground, apps, running), settle)


def _free(ground: Ground, apps: Sequence[PlacedApp], planning: Planning) -> Free:
    whole = NodeWorkload(ground.node, ground.profile, tuple(apps))
    shares = dict(ground.shares)

    def problem_of(some: Sequence[PlacedApp]) -> Problem:
        return build_problem(replace(whole, apps=tuple(sorted(some, key=lambda placed: placed.name))))

    refused = {placed.name: why for placed in apps if (why := _alone(placed, problem_of, planning))}
    asking = tuple(placed for placed in apps if placed.name not in refused)
    turned_away: dict[str, Refusal] = {}
    for namespace, share in shares.items():
        own = [placed for placed in asking if placed.app.metadata.namespace == namespace]

        def alone(some: Sequence[PlacedApp], share: float = share) -> Problem:
            return tenants_problem(problem_of(some), share, [placed.name for placed in some])

        for name in admit(own, alone, planning.fits).turned_away:
            turned_away[name] = _over_share(namespace, share)
    admission = admit([placed for placed in asking if placed.name not in turned_away], problem_of, planning.fits)
    turned_away |= {name: _turned_away(why) for name, why in admission.turned_away.items()}
    workload = replace(whole, apps=admission.admitted)
    problem: Problem | None = None
    plan: Plan | None = None
    if admission.admitted:
        tenants: dict[str, list[str]] = {}
        for placed in admission.admitted:
            tenants.setdefault(placed.app.metadata.namespace or "", []).append(placed.name)
        wanted = problem_of(admission.admitted)
        problem, plan = within_shares(wanted, planning.solve(wanted), tenants, shares, planning.solve)
    baselines = Baselines(None, None)
    if asking:
        all_of_them = problem_of(asking)
        baselines = Baselines(
            _baseline(all_of_them, "no-sharing", planning), _baseline(all_of_them, "max-sharing", planning)
        )
    weight = sum(placed.app.spec.objective.weight for placed in asking)
    return Free(refused, turned_away, workload, problem, plan, baselines, weight)


def _alone(placed: PlacedApp, problem_of: ProblemOf, planning: Planning) -> Refusal | None:
    """Why an app can't be used, whoever else runs."""
    try:
        planning.fits(problem_of([placed]))
    except MainstreamError as error:
        return Refusal(Reason.CANNOT_BE_USED, f"{error}."[:1000])
    except (ArithmeticError, LookupError, ValueError) as error:
        # A manifest that is valid and still makes no sense must not take the others along.
        message = f"The package cannot be planned with ({type(error).__name__}); train it again."
        return Refusal(Reason.CANNOT_BE_USED, message)
    return None


def _baseline(problem: Problem, policy: Policy, planning: Planning) -> float | None:
    try:
        return planning.solve(problem, policy).mean_f1
    except InvalidInputError:
        return None


_WAY_OUT = "Raise the EdgeNode's budget, lower or suspend other apps, or allow lower rates."


def _turned_away(why: TurnedAway) -> Refusal:
    beside = f"the {why.others} apps that come first (of greater weight, or older)"
    if why.below_minimum is not None:
        return Refusal(
            Reason.OTHERS_BELOW_MINIMUM,
            f"Not admitted: with it, one of {beside} would fall {why.below_minimum:.2f} below its minimum. {_WAY_OUT}",
        )
    if why.own_minimum is not None:
        return Refusal(
            Reason.DOES_NOT_FIT, f"Its minimum of {why.own_minimum:g} cannot be reached beside {beside}. {_WAY_OUT}"
        )
    if why.missing_budget is None:
        return Refusal(Reason.DOES_NOT_FIT, f"Not admitted beside {beside}, as others that come before it. {_WAY_OUT}")
    missing = f"{why.missing_budget:.3f} CPU-seconds per second are missing even at everybody's lowest rate"
    return Refusal(Reason.DOES_NOT_FIT, f"Beside {beside}, {missing}. {_WAY_OUT}")


def _over_share(namespace: str, share: float) -> Refusal:
    return Refusal(
        Reason.QUOTA_EXCEEDED,
        f"Namespace {namespace} may take {share:.0%} of a node's budget, and its apps that come first (of greater "
        "weight, or older) leave too little of it; suspend one, allow lower rates, or ask for a higher quota.",
    )
