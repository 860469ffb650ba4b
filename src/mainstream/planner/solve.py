"""From a problem to a plan: check, build option tables, search under the policy, and write down what was decided."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mainstream.cost import Cost, Load, chain_of, cost_of
from mainstream.errors import InvalidInputError
from mainstream.planner.baselines import max_sharing, no_sharing
from mainstream.planner.bound import true_use
from mainstream.planner.compile import compile_problem
from mainstream.planner.deadline import Clock, Deadline
from mainstream.planner.explain import explain
from mainstream.planner.feasibility import cheapest_rows, find_fit, smallest_shed
from mainstream.planner.goals import Outcome, best_lowest, best_mean
from mainstream.planner.greedy import as_coded, as_published
from mainstream.planner.incumbent import keeps_limits
from mainstream.planner.instance import Instance, IntArray
from mainstream.planner.options import OptionTable, coarse_table, option_table
from mainstream.planner.plan import AppPlan, Plan, Status
from mainstream.planner.problem import Problem
from mainstream.planner.validation import check_problem

Policy = Literal["mainstream", "no-sharing", "max-sharing", "greedy", "greedy-as-coded"]
POLICIES: tuple[Policy, ...] = ("mainstream", "no-sharing", "max-sharing", "greedy", "greedy-as-coded")
DEFAULT_GAP = 1e-6
DEFAULT_DEADLINE_S = 10.0
PROVED = 1e-9
"""A gap below this is rounding: the plan is optimal."""
TABLES_SHARE = 0.4
"""Share of the deadline that full option tables may take."""
SEARCH_SHARE = 0.9
"""Share of the deadline after which the search ends, so that writing down the plan is in time too."""


def solve(
    problem: Problem,
    policy: Policy = "mainstream",
    *,
    deadline_s: float = DEFAULT_DEADLINE_S,
    gap: float = DEFAULT_GAP,
    clock: Clock = time.monotonic,
) -> Plan:
    """The best plan under a policy, proved to `gap` (of the objective) if that takes no more than `deadline_s`.

    Without a deadline that strikes, the same input gives the same plan. Raises `InvalidInputError` for a problem that
    is not well-formed; that not all apps fit is an answer (`Plan.status` "infeasible"), not an error.
    """
    deadline = Deadline.start(deadline_s, clock)
    check_problem(problem)
    if policy not in POLICIES:
        raise InvalidInputError(f"must be one of {', '.join(POLICIES)}, is {policy!r}", field="policy")
    if not gap >= 0.0 or not deadline_s > 0.0:
        raise InvalidInputError("the gap must be at least 0 and the deadline above 0", field="gap, deadline_s")
    seen = under(policy, problem)
    ordered = replace(
        seen,
        apps=tuple(sorted(seen.apps, key=lambda app: app.name)),
        segments=tuple(sorted(seen.segments, key=lambda segment: segment.key)),
    )
    return _Planning(ordered, tuple(app.name for app in problem.apps), policy, gap, deadline).run()


def under(policy: Policy, problem: Problem) -> Problem:
    """The problem as the policy sees it."""
    if policy == "no-sharing":
        return no_sharing(problem)
    if policy == "max-sharing":
        return max_sharing(problem)
    return problem


@dataclass
class _Planning:
    """One run.

    `problem` is that of the policy, its apps and segments in order of name, so that the order in which they are listed
    does not matter; `names` is the order in which the apps were listed.
    """

    problem: Problem
    names: tuple[str, ...]
    policy: Policy
    gap: float
    deadline: Deadline
    unseen: float = 0.0
    """What coarse option tables may hide: the bound is raised by it."""

    @property
    def heuristic(self) -> bool:
        """Whether the policy proves nothing."""
        return self.policy in ("greedy", "greedy-as-coded")

    def late(self) -> bool:
        """Whether the search must end."""
        return self.deadline.passed(SEARCH_SHARE)

    def run(self) -> Plan:
        tables = self.tables()
        total = sum(app.weight for app in self.problem.apps)
        instance = compile_problem(self.problem, tables, total)
        fit = find_fit(instance, self.late)
        if fit.rows is not None:
            instance, outcome = self.choose(tables, instance, fit.rows, total)
            return self.write(tables, instance, outcome)
        return self.without_some(tables, instance, total)

    def tables(self) -> list[OptionTable]:
        """Option tables of all apps; coarse ones where the deadline leaves no time for the others."""
        pins = {pin.app: pin for pin in self.problem.pins}
        tables = []
        total = sum(app.weight for app in self.problem.apps)
        for i, app in enumerate(self.problem.apps):
            pin = pins.get(app.name)
            least = max(app.objective.minimum or 0.0, 0.0)
            if pin is None and self.deadline.passed(TABLES_SHARE * (i + 1) / len(self.problem.apps)):
                coarse = coarse_table(app, self.problem.compat)
                if coarse.value.max() >= least:
                    tables.append(coarse)
                    self.unseen += app.weight / total * (1.0 - float(coarse.value.max()))
                    continue
            table = option_table(app, pin, self.problem.compat)
            if table.value.max() < least:
                raise self.nothing_left(table, least)
            tables.append(table)
        return tables

    def nothing_left(self, table: OptionTable, least: float) -> InvalidInputError:
        """The error of an app that none of its options is good enough for."""
        app, best = table.app, float(table.value.max())
        at = f"apps[{self.names.index(app.name)}]"
        if best < 0.0:
            place = [pin.app for pin in self.problem.pins].index(app.name)
            message = f"app '{app.name}': its pin leaves no candidate, threshold and votes; loosen the pin"
            return InvalidInputError(message, field=f"pins[{place}]")
        message = (
            f"app '{app.name}': nothing it is allowed reaches its minimum of {least:g} (the best is {best:.3f}); "
            f"lower the minimum or allow more"
        )
        return InvalidInputError(message, field=f"{at}.objective.minimum")

    def choose(
        self, tables: Sequence[OptionTable], instance: Instance, start: IntArray, total: float
    ) -> tuple[Instance, Outcome]:
        """Search under the policy, from a choice that fits; the instance that the outcome's rows are of, and it."""
        if self.heuristic:
            bare = compile_problem(self.problem, tables, total, bare=True)
            points = [np.array([c.branch_point for c in table.app.candidates]) for table in tables]
            rows = (as_published if self.policy == "greedy" else as_coded)(bare, points)
            if keeps_limits(bare, true_use(bare, bare.options, rows)):
                return bare, Outcome(rows, float(bare.options.value[rows].sum()), np.inf, True)
            return instance, Outcome(start, float(instance.options.value[start].sum()), np.inf, True)
        goal = best_mean if self.problem.goal == "mean" else best_lowest
        return instance, goal(instance, start, self.gap, self.late)

    def without_some(self, tables: Sequence[OptionTable], instance: Instance, total: float) -> Plan:
        """Not all fit: shed the set of least weight, and plan for the others."""
        shed, proved = smallest_shed(instance, self.late)
        left = [table for a, table in enumerate(tables) if a not in set(shed)]
        names = tuple(tables[a].app.name for a in shed)
        if not left:
            return self.write([], None, None, shed=names, proved=proved)
        rest = compile_problem(self.problem, left, total)
        fit = find_fit(rest, lambda: False)
        start = cheapest_rows(rest) if fit.rows is None else fit.rows
        rest, outcome = self.choose(left, rest, start, total)
        return self.write(left, rest, outcome, shed=names, proved=proved)

    def write(
        self,
        tables: Sequence[OptionTable],
        instance: Instance | None,
        outcome: Outcome | None,
        *,
        shed: tuple[str, ...] = (),
        proved: bool = True,
    ) -> Plan:
        """The plan in words and numbers."""
        chosen: dict[str, AppPlan] = {}
        loads: list[Load] = []
        by_key = {segment.key: segment for segment in self.problem.segments}
        if instance is not None and outcome is not None:
            for table, row in zip(tables, outcome.rows.tolist(), strict=True):
                k, f = int(instance.options.candidate[row]), int(instance.options.rate[row])
                candidate = table.app.candidates[k]
                chosen[table.app.name] = AppPlan(
                    table.app.name,
                    candidate.branch_point,
                    float(table.threshold[k, f]),
                    float(table.rates[f]),
                    int(table.votes[k, f]),
                    table.f1(k, f),
                    float(table.recall[k, f]),
                    float(table.precision[k, f]),
                    float(table.value[k, f]),
                )
                chain = chain_of(by_key, candidate.segment)
                loads.append(Load(table.app.name, chain, candidate.head_s, candidate.head_bytes, float(table.rates[f])))
        cost = self.cost(loads)
        reasons = (
            {}
            if instance is None or outcome is None
            else explain(instance, tables, outcome.rows, self.problem.budget, self.deadline.passed)
        )
        apps = tuple(self.in_words(name, chosen, reasons) for name in self.names)
        total = sum(app.weight for app in self.problem.apps)
        mean_f1 = sum(app.weight * chosen[app.name].f1 for app in self.problem.apps if app.name in chosen) / total
        objective = 0.0 if outcome is None else outcome.value
        bound = None if self.heuristic else max(objective, 0.0 if outcome is None else outcome.bound) + self.unseen
        gap = None if bound is None else bound - objective
        finished = proved and self.unseen == 0.0 and (outcome is None or outcome.finished)
        return Plan(
            self.policy,
            self.status(shed, gap, finished),
            apps,
            cost,
            self.problem.budget,
            objective,
            bound,
            gap,
            mean_f1,
            min((app.value for app in apps if app.fits), default=0.0),
            shed,
        )

    def cost(self, loads: Sequence[Load]) -> Cost:
        """By the cost model, apart from the search; a total that rounding alone puts above the budget is the budget."""
        cost = cost_of(loads, self.problem.overhead)
        budget = self.problem.budget
        over = cost.total - budget
        return replace(cost, total=budget) if 0.0 < over <= 4e-12 * max(budget, 1.0) else cost

    def status(self, shed: tuple[str, ...], gap: float | None, finished: bool) -> Status:
        """See `Plan`."""
        if shed:
            return "infeasible"
        if gap is None:
            return "heuristic"
        if gap <= PROVED and finished:
            return "optimal"
        return "within-gap" if finished and gap <= self.gap + 1e-12 else "deadline"

    def in_words(self, name: str, chosen: dict[str, AppPlan], reasons: dict[str, str]) -> AppPlan:
        """The app's plan with its reason, or that it did not fit."""
        if name in chosen:
            return replace(chosen[name], why=reasons.get(name, ""))
        why = (
            f"did not fit: the least that every app accepts is together more than the budget of {self.problem.budget:g}"
        )
        if self.problem.memory_bytes is not None or self.problem.max_changes is not None:
            why = "did not fit: not even the smallest choices of all apps keep every limit"
        return AppPlan(name, None, None, None, None, 0.0, 0.0, 0.0, 0.0, why + "; shed by weight")
