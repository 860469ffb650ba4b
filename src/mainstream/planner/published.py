"""Problems of the authors' published figures (ATC 2018), from their data, for tests and benchmarks.

The data itself is not part of the project. Pure: callers read the files and hand over what is in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from mainstream.laws.chain import EventStatistics
from mainstream.laws.cost import Segment
from mainstream.planner.compile import compile_problem
from mainstream.planner.greedy import as_coded
from mainstream.planner.problem import App, Candidate, OperatingPoint, Problem
from mainstream.planner.solve import Policy, under
from mainstream.planner.tables.known import option_table

TENTHS_FPS = tuple(i / 10 for i in range(1, 10))
"""Rates below 1 that the authors' No-Sharing may also choose."""


def published_problem(
    models: Mapping[str, Any],
    setup: Sequence[Sequence[Any]],
    *,
    stream_fps: int,
    budget: float,
    slow_rates: bool = False,
) -> Problem:
    """The problem of one published set-up.

    `models` is their table of curves, layer costs and branch-points, `setup` a list of (curve, event length in ms,
    frequency, correlation). Votes are 1 and the event model is theirs (`compat`).
    """
    layer_costs = [float(cost) for cost in models["layer_costs"]]
    points = [int(point) for point in models["branch_points"]]
    segments = tuple(
        Segment(str(end), None if start == 0 else str(start), sum(layer_costs[start:end]))
        for start, end in pairwise(points)
    )
    whole = tuple(float(rate) for rate in range(1, stream_fps + 1))
    apps = []
    for i, (curve, length_ms, frequency, correlation) in enumerate(setup):
        candidates = tuple(
            Candidate(
                name=f"tuned-{point}",
                branch_point=point,
                segment=str(point) if point else None,
                head_s=sum(layer_costs[point:]),
                operating_points=(OperatingPoint(0.5, p, e),),
            )
            for point, p, e in _never_worse_with_less_frozen(models["curves_raw"][curve])
        )
        apps.append(
            App(
                name=f"{i}-{curve}",
                stream_fps=float(stream_fps),
                events=EventStatistics(length_ms / 1000.0, frequency, correlation),
                candidates=candidates,
                rates=TENTHS_FPS + whole if slow_rates else whole,
                votes=(1,),
            )
        )
    return Problem(tuple(apps), segments, float(budget), compat="atc18")


def _never_worse_with_less_frozen(curve: Sequence[Sequence[float]]) -> list[tuple[int, float, float]]:
    """Walk from the most frozen on; where less frozen is less accurate, keep the better values (the data's note)."""
    kept: list[tuple[int, float, float]] = []
    for point, p, e in sorted(((int(row[0]), row[1], row[2]) for row in curve), reverse=True):
        better = (p, e) if not kept or p >= kept[-1][1] else kept[-1][1:]
        kept.append((point, *better))
    return kept[::-1]


def greedy_value(problem: Problem, policy: Policy) -> float:
    """Mean value of what the released greedy chooses; it never asks whether what it begins with keeps the budget."""
    problem = under(policy, problem)
    tables = [option_table(app, None, problem.compat) for app in problem.apps]
    instance = compile_problem(problem, tables, sum(app.weight for app in problem.apps), bare=True)
    points = [np.array([c.branch_point for c in table.app.candidates]) for table in tables]
    content = [replace(app, name="") for app in problem.apps]
    twins = [content.index(app) for app in content]
    rows = as_coded(instance, points, lambda: False, twins)
    return float(instance.options.value[rows].sum())
