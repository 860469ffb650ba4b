"""What cells a choice uses: counted over the shares of its apps, and over the segments, on forests with calls.

Below one segment an app may have several others, the next of its stem and calls of heads.
"""

import time

import numpy as np
import pytest

from mainstream.planner import Problem, solve
from mainstream.planner.compile import compile_problem
from mainstream.planner.deadline import Deadline
from mainstream.planner.exact.bound import COST, Multipliers, Relaxation, true_use, used_cells
from mainstream.planner.exact.box import Box
from mainstream.planner.exact.incumbent import use_after_swap
from mainstream.planner.exact.instance import Instance
from mainstream.planner.synthetic import random_problem, with_cameras, with_micro_heads
from mainstream.planner.tables.build import build_tables

SEEDS = range(4)


def problem_of(seed: int, *, apps: int = 6, views: int = 2, branch_points: int = 6) -> Problem:
    made = random_problem(seed, apps, branch_points=branch_points, thresholds=4, stream_fps=10.0, views=views)
    return with_cameras(with_micro_heads(made, seed), seed)


def instance_of(problem: Problem) -> Instance:
    tables = build_tables(problem, Deadline.start(60.0, time.monotonic))
    return compile_problem(problem, tables.of_apps, float(len(problem.apps)))


def random_rows(instance: Instance, rng: np.random.Generator) -> np.ndarray:
    options = instance.options
    return options.starts + rng.integers(0, options.counts)


@pytest.mark.parametrize("seed", SEEDS)
def test_cells_that_apps_use_cost_what_the_plan_does(seed: int) -> None:
    instance, rng = instance_of(problem_of(seed)), np.random.default_rng(seed)
    relaxation = Relaxation.of(instance, Box.whole(instance), Multipliers.even(instance))
    tree, options = instance.tree, instance.options
    assert any(len(set(above.tolist())) < len(above) for _, above in tree.depths)
    for _ in range(20):
        rows = random_rows(instance, rng)
        anybody = np.maximum.reduceat(used_cells(relaxation, rows), tree.first, axis=0)
        cells = float((anybody * instance.cell_cost[tree.segment[tree.first]]).sum())
        own = float(options.use[rows, COST].sum())
        assert own + cells == pytest.approx(true_use(instance, options, rows)[COST], rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_swap_takes_what_it_was_measured_to(seed: int) -> None:
    instance, rng = instance_of(problem_of(seed)), np.random.default_rng(seed)
    options = instance.options
    rows = random_rows(instance, rng)
    after = use_after_swap(instance, rows, true_use(instance, options, rows))
    for swap in rng.integers(0, len(options), 60).tolist():
        swapped = rows.copy()
        swapped[options.app[swap]] = swap
        assert after[swap] == pytest.approx(true_use(instance, options, swapped), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_micro_heads_at_several_cameras_are_planned_with_proof(seed: int) -> None:
    problem = problem_of(seed, apps=20, views=5, branch_points=12)
    plan = solve(problem, gap=1e-4, deadline_s=20.0, clock=time.process_time)
    assert plan.gap <= 1e-4, plan.status
