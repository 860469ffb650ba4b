"""Who may run on a node: it follows from weights, creation times and names alone."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstream.api import VideoApp, VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.admission import admit as admit_module
from mainstream.decide.admission.admit import MOST_EXPLAINED, admit
from mainstream.decide.admission.budget_shares import tenants_problem, within_shares
from mainstream.decide.admission.together import sound_together
from mainstream.decide.bounded_planning import BoundedPlanning
from mainstream.decide.planning import StepPlanning
from mainstream.decide.steady import GAP, steady_plan
from mainstream.laws.chain import EventStatistics
from mainstream.laws.cost import CostStep, Segment
from mainstream.planner import App, Candidate, Objective, OperatingPoint, Problem, Running, Switching, all_fit, solve
from mainstream.workload.node_workload import PlacedApp

STEM = tuple(Segment(f"v/{k}", f"v/{k - 1}" if k else None, 0.003, 1) for k in range(4))
NAMES = [f"t/app-{index}" for index in range(6)]
COSTS = Switching(candidate=0.02, fps=0.01)
asks = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from((0.5, 1.0, 2.0)), st.sampled_from((0.0, 0.6, 0.9))),
    min_size=1,
    max_size=6,
    unique_by=lambda ask: ask[0],
)


def placed(name: str, weight: float, minimum: float = 0.0) -> PlacedApp:
    """An app whose age follows from its name: package and stream do not matter here."""
    namespace, _, short = name.partition("/")
    body: dict[str, Any] = {
        "metadata": {
            "name": short,
            "namespace": namespace,
            "creationTimestamp": f"2026-01-01T00:00:0{name[-1]}Z",
        },
        "spec": {
            "stream": {"name": "s"},
            "package": {"reference": "a@1"},
            "objective": {"weight": weight, "minimum": minimum},
        },
    }
    stream = VideoStream.model_validate(
        {"metadata": {"name": "s"}, "spec": {"url": "file:a", "framesPerSecond": 10, "node": {"name": "n"}}}
    )
    return PlacedApp(VideoApp.model_validate(body), stream, None)  # type: ignore[arg-type]


def problem(apps: list[PlacedApp], budget: float) -> Problem:
    """Worse and cheaper the more is frozen."""
    stated = []
    for each in sorted(apps, key=lambda each: each.name):
        skill = int(each.name[-1]) * 0.01
        candidates = tuple(
            Candidate(
                f"tuned-{k}", k, f"v/{k}", 0.013 - 0.003 * k, 1, (OperatingPoint(0.5, 0.9 - 0.1 * k + skill, 0.02),)
            )
            for k in range(4)
        )
        spec = each.app.spec.objective
        objective = Objective(minimum=spec.minimum or None)
        events = EventStatistics(length_s=1.0, frequency=0.3, correlation=0.3)
        stated.append(
            App(each.name, 10.0, events, candidates, weight=spec.weight, objective=objective, rates=(0.5, 1, 3, 10))
        )
    return Problem(apps=tuple(stated), segments=STEM, budget=budget)


def ask_all(asked: list[tuple[str, float, float]], budget: float) -> tuple[list[PlacedApp], Any]:
    apps = [placed(*each) for each in asked]
    return apps, admit(apps, lambda some: problem(list(some), budget), BoundedPlanning(StepPlanning(lambda: 0.0)))


@settings(max_examples=30, deadline=None)
@given(asks, st.floats(0.005, 0.3), st.randoms())
def test_who_is_in_does_not_depend_on_the_order_in_which_they_came(
    asked: list[tuple[str, float, float]], budget: float, chance: random.Random
) -> None:
    shuffled = chance.sample(asked, len(asked))
    one, other = (ask_all(each, budget)[1] for each in (asked, shuffled))
    assert {each.name for each in one.admitted} == {each.name for each in other.admitted}
    assert one.turned_away == other.turned_away


@settings(max_examples=30, deadline=None)
@given(asks, st.floats(0.005, 0.3))
def test_those_that_are_in_fit_and_nobody_is_shed_for_one_that_comes_later(
    asked: list[tuple[str, float, float]], budget: float
) -> None:
    apps, admission = ask_all(asked, budget)
    if admission.admitted:
        assert all_fit(problem(list(admission.admitted), budget))
    order = sorted(apps, key=lambda each: (-each.app.spec.objective.weight, each.name))
    for each in order:
        if each.name in admission.turned_away:
            before = order[: order.index(each)]
            kept = [other for other in before if other.name not in admission.turned_away]
            assert not all_fit(problem([*kept, each], budget))


def test_a_node_that_shrinks_sheds_the_lightest_and_of_those_the_youngest() -> None:
    asked = [(NAMES[0], 1.0, 0.9), (NAMES[1], 1.0, 0.9), (NAMES[2], 2.0, 0.9)]
    in_order = [
        sorted(each.name for each in ask_all(asked, budget)[1].admitted) for budget in (0.3, 0.06, 0.035, 0.001)
    ]
    assert in_order[0] == NAMES[:3]
    assert all(NAMES[2] in names for names in in_order if names)
    assert all(NAMES[0] in names for names in in_order if NAMES[1] in names)
    assert in_order[-1] == []


def test_a_newcomer_that_would_push_others_below_their_minimum_is_told_by_how_much() -> None:
    old, budget = (NAMES[0], 1.0, 0.93), 0.1
    while ask_all([old], budget)[1].admitted:
        budget *= 0.95
    _, admission = ask_all([old, (NAMES[1], 1.0, 0.0)], budget / 0.95)
    assert [each.name for each in admission.admitted] == [NAMES[0]]
    assert 0 < (admission.turned_away[NAMES[1]].below_minimum or 0.0) < 0.5


def test_where_not_even_the_lowest_rates_fit_the_missing_budget_is_told() -> None:
    _, admission = ask_all([(NAMES[0], 1.0, 0.0)], 0.001)
    missing = admission.turned_away[NAMES[0]].missing_budget
    assert missing is not None
    assert ask_all([(NAMES[0], 1.0, 0.0)], 0.001 + missing)[1].admitted


def test_only_the_first_that_are_not_admitted_are_told_how_much_is_missing() -> None:
    many = [(f"t/app-{index:02}", 1.0, 0.0) for index in range(MOST_EXPLAINED + 3)]
    _, admission = ask_all(many, 0.001)
    explained = [why.missing_budget is not None for why in admission.turned_away.values()]
    assert explained == [True] * MOST_EXPLAINED + [False] * 3


def test_where_there_is_much_to_look_through_fewer_are_told_and_the_same_are_admitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = [(f"t/app-{index:02}", 1.0, 0.0) for index in range(8)]
    _, told = ask_all(many, 0.02)
    monkeypatch.setattr(admit_module, "EXPLAINED_PART", 0.0)
    _, untold = ask_all(many, 0.02)
    assert untold.admitted == told.admitted
    assert untold.turned_away.keys() == told.turned_away.keys()
    assert any(why.missing_budget is not None for why in told.turned_away.values())
    assert all(why.missing_budget is None for why in untold.turned_away.values())


@settings(max_examples=25, deadline=None)
@given(asks, st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_a_steady_plan_is_worse_by_what_switching_costs_at_most_and_stays(
    asked: list[tuple[str, float, float]], first: float, second: float
) -> None:
    apps = [placed(name, weight) for name, weight, _ in asked]
    plans = [solve(problem(apps, budget), gap=GAP) for budget in (first, second)]
    if any(plan.shed for plan in plans):
        return

    def running(plan: Any) -> list[Running]:
        return [Running(app.name, app.candidate, app.fps) for app in plan.apps]

    def again(now: Any) -> Any:
        return steady_plan(
            problem(apps, second), plans[1], running(now), COSTS, lambda one: solve(one, gap=GAP, deadline_s=30)
        )

    moved = again(plans[0])
    assert moved.mean_f1 >= plans[1].mean_f1 - COSTS.candidate - 2 * GAP
    assert moved.cost.total <= second + 1e-9
    assert running(again(moved)) == running(moved)


def test_without_switching_costs_the_best_plan_is_rolled_out() -> None:
    one = problem([placed(name, 1.0) for name in NAMES[:3]], 0.1)
    free = solve(one)
    runs = [Running(NAMES[0], "tuned-3", 0.5)]
    assert steady_plan(one, free, runs, Switching(), solve) is free


def test_a_tenant_takes_no_more_than_its_share_and_leaves_the_rest_to_others() -> None:
    greedy, modest = [placed(f"greedy/app-{i}", 5.0) for i in range(3)], placed("modest/app-5", 1.0)
    one = problem([*greedy, modest], 0.2)
    tenants = {"greedy": [each.name for each in greedy], "modest": [modest.name]}
    free = solve(one)
    _, limited = within_shares(one, free, tenants, {"greedy": 0.25}, solve)
    alone = replace(one, apps=tuple(app for app in one.apps if app.name in tenants["greedy"]), budget=0.2 * 0.25)
    assert sum(limited.app(name).f1 for name in tenants["greedy"]) <= sum(app.f1 for app in solve(alone).apps) + 1e-6
    assert limited.app(modest.name).f1 >= free.app(modest.name).f1
    assert within_shares(one, free, tenants, {}, solve)[1] is free


def test_decoding_is_no_cost_of_a_tenants() -> None:
    camera = Segment("camera", steps=(CostStep("all", 10.0, 0.5),))
    free = problem([placed(name, 1.0) for name in NAMES[:2]], 1.0)
    decoded = replace(free, segments=(camera, *(replace(s, parent=s.parent or "camera") for s in free.segments)))
    alone = tenants_problem(decoded, 0.5, [free.apps[0].name])
    assert abs(solve(alone).cost.total - solve(tenants_problem(free, 0.5, [free.apps[0].name])).cost.total) < 1e-9


OLDER, NEWER = "t/app-1", "t/app-4"


def contradicting(apps: Sequence[PlacedApp]) -> Problem:
    """Sound, unless two certain apps are in it: they say different sizes of the same weights."""
    stated = problem(list(apps), 1.0)
    if {OLDER, NEWER} <= {each.name for each in apps}:
        stated = replace(stated, segments=(*stated.segments, Segment("w/0", None, 0.0, 2, weights="v/0")))
    return stated


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1]])
def test_of_two_apps_that_contradict_each_other_the_first_stays_and_nobody_else_is_touched(order: list[str]) -> None:
    asking, refused = sound_together([placed(name, 1.0) for name in order], contradicting)
    assert [each.name for each in asking] == [name for name in order if name != NEWER]
    assert {name: why.reason for name, why in refused.items()} == {NEWER: Reason.CANNOT_BE_USED}


def test_a_contradiction_is_told_without_the_name_of_the_other_app() -> None:
    _, refused = sound_together([placed(name, 1.0) for name in NAMES], contradicting)
    assert OLDER not in refused[NEWER].message
    assert "train it again" in refused[NEWER].message


def test_the_heavier_of_two_that_contradict_each_other_stays() -> None:
    asking, refused = sound_together([placed(OLDER, 1.0), placed(NEWER, 2.0)], contradicting)
    assert [each.name for each in asking] == [NEWER]
    assert list(refused) == [OLDER]
