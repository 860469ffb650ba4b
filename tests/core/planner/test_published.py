"""The authors' published figures (ATC 2018), in their convention of the event model."""

import numpy as np
import planner_published as figures
import pytest

from mainstream.planner import solve
from mainstream.planner.published import greedy_value

pytestmark = pytest.mark.skipif(figures.missing() is not None, reason=figures.missing() or "")

ROWS_OF_A_KIND = 30


def some_rows(schedulers: tuple[str, ...], mode: str) -> list[list]:
    rows = [
        row
        for row in figures.results()["rows"]
        if row[0] in schedulers and row[1] == mode and str(row[3]) in figures.results()["setups"]
    ]
    picked = np.random.default_rng(18).choice(len(rows), ROWS_OF_A_KIND, replace=False)
    return [rows[i] for i in picked]


def problem_of(row: list, *, slow_rates: bool = False):
    _, _, budget, apps, index, *_ = row
    return figures.problem_of(apps, index, budget, slow_rates=slow_rates)


def test_all_20_regression_set_ups_are_solved_and_proved() -> None:
    problems = figures.regression_problems()
    assert len(problems) == 20
    for problem, published in problems:
        plan = solve(problem, gap=0.0)
        assert plan.status == "optimal"
        assert 1.0 - plan.objective == pytest.approx(published, abs=1e-6)


def test_published_exact_results_are_met_and_proved() -> None:
    for row in some_rows(("exhaustive", "stems_cpp"), "mainstream"):
        plan = solve(problem_of(row), gap=1e-6)
        assert plan.gap is not None
        assert plan.gap <= 1e-6
        assert 1.0 - plan.objective == pytest.approx(row[5], abs=2e-5)
        assert 1.0 - plan.objective <= row[5] + 1e-6


@pytest.mark.parametrize("mode", ["mainstream", "nosharing", "maxsharing"])
def test_published_results_of_the_coded_greedy_are_reproduced(mode: str) -> None:
    for row in some_rows(("greedy",), mode):
        value = greedy_value(problem_of(row, slow_rates=mode == "nosharing"), figures.POLICY_OF_MODE[mode])
        assert 1.0 - value == pytest.approx(row[5], abs=2e-5), row


def test_the_exact_plan_is_never_below_the_published_greedy_one() -> None:
    for row in some_rows(("greedy",), "mainstream"):
        assert solve(problem_of(row)).objective >= 1.0 - row[5] - 2e-6
