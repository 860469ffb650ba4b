"""Systems of the field as policies: at one layer, at one rate, and never better than the plan that may do all of it."""

from dataclasses import replace

import pytest

from mainstream.planner import Plan, Problem
from mainstream.planner.synthetic import random_problem, with_micro_heads
from measure import planned
from rivals_of_the_field import filterforward, polymorph, rival_plan


@pytest.fixture(scope="module")
def problem() -> Problem:
    made = random_problem(3, 4, branch_points=5, thresholds=4, stream_fps=3.0, budget=0.1)
    return with_micro_heads(made, 3)


def _f1(plan: Plan) -> float:
    return sum(app.f1 for app in plan.apps)


def test_filterforward_has_all_heads_at_one_layer_and_one_rate(problem: Problem) -> None:
    plan = rival_plan(problem, filterforward)
    assert plan is not None
    served = [app for app in plan.apps if app.candidate is not None]
    assert len(served) > 1
    assert len({app.branch_point for app in served}) == len({app.fps for app in served}) == 1
    kinds = {(app.name, each.name): each.kind for app in problem.apps for each in app.candidates}
    assert {kinds[app.name, app.candidate or ""] for app in served} == {"micro"}
    assert _f1(plan) <= _f1(planned(problem)) + 1e-3


def test_polymorph_runs_the_last_layers_of_every_app_at_one_rate(problem: Problem) -> None:
    plan = rival_plan(problem, polymorph)
    assert plan is not None
    served = [app for app in plan.apps if app.candidate is not None]
    assert served
    points = {each.branch_point for each in problem.apps[0].candidates if each.kind == "fine-tuned"}
    assert {app.branch_point for app in served} == {sorted(points)[-2]}
    assert len({app.fps for app in served}) == 1
    assert _f1(plan) <= _f1(planned(problem)) + 1e-3


def test_who_lacks_the_candidates_has_no_plan(problem: Problem) -> None:
    micro = tuple(
        replace(app, candidates=tuple(each for each in app.candidates if each.kind == "micro")) for app in problem.apps
    )
    tuned = tuple(
        replace(app, candidates=tuple(each for each in app.candidates if each.kind != "micro")) for app in problem.apps
    )
    assert rival_plan(replace(problem, apps=micro), polymorph) is None
    assert rival_plan(replace(problem, apps=tuned), filterforward) is None
