"""Writes down what was decided: rows of the search become a plan, its cost reckoned anew by the cost model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from mainstream.laws.cost import Cost, Load, chain_of, cost_of
from mainstream.planner.answer.f1_interval import Interval
from mainstream.planner.answer.wording import off_the_grid
from mainstream.planner.exact.goals import Outcome
from mainstream.planner.exact.instance import Instance
from mainstream.planner.plan import AppPlan, Plan, Status
from mainstream.planner.problem import Problem
from mainstream.planner.tables.options import OptionTable

PROVED = 1e-9
"""A gap below this is rounding: the plan is optimal."""
ROUNDING = 4e-12
"""A total that is above the budget by no more than this share of it is the budget."""


@dataclass(frozen=True)
class Decided:
    """What the search decided for the apps of `tables`; `reasons` and 90 % intervals of F1 by app."""

    tables: Sequence[OptionTable]
    instance: Instance
    outcome: Outcome
    reasons: dict[str, str]
    intervals: Mapping[str, Interval]


@dataclass(frozen=True)
class Certificate:
    """How good it is: `gap` asked for; `coarse`: apps whose tables lack options; `shed` apps by name with why; `proved`
    to be few.
    """

    gap: float
    heuristic: bool
    coarse: Collection[str]
    shed: dict[str, str]
    proved: bool


def write_plan(
    problem: Problem, names: Sequence[str], policy: str, decided: Decided | None, certificate: Certificate
) -> Plan:
    """The plan, apps in the order of `names`; `decided` is None if nothing fits at all."""
    cost = _cost(problem, decided)
    chosen = {} if decided is None else _app_plans(problem, decided, cost)
    apps = tuple(chosen.get(name) or _shed(name, certificate.shed[name]) for name in names)
    total = sum(app.weight for app in problem.apps)
    mean_f1 = sum(app.weight * chosen[app.name].f1 for app in problem.apps if app.name in chosen) / total
    objective = 0.0 if decided is None else decided.outcome.value
    bound = None if certificate.heuristic else max(objective, _bound(decided, certificate, total))
    return Plan(
        policy=policy,
        status=_status(decided, certificate, objective, bound),
        apps=apps,
        cost=cost,
        budget=problem.budget,
        objective=objective,
        bound=bound,
        gap=None if bound is None else bound - objective,
        mean_f1=mean_f1,
        lowest=min((app.value for app in apps if app.fits), default=0.0),
        shed=tuple(name for name in names if name in certificate.shed),
    )


def _app_plans(problem: Problem, decided: Decided, cost: Cost) -> dict[str, AppPlan]:
    by_key = {segment.key: segment for segment in problem.segments}
    steps = {segment.key: segment.step for segment in cost.segments}
    plans = {}
    for table, (k, f) in zip(decided.tables, _entries(decided), strict=True):
        name, chain = table.app.name, chain_of(by_key, table.app.candidates[k].segment)
        plans[name] = AppPlan(
            name=name,
            candidate=table.app.candidates[k].name,
            kind=table.app.candidates[k].kind,
            branch_point=table.app.candidates[k].branch_point,
            threshold=float(table.threshold[k, f]),
            fps=float(table.rates[f]),
            votes=int(table.votes[k, f]),
            f1=table.f1(k, f),
            recall=float(table.recall[k, f]),
            precision=float(table.precision[k, f]),
            false_alerts_per_hour=float(table.false_per_hour[k, f]),
            value=float(table.value[k, f]),
            why="; ".join([decided.reasons[name], *off_the_grid(chain, steps)]),
            f1_interval=decided.intervals.get(name),
        )
    return plans


def _entries(decided: Decided) -> list[tuple[int, int]]:
    """Candidate and rate of each app's row."""
    options, rows = decided.instance.options, decided.outcome.rows
    return list(zip(options.candidate[rows].tolist(), options.rate[rows].tolist(), strict=True))


def _shed(name: str, why: str) -> AppPlan:
    return AppPlan(name, None, None, None, None, None, None, 0.0, 0.0, 0.0, 0.0, 0.0, why)


def _cost(problem: Problem, decided: Decided | None) -> Cost:
    by_key = {segment.key: segment for segment in problem.segments}
    loads = []
    for table, (k, f) in zip(decided.tables, _entries(decided), strict=True) if decided is not None else ():
        candidate = table.app.candidates[k]
        chain = chain_of(by_key, candidate.segment)
        loads.append(Load(table.app.name, chain, candidate.head_s, candidate.head_bytes, float(table.rates[f])))
    cost = cost_of(loads, problem.overhead)
    over = cost.total - problem.budget
    return replace(cost, total=problem.budget) if 0.0 < over <= ROUNDING * max(problem.budget, 1.0) else cost


def _bound(decided: Decided | None, certificate: Certificate, total: float) -> float:
    """What no plan is worth more than. Options that were left out may be cheap as well as good, and leave others more
    of the budget: then it is what every app has at its best, and 1 for those that lack some.
    """
    if decided is None:
        return 0.0
    if not certificate.coarse:
        return decided.outcome.bound
    bests = (
        each.app.weight * (1.0 if each.app.name in certificate.coarse else float(each.value.max()))
        for each in decided.tables
    )
    return sum(bests) / total


def _status(decided: Decided | None, certificate: Certificate, objective: float, bound: float | None) -> Status:
    """See `Plan`."""
    if certificate.shed:
        return "infeasible"
    if bound is None or decided is None:
        return "heuristic"
    finished = certificate.proved and not certificate.coarse and decided.outcome.finished
    if finished and bound - objective <= PROVED:
        return "optimal"
    return "within-gap" if finished and bound - objective <= certificate.gap + PROVED else "deadline"
