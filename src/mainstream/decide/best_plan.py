"""Third and fourth step: who is admitted, and the best plan for them if nothing ran yet. Pure.

Deterministic: everything follows from the inputs. Each app is tried alone before all are planned together, so that one
that makes no sense touches nobody else, and so is one that makes none beside those that come first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from mainstream.api import EdgeNode
from mainstream.api.reasons import Reason
from mainstream.decide.admission.admit import Fits, ProblemOf, admit, why_turned_away
from mainstream.decide.admission.budget_shares import tenants_problem, within_shares
from mainstream.decide.admission.together import sound_together
from mainstream.decide.bounded_planning import BoundedPlanning
from mainstream.decide.planning import Planning
from mainstream.decide.refusal import Refusal
from mainstream.errors import MainstreamError
from mainstream.messages.node_profile import NodeProfile
from mainstream.planner import App, Plan, Policy, Problem
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import build_problem

_STEPS_ALONE = 66
"""that an app alone is searched for; whatever makes no sense in it shows long before"""
NOTICEABLE = 0.01
"""of an app's metric: by so much less nobody is worse off, and plans need not follow each other's smallest steps"""


@dataclass(frozen=True)
class NodeCapacity:
    """What a node offers, whoever runs there."""

    node: EdgeNode
    """without its status and its declared profile"""
    profile: NodeProfile
    """with the node's slowdown in it"""
    budget_shares: tuple[tuple[str, float], ...] = ()
    """of the budget, by namespace, where a quota limits it; in the order of names"""
    contended_shares: tuple[tuple[str, float], ...] = ()
    """the same of what a namespace may take while others want more; what they leave is its own again"""

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


def best_plan(capacity: NodeCapacity, apps: Sequence[PlacedApp], asked: Planning) -> BestPlan:
    """Admit, plan, and keep every tenant within its share of the budget.

    A share that binds only while others want more is first kept as any other, and of memory too. What everybody gets
    then is theirs; what that leaves goes to whoever gains most by it, so that nothing idles.
    """
    planning = BoundedPlanning(asked)
    asking, refused = _usable(capacity, apps, asked)
    contended = dict(capacity.contended_shares) if len(_by_namespace(asking)) > 1 else {}
    hard = dict(capacity.budget_shares)
    shares = hard | {name: min(share, hard.get(name, 1.0)) for name, share in contended.items()}
    limited = replace(_within(capacity, asking, shares, contended, planning), refused=refused)
    greedy = {name for name in contended if name in _limited_by_share(capacity, limited)}
    return _with_the_rest(capacity, limited, greedy, planning) if greedy else limited


def _within(
    capacity: NodeCapacity,
    asking: tuple[PlacedApp, ...],
    shares: Mapping[str, float],
    of_memory: Mapping[str, float],
    planning: BoundedPlanning,
) -> BestPlan:
    """The best plan with every tenant within its share, of the budget and of memory, whatever the others leave."""
    turned_away = _over_their_share(capacity, asking, shares, planning, of_memory=of_memory)
    within = [placed for placed in asking if placed.name not in turned_away]
    admission = admit(within, capacity.problem_of, planning)
    turned_away |= {name: why_turned_away(why) for name, why in admission.turned_away.items()}
    workload = NodeWorkload(capacity.node, capacity.profile, admission.admitted)
    if not admission.admitted:
        return BestPlan(asking, {}, turned_away, workload)
    wanted = capacity.problem_of(admission.admitted)
    tenants = _by_namespace(admission.admitted)
    problem, plan = within_shares(wanted, planning.solve(wanted), tenants, shares, planning.solve)
    return BestPlan(asking, {}, turned_away, workload, problem, plan)


def _limited_by_share(capacity: NodeCapacity, limited: BestPlan) -> set[str]:
    """Namespaces that would take more than their share: an app was turned away for it, or may not have all it could."""
    names = {name for name, why in limited.turned_away.items() if why.reason is Reason.QUOTA_EXCEEDED}
    if limited.problem is not None:
        free = capacity.problem_of(limited.workload.apps)
        names |= {app.name for app, whole in zip(limited.problem.apps, free.apps, strict=True) if app != whole}
    return {placed.app.metadata.namespace or "" for placed in limited.asking if placed.name in names}


def _with_the_rest(capacity: NodeCapacity, limited: BestPlan, greedy: set[str], planning: BoundedPlanning) -> BestPlan:
    """The best plan in which nobody has noticeably less than within the shares; what those leave is everybody's."""
    had = {} if limited.plan is None else {app.name: app.value for app in limited.plan.apps if app.fits}
    in_limits = {placed.name for placed in limited.workload.apps}
    spaces = {placed.name: placed.app.metadata.namespace or "" for placed in limited.asking}
    hard = dict(capacity.budget_shares)
    over_hard = _over_their_share(capacity, limited.asking, hard, planning)
    wanting = [
        placed
        for placed in limited.asking
        if placed.name in in_limits or (spaces[placed.name] in greedy and placed.name not in over_hard)
    ]

    def with_floors(some: Sequence[PlacedApp]) -> Problem:
        problem = capacity.problem_of(some)
        return replace(problem, apps=tuple(_at_least(app, had.get(app.name)) for app in problem.apps))

    admission = admit(wanting, with_floors, planning, first=in_limits, explained=0)
    if not admission.admitted or in_limits & admission.turned_away.keys():
        # The planner did not see in time that they fit, which they do: they are not to lose by it.
        return limited
    wanted = with_floors(admission.admitted)
    tenants = _by_namespace(admission.admitted)
    problem, plan = within_shares(wanted, planning.solve(wanted), tenants, hard, planning.solve)
    if limited.plan is not None and set(plan.shed) - set(limited.plan.shed):
        return limited
    stays_away = {
        name: why for name, why in limited.turned_away.items() if spaces[name] not in greedy or name in over_hard
    }
    turned_away = stays_away | {name: _others_want_it(spaces[name], capacity) for name in admission.turned_away}
    workload = NodeWorkload(capacity.node, capacity.profile, admission.admitted)
    return BestPlan(limited.asking, limited.refused, turned_away, workload, problem, plan)


def _at_least(app: App, value: float | None) -> App:
    """The app that is to have about that value of its metric, or its own minimum where that is more."""
    if value is None:
        return app
    floor = max(app.objective.minimum or 0.0, value - NOTICEABLE)
    return replace(app, objective=replace(app.objective, minimum=floor if floor > 0 else None))


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
    refused = {placed.name: why for placed in apps if (why := _alone(placed, capacity, planning))}
    usable = [placed for placed in apps if placed.name not in refused]
    asking, contradicting = sound_together(usable, capacity.problem_of)
    return asking, refused | contradicting


def _alone(placed: PlacedApp, capacity: NodeCapacity, planning: Planning) -> Refusal | None:
    """Why an app can't be used, whoever else runs: found once, so that one app more is one more such question."""

    def find() -> Refusal | None:
        return _senseless(placed, capacity.problem_of, BoundedPlanning(planning, _STEPS_ALONE).fits)

    return planning.recall(f"{capacity.node.metadata.name}: {placed.name} alone", (capacity, placed), find)


def _senseless(placed: PlacedApp, problem_of: ProblemOf, fits: Fits) -> Refusal | None:
    try:
        fits(problem_of([placed]))
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


def _over_their_share(
    capacity: NodeCapacity,
    asking: Iterable[PlacedApp],
    shares: Mapping[str, float],
    planning: BoundedPlanning,
    *,
    of_memory: Mapping[str, float] = MappingProxyType({}),
) -> dict[str, Refusal]:
    """Apps that are too many for their namespace's share even if nobody else were there."""
    turned_away: dict[str, Refusal] = {}
    for namespace, share in sorted(shares.items()):
        own = [placed for placed in asking if (placed.app.metadata.namespace or "") == namespace]
        memory = of_memory.get(namespace, 1.0)

        def alone(some: Sequence[PlacedApp], share: float = share, memory: float = memory) -> Problem:
            return tenants_problem(capacity.problem_of(some), share, [placed.name for placed in some], memory)

        for name in admit(own, alone, planning, explained=0).turned_away:
            turned_away[name] = _over_share(namespace, share)
    return turned_away


def _over_share(namespace: str, share: float) -> Refusal:
    return Refusal(
        Reason.QUOTA_EXCEEDED,
        f"Namespace {namespace} may take {share:.0%} of a node's budget, and its apps that come first (of greater "
        "weight, or older) leave too little of it; suspend one, allow lower rates, or ask for a higher quota.",
    )


def _others_want_it(namespace: str, capacity: NodeCapacity) -> Refusal:
    share = dict(capacity.contended_shares)[namespace]
    return Refusal(
        Reason.QUOTA_EXCEEDED,
        f"Namespace {namespace} has {share:.0%} of the node's budget and memory while other namespaces want the rest, "
        "and what they leave is too little for this app beside those that come first; lower its minimum, suspend "
        "another one, or ask for a higher quota.",
    )


def _by_namespace(apps: Iterable[PlacedApp]) -> Mapping[str, list[str]]:
    tenants: dict[str, list[str]] = {}
    for placed in apps:
        tenants.setdefault(placed.app.metadata.namespace or "", []).append(placed.name)
    return tenants
