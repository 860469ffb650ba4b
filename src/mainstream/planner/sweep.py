"""Sweep: the plans of several policies over a range of budgets. Offline and pure; `cli/sweep_plot.py` draws it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from mainstream.errors import InvalidInputError
from mainstream.planner.plan import Status
from mainstream.planner.problem import Problem
from mainstream.planner.solve import DEFAULT_DEADLINE_S, DEFAULT_GAP, Policy, solve, under

SWEPT_POLICIES: tuple[Policy, ...] = ("mainstream", "no-sharing", "max-sharing")
SWEEP_POINTS = 25


@dataclass(frozen=True)
class SweepPoint:
    """One plan of the sweep: `f1` by app in the order of `Sweep.apps` (0 where it did not fit)."""

    policy: str
    budget: float
    status: Status
    cost: float
    mean_f1: float
    f1: tuple[float, ...]


@dataclass(frozen=True)
class Sweep:
    """Points in order of policy, then of budget; `lacking` says of a baseline that is not there what it would need."""

    apps: tuple[str, ...]
    budgets: tuple[float, ...]
    points: tuple[SweepPoint, ...]
    lacking: dict[str, str] = field(default_factory=dict)

    def of(self, policy: str) -> tuple[SweepPoint, ...]:
        """The points of one policy, by budget."""
        return tuple(point for point in self.points if point.policy == policy)


def parse_sweep(text: str, points: int = SWEEP_POINTS) -> tuple[float, ...]:
    """Budgets of "budget=0.1:2": evenly spaced from the first to the last, both included."""
    name, _, span = text.partition("=")
    low_text, _, high_text = span.partition(":")
    try:
        low, high = float(low_text), float(high_text)
    except ValueError:
        low = high = math.nan
    if name != "budget" or not (0.0 <= low < high < math.inf):
        raise InvalidInputError(f"{text!r} is no sweep; write budget=LOW:HIGH, such as budget=0.1:2", field="--sweep")
    return tuple(low + (high - low) * i / (points - 1) for i in range(points))


def sweep(
    problem: Problem,
    budgets: Sequence[float],
    policies: Sequence[Policy] = SWEPT_POLICIES,
    *,
    deadline_s: float = DEFAULT_DEADLINE_S,
    gap: float = DEFAULT_GAP,
) -> Sweep:
    """Solve for every policy and budget; each solve may take `deadline_s`.

    A baseline that a package lacks the candidates for, such as one made with --quick, is left out and named.
    """
    points: list[SweepPoint] = []
    lacking: dict[str, str] = {}
    for policy in policies:
        try:
            under(policy, problem)
        except InvalidInputError as error:
            lacking[policy] = error.message
            continue
        for budget in budgets:
            plan = solve(replace(problem, budget=budget), policy, deadline_s=deadline_s, gap=gap)
            scores = tuple(app.f1 for app in plan.apps)
            points.append(SweepPoint(policy, budget, plan.status, plan.cost.total, plan.mean_f1, scores))
    return Sweep(tuple(app.name for app in problem.apps), tuple(budgets), tuple(points), lacking)


def sweep_to_json(result: Sweep) -> str:
    """Stable JSON form, indented."""
    return TypeAdapter(Sweep).dump_json(result, indent=2).decode()
