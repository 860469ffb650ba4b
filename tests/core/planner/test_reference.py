"""The search against a general solver, on small problems with every feature.

The same on 300 problems, and with larger ones, is a row of `make bench-planner`.
"""

from dataclasses import replace
from itertools import combinations

import pytest
from planner_features import feature_problem
from planner_reference import solve_reference

from mainstream.planner import Problem, solve

SEEDS = range(60)


def without(problem: Problem, names: set[str]) -> Problem:
    return replace(
        problem,
        apps=tuple(app for app in problem.apps if app.name not in names),
        pins=tuple(pin for pin in problem.pins if pin.app not in names),
        running=tuple(entry for entry in problem.running if entry.app not in names),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_optimum_is_that_of_a_general_solver(seed: int) -> None:
    problem = feature_problem(seed)
    plan, reference = solve(problem, gap=1e-9), solve_reference(problem)
    if reference.value is None:
        assert plan.status == "infeasible"
        assert plan.shed
    else:
        assert plan.status == "optimal"
        assert plan.objective == pytest.approx(reference.value, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_highest_lowest_value_is_that_of_a_general_solver(seed: int) -> None:
    problem = replace(feature_problem(seed), goal="max-min")
    plan, lowest = solve(problem, gap=1e-9), solve_reference(problem, lowest=True).lowest
    if lowest is None:
        assert plan.status == "infeasible"
        return
    mean_at_it = solve_reference(problem, at_least=lowest - 1e-9).value
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(mean_at_it, abs=1e-6)
    if not problem.running:  # with switching costs the lowest counts less those
        assert plan.lowest == pytest.approx(lowest, abs=1e-6)


def test_no_lighter_set_of_apps_could_be_shed() -> None:
    seen = 0
    for seed in range(100):
        problem = feature_problem(seed)
        plan = solve(problem)
        if plan.status != "infeasible":
            continue
        seen += 1
        weights = {app.name: app.weight for app in problem.apps}
        shed = sum(weights[name] for name in plan.shed)
        for count in range(len(problem.apps)):
            for names in combinations(weights, count):
                if sum(weights[name] for name in names) < shed - 1e-9:
                    rest = without(problem, set(names))
                    assert solve_reference(rest).value is None, (seed, names, plan.shed)
    assert seen >= 10


def test_what_is_left_after_shedding_is_planned_as_well_as_it_could_be() -> None:
    seen = 0
    for seed in range(60):
        problem = feature_problem(seed)
        plan = solve(problem, gap=1e-9)
        if plan.status == "infeasible" and len(plan.shed) < len(problem.apps):
            seen += 1
            rest = without(problem, set(plan.shed))
            share = sum(app.weight for app in rest.apps) / sum(app.weight for app in problem.apps)
            value = solve_reference(rest).value
            assert value is not None
            assert plan.objective == pytest.approx(share * value, abs=1e-6)
    assert seen >= 5
