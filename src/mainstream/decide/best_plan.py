"""Third and fourth step: who is admitted, and the best plan for them if nothing ran yet. Pure.

Deterministic: everything follows from the inputs. Each app is tried alone before all are planned together, so that one
that makes no sense touches nobody else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mainstream.api import EdgeNode
from mainstream.api.reasons import Reason
from mainstream.decide.admission.admit import ProblemOf, admit, why_turned_away
from mainstream.decide.admission.budget_shares import tenants_problem, within_shares
from mainstream.decide.planning import Planning
from mainstream.decide.refusal import Refusal
from mainstream.errors import MainstreamError
from mainstream.messages.node_profile import NodeProfile
from mainstream.planner import Plan, Policy, Problem
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import build_problem


@dataclass(frozen=True)
class NodeCapacity:
    """What a node offers, whoever runs there."""

    node: EdgeNode
    """without its status and its declared profile"""
    profile: NodeProfile
    """with the node's slowdown in it"""
    budget_shares: tuple[tuple[str, float], ...] = ()
    """of the budget, by namespace, where a quota limits it; in the order of names"""

    def problem_of(self, apps: Sequence[PlacedApp]) -> Problem:
        """The planner's problem of some apps, in the order of their names."""
        ordered = tuple(sorted(apps, key=lambda placed: placed.name))
        return build_problem(NodeWorkload(self.node, self.profile, ordered))


@dataclass(frozen=True)
class BestPlan:
    """The best plan if nothing ran yet."""

    asking: tuple[PlacedApp, ...]
    """all that could be used, admitted or not"""
    refused: dict[str, Refusal]
    """apps that can't be used, by key"""
    turned_away: dict[str, Refusal]
    """apps that are not admitted, by key"""
    workload: NodeWorkload
    """of those that are"""
    problem: Problem | None = None
    plan: Plan | None = None
    """None: nobody is admitted"""


def best_plan(capacity: NodeCapacity, apps: Sequence[PlacedApp], planning: Planning) -> BestPlan:
    """Admit, plan, and keep every tenant within its share of the budget."""
    asking, refused = _usable(capacity, apps, planning)
    turned_away = _over_their_share(capacity, asking, planning)
    within = [placed for placed in asking if placed.name not in turned_away]
    admission = admit(within, capacity.problem_of, planning.fits)
    turned_away |= {name: why_turned_away(why) for name, why in admission.turned_away.items()}
    workload = NodeWorkload(capacity.node, capacity.profile, admission.admitted)
    if not admission.admitted:
        return BestPlan(asking, refused, turned_away, workload)
    wanted = capacity.problem_of(admission.admitted)
    problem, plan = within_shares(
        wanted, planning.solve(wanted), _by_namespace(admission.admitted), dict(capacity.budget_shares), planning.solve
    )
    return BestPlan(asking, refused, turned_away, workload, problem, plan)


def baseline_plan(
    capacity: NodeCapacity, apps: Sequence[PlacedApp], planning: Planning, policy: Policy
) -> tuple[BestPlan, Plan | None]:
    """What a baseline does with the same apps; it admits nobody, and sheds whoever does not fit, by weight.

    `InvalidInputError` where a package lacks what the baseline needs.
    """
    asking, refused = _usable(capacity, apps, planning)
    workload = NodeWorkload(capacity.node, capacity.profile, asking)
    if not asking:
        return BestPlan(asking, refused, {}, workload), None
    problem = capacity.problem_of(asking)
    plan = planning.solve(problem, policy)
    return BestPlan(asking, refused, {}, workload, problem, plan), plan


def _usable(
    capacity: NodeCapacity, apps: Sequence[PlacedApp], planning: Planning
) -> tuple[tuple[PlacedApp, ...], dict[str, Refusal]]:
    refused = {placed.name: why for placed in apps if (why := _alone(placed, capacity.problem_of, planning))}
    return tuple(placed for placed in apps if placed.name not in refused), refused


def _alone(placed: PlacedApp, problem_of: ProblemOf, planning: Planning) -> Refusal | None:
    """Why an app can't be used, whoever else runs."""
    try:
        planning.fits(problem_of([placed]))
    except MainstreamError as error:
        return Refusal(Reason.CANNOT_BE_USED, _named(error, placed.name))
    except (ArithmeticError, LookupError, ValueError) as error:
        # A manifest that is valid and still makes no sense must not take the others along.
        message = f"The package cannot be planned with ({type(error).__name__}); train it again."
        return Refusal(Reason.CANNOT_BE_USED, message)
    return None


def _named(error: MainstreamError, app: str) -> str:
    """The planner's words about the one app of its problem, which it calls the first, with the app's name instead."""
    field_of_app = (error.field or "").removeprefix("apps[0]").lstrip(".")
    known = error.field is not None and error.field.startswith("apps[0]")
    text = f"VideoApp {app}: {field_of_app}: {error.message}" if known and field_of_app else str(error)
    return f"{text.replace(f'app {app!r}: ', '')}."[:1000]


def _over_their_share(capacity: NodeCapacity, asking: Iterable[PlacedApp], planning: Planning) -> dict[str, Refusal]:
    """Apps that are too many for their namespace's share even if nobody else were there."""
    turned_away: dict[str, Refusal] = {}
    for namespace, share in capacity.budget_shares:
        own = [placed for placed in asking if (placed.app.metadata.namespace or "") == namespace]

        def alone(some: Sequence[PlacedApp], share: float = share) -> Problem:
            return tenants_problem(capacity.problem_of(some), share, [placed.name for placed in some])

        for name in admit(own, alone, planning.fits).turned_away:
            turned_away[name] = _over_share(namespace, share)
    return turned_away


def _over_share(namespace: str, share: float) -> Refusal:
    return Refusal(
        Reason.QUOTA_EXCEEDED,
        f"Namespace {namespace} may take {share:.0%} of a node's budget, and its apps that come first (of greater "
        "weight, or older) leave too little of it; suspend one, allow lower rates, or ask for a higher quota.",
    )


def _by_namespace(apps: Iterable[PlacedApp]) -> Mapping[str, list[str]]:
    tenants: dict[str, list[str]] = {}
    for placed in apps:
        tenants.setdefault(placed.app.metadata.namespace or "", []).append(placed.name)
    return tenants
