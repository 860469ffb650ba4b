"""Every policy, and systems of the field as policies: never predicted better than the plan that may do all of it."""

from dataclasses import replace

import pytest

from evidence.policies import PLANNERS, as_published, at_one_rate, filterforward, plan_or_none, planned, polymorph
from mainstream.planner import Plan, Problem
from mainstream.planner.synthetic import random_problem, with_micro_heads


@pytest.fixture(scope="module")
def problem() -> Problem:
    made = random_problem(3, 4, branch_points=5, thresholds=4, stream_fps=3.0, budget=0.1)
    return with_micro_heads(made, 3)


def _f1(plan: Plan) -> float:
    return sum(app.f1 for app in plan.apps)


def test_filterforward_has_all_heads_at_one_layer_and_one_rate(problem: Problem) -> None:
    plan = at_one_rate(filterforward, problem)
    assert plan is not None
    served = [app for app in plan.apps if app.candidate is not None]
    assert len(served) > 1
    assert len({app.branch_point for app in served}) == len({app.fps for app in served}) == 1
    kinds = {(app.name, each.name): each.kind for app in problem.apps for each in app.candidates}
    assert {kinds[app.name, app.candidate or ""] for app in served} == {"micro"}
    assert _f1(plan) <= _f1(planned(problem)) + 1e-3


def test_polymorph_runs_the_last_layers_of_every_app_at_one_rate(problem: Problem) -> None:
    plan = at_one_rate(polymorph, problem)
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
    assert plan_or_none("polymorph", replace(problem, apps=micro)) is None
    assert plan_or_none("max-sharing", replace(problem, apps=micro)) is None
    assert plan_or_none("filterforward", replace(problem, apps=tuned)) is None


def test_as_published_a_first_hit_reports_at_one_threshold(problem: Problem) -> None:
    for app in as_published(problem).apps:
        assert app.votes == (1,)
        assert {len(each.operating_points) for each in app.candidates} == {1}


def test_no_policy_predicts_more_than_mainstream(problem: Problem) -> None:
    ours = planned(problem).objective
    plans = [plan for name in PLANNERS if (plan := plan_or_none(name, problem))]
    assert len(plans) == len(PLANNERS)
    assert all(plan.objective <= ours + 1e-3 for plan in plans)
