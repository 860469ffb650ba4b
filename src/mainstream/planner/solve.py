"""From a problem to a plan: check, build option tables, search under the policy, and write down what was decided."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from mainstream.arrays import IntArray
from mainstream.errors import InvalidInputError
from mainstream.planner.answer.explain import explain
from mainstream.planner.answer.f1_interval import Interval, f1_interval
from mainstream.planner.answer.writing import Certificate, Decided, write_plan
from mainstream.planner.baselines import alone, max_sharing, micro_only, no_sharing
from mainstream.planner.compile import compile_problem
from mainstream.planner.deadline import Clock, Deadline
from mainstream.planner.exact.bound import true_use
from mainstream.planner.exact.feasibility import find_fit, smallest_shed
from mainstream.planner.exact.goals import Outcome, best_lowest, best_mean
from mainstream.planner.exact.incumbent import keeps_limits
from mainstream.planner.exact.instance import Instance
from mainstream.planner.greedy import as_coded, as_published
from mainstream.planner.plan import Plan
from mainstream.planner.problem import Problem
from mainstream.planner.tables.build import build_tables, nothing_left
from mainstream.planner.tables.options import OptionTable
from mainstream.planner.validation import check_problem

Policy = Literal["mainstream", "no-sharing", "alone", "max-sharing", "micro-only", "greedy", "greedy-as-coded"]
POLICIES: tuple[Policy, ...] = (
    "mainstream",
    "no-sharing",
    "alone",
    "max-sharing",
    "micro-only",
    "greedy",
    "greedy-as-coded",
)
DEFAULT_GAP = 1e-7
DEFAULT_DEADLINE_S = 10.0
FIT_SHARE = 0.6
"""Share of the deadline after which it is not asked any longer whether all apps fit."""
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
    return _Planning(problem, policy, gap, deadline).run()


def all_fit(problem: Problem, *, deadline_s: float = DEFAULT_DEADLINE_S, clock: Clock = time.monotonic) -> bool:
    """Whether there is a plan that serves every app within all limits; what is not decided in time counts as no.

    Raises `InvalidInputError` as `solve` does, so that it also tells whether an app can be used at all.
    """
    deadline = Deadline.start(deadline_s, clock)
    check_problem(problem)
    planning = _Planning(problem, "mainstream", DEFAULT_GAP, deadline)
    instance = compile_problem(planning.problem, planning.tables.of_apps, planning.total_weight)
    return find_fit(instance, planning.late).rows is not None


def under(policy: Policy, problem: Problem) -> Problem:
    """The problem as the policy sees it."""
    if policy == "no-sharing":
        return no_sharing(problem)
    if policy == "alone":
        return alone(problem)
    if policy == "max-sharing":
        return max_sharing(problem)
    if policy == "micro-only":
        return micro_only(problem)
    return problem


class _Planning:
    """One run. The policy's problem has its apps and segments in order of name, so that their order does not matter."""

    def __init__(self, problem: Problem, policy: Policy, gap: float, deadline: Deadline) -> None:
        seen = under(policy, problem)
        self.asked = problem
        self.problem = replace(
            seen,
            apps=tuple(sorted(seen.apps, key=lambda app: app.name)),
            segments=tuple(sorted(seen.segments, key=lambda segment: segment.key)),
        )
        self.policy = policy
        self.gap = gap
        self.deadline = deadline
        self.tables = build_tables(self.problem, deadline)
        self.total_weight = sum(app.weight for app in problem.apps)
        self.shed = dict.fromkeys(
            self.hopeless(),
            "did not fit: nothing that this policy allows keeps its minimum and its maximum of false alerts, "
            "and is quiet for half of the time without events",
        )

    def hopeless(self) -> list[str]:
        """Apps without any option. A baseline may leave some without; otherwise it is the problem that is wrong."""
        for app in self.asked.apps:
            if app.name in self.tables.hopeless and self.problem.apps[self.place(app.name)] == app:
                raise nothing_left(self.asked, app)
        return self.tables.hopeless

    def place(self, name: str) -> int:
        """Where an app is in the policy's problem."""
        return [app.name for app in self.problem.apps].index(name)

    @property
    def heuristic(self) -> bool:
        """Whether the policy proves nothing."""
        return self.policy in ("greedy", "greedy-as-coded")

    def late(self) -> bool:
        """Whether the search must end."""
        return self.deadline.passed(SEARCH_SHARE)

    def run(self) -> Plan:
        """All apps if they fit, else those that do."""
        tables = self.tables.of_apps
        if not tables:
            return self.write(None, proved=True)
        instance = compile_problem(self.problem, tables, self.total_weight)
        fit = find_fit(instance, lambda: self.deadline.passed(FIT_SHARE))
        if fit.rows is not None:
            return self.write(self.decide(tables, instance, fit.rows), proved=True)
        return self.without_some(tables, instance)

    def without_some(self, tables: Sequence[OptionTable], instance: Instance) -> Plan:
        """Not all fit: shed the set of least weight, and plan for the others."""
        least = smallest_shed(instance, self.late)
        self.shed |= {tables[a].app.name: self.why_shed() for a in least.apps}
        left = [table for a, table in enumerate(tables) if a not in least.apps]
        if not left:
            return self.write(None, proved=least.proved)
        rest = compile_problem(self.problem, left, self.total_weight)
        return self.write(self.decide(left, rest, least.rows_in(rest)), proved=least.proved)

    def why_shed(self) -> str:
        """One sentence for those that had to go."""
        if self.problem.memory_bytes is not None or self.problem.max_changes is not None:
            return "did not fit: not even the smallest choices of all apps keep every limit; shed by weight"
        least = f"the least that every app accepts is together more than the budget of {self.problem.budget:g}"
        return f"did not fit: {least}; shed by weight"

    def decide(self, tables: Sequence[OptionTable], instance: Instance, start: IntArray) -> Decided:
        """Search under the policy, from a choice that fits."""
        if self.heuristic:
            instance, outcome = self.greedily(tables, instance, start)
        else:
            goal = best_mean if self.problem.goal == "mean" else best_lowest
            outcome = goal(instance, start, self.gap, self.late)
        intervals = {} if self.problem.compat else self.intervals(tables, instance, outcome.rows)
        reasons = explain(instance, tables, outcome.rows, intervals, self.problem.budget, self.deadline.passed)
        return Decided(tables, instance, outcome, reasons, intervals)

    def intervals(self, tables: Sequence[OptionTable], instance: Instance, rows: IntArray) -> dict[str, Interval]:
        """Of F1, of apps of which it is known; none once the deadline has passed."""
        found: dict[str, Interval] = {}
        candidates, rates = instance.options.candidate[rows].tolist(), instance.options.rate[rows].tolist()
        for table, k, f in zip(tables, candidates, rates, strict=True):
            interval = None if self.deadline.passed() else f1_interval(table, k, f)
            if interval is not None:
                found[table.app.name] = interval
        return found

    def greedily(self, tables: Sequence[OptionTable], instance: Instance, start: IntArray) -> tuple[Instance, Outcome]:
        """What the greedy policy chooses, or where it began if that keeps no limits; and the instance of its rows."""
        bare = compile_problem(self.problem, tables, self.total_weight, bare=True)
        points = [np.array([c.branch_point for c in table.app.candidates]) for table in tables]
        rows = (as_published if self.policy == "greedy" else as_coded)(bare, points, self.late)
        if not keeps_limits(bare, true_use(bare, bare.options, rows)):
            bare, rows = instance, start
        return bare, Outcome(rows, float(bare.options.value[rows].sum()), np.inf, True)

    def write(self, decided: Decided | None, *, proved: bool) -> Plan:
        """The plan in the order in which the apps were listed."""
        certificate = Certificate(self.gap, self.heuristic, self.tables.coarse, self.shed, proved)
        return write_plan(self.problem, [app.name for app in self.asked.apps], self.policy, decided, certificate)
