"""Plans that can be reckoned by hand: sharing, limits, pins, switching, objectives, shedding, baselines."""

from dataclasses import replace

import pytest
from planner_small import EVENTS, SEGMENTS, points, small_app, small_problem, with_camera

from mainstream.errors import InvalidInputError
from mainstream.laws.cost import Segment
from mainstream.planner import (
    App,
    Candidate,
    Objective,
    OperatingPoint,
    Pin,
    Problem,
    ReplayedPoint,
    Running,
    Switching,
    solve,
)


def test_with_plenty_of_budget_every_app_gets_its_best() -> None:
    plan = solve(small_problem(budget=100.0))
    assert plan.status == "optimal"
    assert [app.branch_point for app in plan.apps] == [0, 0]
    assert plan.mean_f1 == pytest.approx(sum(app.f1 for app in plan.apps) / 2)


def test_cost_is_split_and_adds_up() -> None:
    plan = solve(small_problem(overhead=0.05))
    parts = sum(segment.cost for segment in plan.cost.segments) + sum(plan.cost.heads.values())
    assert plan.cost.total == pytest.approx(parts + 0.05)
    assert set(plan.cost.heads) == {"cars", "bikes"}
    assert plan.cost.total <= plan.budget


def test_apps_that_share_a_stem_pay_for_it_once() -> None:
    deep = [replace(small_app(name), candidates=(small_app(name).candidates[2],), rates=(5.0,)) for name in ("a", "b")]
    plan = solve(small_problem(apps=tuple(deep), budget=1.0))
    assert plan.cost.total == pytest.approx(5 * 0.021 + 2 * 5 * 0.002)


def test_two_apps_of_a_tenant_share_deeper_than_the_public_base() -> None:
    private = Segment("tenant", "view/a", 0.010, 900)
    apps = []
    for name in ("a", "b", "c"):
        key = "view/a" if name == "c" else "tenant"
        apps.append(App(name, 10.0, EVENTS, (Candidate("tuned-1", 1, key, 0.002, 1, points(0.9, 0.1)),), rates=(4.0,)))
    plan = solve(Problem(tuple(apps), (*SEGMENTS, private), budget=1.0))
    rates = {segment.key: segment.fps for segment in plan.cost.segments}
    assert rates == {"view/in": 4.0, "view/a": 4.0, "tenant": 4.0}
    assert plan.cost.total == pytest.approx(4 * (0.001 + 0.010 + 0.010) + 3 * 4 * 0.002)


def test_views_share_memory_of_equal_weights_but_no_work() -> None:
    twin = tuple(
        Segment(
            s.key.replace("view", "other"), s.parent and s.parent.replace("view", "other"), s.seconds, s.bytes, s.key
        )
        for s in SEGMENTS
    )
    there = small_app("there", rates=(1.0,))
    moved = tuple(replace(c, segment=c.segment and c.segment.replace("view", "other")) for c in there.candidates)
    apps = (small_app("here", rates=(1.0,)), replace(there, candidates=moved))
    pins = (Pin("here", candidate="tuned-2"), Pin("there", candidate="tuned-2"))
    plan = solve(Problem(apps, (*SEGMENTS, *twin), budget=1.0, pins=pins))
    assert plan.cost.memory_bytes == 2000 + 2 * 300
    assert plan.cost.total == pytest.approx(2 * (0.021 + 0.002))


def test_memory_limits_what_runs() -> None:
    free = solve(small_problem(budget=1.0))
    assert free.cost.memory_bytes == 1000
    tight = solve(small_problem(budget=1.0, memory_bytes=950))
    assert tight.cost.memory_bytes <= 950
    assert tight.objective < free.objective
    assert solve(small_problem(budget=1.0, memory_bytes=10)).status == "infeasible"


def test_a_minimum_is_kept_and_costs_the_others() -> None:
    free = solve(small_problem(budget=0.15))
    asked = free.app("bikes").f1 + 0.01
    apps = (small_app("cars"), small_app("bikes", 0.8, objective=Objective(minimum=asked)))
    plan = solve(small_problem(apps=apps, budget=0.15))
    assert plan.app("bikes").f1 >= asked
    assert plan.app("cars").f1 < free.app("cars").f1


def test_weight_moves_the_budget_to_whom_it_counts_for() -> None:
    even = solve(small_problem(budget=0.05))
    apps = (small_app("cars"), small_app("bikes", 0.8, weight=50.0))
    heavy = solve(small_problem(apps=apps, budget=0.05))
    assert heavy.app("bikes").f1 > even.app("bikes").f1
    assert heavy.objective == pytest.approx((heavy.app("cars").f1 + 50 * heavy.app("bikes").f1) / 51)


def test_max_min_raises_the_lowest() -> None:
    mean = solve(small_problem(budget=0.06))
    fair = solve(small_problem(budget=0.06, goal="max-min"))
    assert fair.lowest >= mean.lowest
    assert fair.lowest == min(app.value for app in fair.apps)
    assert fair.mean_f1 <= mean.mean_f1 + 1e-9


@pytest.mark.parametrize(("metric", "best"), [("recall", "recall"), ("precision", "precision")])
def test_an_app_may_ask_for_recall_or_precision(metric: str, best: str) -> None:
    plain = solve(small_problem())
    apps = (small_app("cars", objective=Objective(metric)), small_app("bikes", 0.8))  # type: ignore[arg-type]
    asked = solve(small_problem(apps=apps)).app("cars")
    assert asked.value == getattr(asked, best)
    assert asked.value >= getattr(plain.app("cars"), best)


def test_pins_are_kept() -> None:
    pin = Pin("cars", candidate="tuned-1", fps=3.0, threshold=0.3, votes=2)
    got = solve(small_problem(pins=(pin,))).app("cars")
    assert (got.branch_point, got.fps, got.threshold, got.votes) == (1, 3.0, 0.3, 2)


def test_the_running_plan_stays_unless_the_gain_is_worth_it() -> None:
    best = solve(small_problem())
    running = (Running("cars", "tuned-1", 2.0), Running("bikes", "tuned-1", 2.0))
    assert best.app("cars").branch_point != 1 or best.app("cars").fps != 2.0
    kept = solve(small_problem(running=running, switching=Switching(0.5, 0.5)))
    assert [(app.branch_point, app.fps) for app in kept.apps] == [(1, 2.0), (1, 2.0)]
    moved = solve(small_problem(running=running, switching=Switching(1e-6, 1e-6)))
    assert [app.fps for app in moved.apps] == [app.fps for app in best.apps]


def test_at_most_so_many_apps_are_moved() -> None:
    running = (Running("cars", "tuned-1", 1.0), Running("bikes", "tuned-1", 1.0))
    for most in (0, 1, 2):
        plan = solve(small_problem(running=running, max_changes=most))
        moved = [app for app in plan.apps if (app.branch_point, app.fps) != (1, 1.0)]
        assert len(moved) == most


def test_a_new_app_is_no_change() -> None:
    plan = solve(small_problem(running=(Running("cars", "tuned-1", 1.0),), max_changes=0))
    assert (plan.app("cars").branch_point, plan.app("cars").fps) == (1, 1.0)
    assert plan.app("bikes").fits


def test_what_does_not_fit_is_an_answer_that_names_the_lightest_to_shed() -> None:
    apps = tuple(small_app(name, weight=w, rates=(5.0,)) for name, w in (("a", 1.0), ("b", 0.5), ("c", 2.0)))
    plan = solve(small_problem(apps=apps, budget=5 * 0.021 + 2 * 5 * 0.002 + 1e-6))
    assert plan.status == "infeasible"
    assert plan.shed == ("b",)
    shed = plan.app("b")
    assert (shed.fps, shed.branch_point, shed.votes, shed.threshold, shed.f1) == (None, None, None, None, 0.0)
    assert "did not fit" in shed.why
    assert plan.mean_f1 == pytest.approx((plan.app("a").f1 + 2 * plan.app("c").f1) / 3.5)


def test_a_budget_for_nobody_sheds_everybody() -> None:
    plan = solve(small_problem(budget=0.0))
    assert plan.status == "infeasible"
    assert set(plan.shed) == {"cars", "bikes"}
    assert plan.mean_f1 == 0.0
    assert solve(small_problem(budget=0.1, overhead=0.2)).status == "infeasible"


def test_no_sharing_shares_nothing_not_even_the_view() -> None:
    plan = solve(small_problem(), "no-sharing")
    assert {app.branch_point for app in plan.apps} == {0}
    assert plan.cost.total == pytest.approx(sum(app.fps * (0.001 + 0.022) for app in plan.apps))
    assert len(plan.cost.segments) == 2


def test_a_camera_s_frames_are_worth_decoding_only_where_the_budget_is_ample() -> None:
    modes = {}
    for budget in (0.08, 0.6):
        plan = solve(with_camera(small_problem(budget=budget)))
        assert plan.status == "optimal"
        modes[budget] = {segment.key: segment.step for segment in plan.cost.segments}["camera"]
        assert plan.cost.total <= budget + 1e-9
        told = "; its looks lie on the 2 frames a second of keyframes, up to 0.5 s after they are due"
        assert {app.why.endswith(told) for app in plan.apps} == {budget == 0.08}
    assert modes == {0.08: "keyframes", 0.6: "all"}


def test_a_camera_is_decoded_once_also_where_nothing_is_shared() -> None:
    plan = solve(with_camera(small_problem(budget=0.3)), "no-sharing")
    assert [segment.key for segment in plan.cost.segments].count("camera") == 1
    own = sum(app.fps * (0.001 + 0.022) for app in plan.apps if app.fps is not None)
    camera = next(segment for segment in plan.cost.segments if segment.key == "camera")
    assert plan.cost.total == pytest.approx(own + camera.cost)


def test_max_sharing_takes_every_app_s_most_frozen_candidate() -> None:
    plan = solve(small_problem(), "max-sharing")
    assert {app.branch_point for app in plan.apps} == {2}
    fastest = max(app.fps for app in plan.apps)
    assert plan.cost.total == pytest.approx(fastest * 0.021 + sum(app.fps * 0.002 for app in plan.apps))


def with_micro_heads(problem: Problem) -> Problem:
    """The same with two micro-heads an app, one as deep as a fine-tuned candidate, the other deeper than all."""
    apps = []
    for app in problem.apps:
        tap, tuned = SEGMENTS[1].key, app.candidates[1].operating_points
        flat = Candidate("flat-1", 1, "view/a/flat", 0.0001, 10, tuned, kind="micro")
        pooled = Candidate("pooled-9", 9, tap, 0.0002, 10, tuned, kind="micro")
        apps.append(replace(app, candidates=(*app.candidates, flat, pooled)))
    return replace(problem, apps=tuple(apps), segments=(*problem.segments, Segment("view/a/flat", tap, 0.001)))


def test_baselines_know_micro_heads_from_fine_tuned_candidates() -> None:
    problem = with_micro_heads(small_problem())
    assert {app.candidate for app in solve(problem, "no-sharing").apps} == {"tuned-0"}
    assert {app.candidate for app in solve(problem, "max-sharing").apps} == {"tuned-2"}
    micro = solve(problem, "micro-only")
    assert {app.kind for app in micro.apps} == {"micro"}
    assert micro.objective <= solve(problem).objective + 1e-7


def test_alone_every_candidate_pays_for_its_own_stem() -> None:
    problem = with_micro_heads(small_problem())
    plan = solve(problem, "alone")
    assert plan.objective >= solve(problem, "no-sharing").objective - 1e-7
    assert plan.objective <= solve(problem).objective + 1e-7
    owners = {segment.key.split("/")[0] for segment in plan.cost.segments}
    assert owners == {app.name for app in plan.apps if app.fits}
    quick = [replace(app, candidates=tuple(c for c in app.candidates if c.kind == "micro")) for app in problem.apps]
    assert {app.kind for app in solve(replace(problem, apps=tuple(quick)), "alone").apps} == {"micro"}


@pytest.mark.parametrize(("policy", "kind"), [("no-sharing", "micro"), ("max-sharing", "micro")])
def test_a_package_without_what_a_baseline_needs_is_said(policy: str, kind: str) -> None:
    problem = with_micro_heads(small_problem())
    quick = [replace(app, candidates=tuple(c for c in app.candidates if c.kind == kind)) for app in problem.apps]
    with pytest.raises(InvalidInputError, match=r"apps\[0\].candidates: app 'cars': has no fine-tuned candidate"):
        solve(replace(problem, apps=tuple(quick)), policy)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="has no micro-head"):
        solve(small_problem(), "micro-only")


@pytest.mark.parametrize("policy", ["greedy", "greedy-as-coded"])
def test_the_greedy_policies_keep_the_budget_and_claim_no_bound(policy: str) -> None:
    plan = solve(small_problem(), policy)  # type: ignore[arg-type]
    assert plan.status == "heuristic"
    assert plan.bound is None
    assert plan.gap is None
    assert plan.cost.total <= plan.budget
    assert plan.objective <= solve(small_problem()).objective + 1e-9


def test_a_replay_stands_in_for_the_law() -> None:
    replay = tuple(
        ReplayedPoint(0.4, fps, votes, recall, false_share)
        for fps, votes, recall, false_share in ((2.0, 1, 0.6, 0.1), (4.0, 1, 0.8, 0.2), (4.0, 2, 0.5, 0.0))
    )
    candidate = Candidate("tuned-0", 0, None, 0.01, 1, (OperatingPoint(0.9, 1.0, 0.0),), replay)
    app = App("a", 8.0, EVENTS, (candidate,), rates=(1.0, 3.0, 8.0), votes=(1,))
    for fps, recall in ((1.0, 0.3), (3.0, 0.7), (8.0, 0.8)):
        got = solve(Problem((app,), (), 1.0, pins=(Pin("a", fps=fps),))).app("a")
        assert got.threshold == 0.4
        assert got.recall == pytest.approx(recall)
    other_votes = replace(app, votes=(3,))
    assert solve(Problem((other_votes,), (), 1.0)).app("a").threshold == 0.9


def test_default_rates_are_slow_ones_and_whole_ones_up_to_the_stream_s() -> None:
    assert small_app("a", stream_fps=3.0).allowed_rates == (0.1, 0.2, 0.5, 1.0, 2.0, 3.0)
    assert small_app("a", stream_fps=2.5).allowed_rates == (0.1, 0.2, 0.5, 1.0, 2.0)
    assert small_app("a", stream_fps=0.15).allowed_rates == (0.1,)


def test_every_app_is_told_why() -> None:
    plan = solve(small_problem(budget=0.1))
    for app in plan.apps:
        assert app.why.startswith(
            f"{app.candidate} ({'frozen to branch-point' if app.branch_point else 'nothing frozen'}"
        )
        assert f"at {app.fps:g} fps" in app.why
    other = {"cars": "bikes", "bikes": "cars"}
    assert any(f"lose app '{other[app.name]}'" in app.why for app in plan.apps)


def test_an_app_whose_minimum_a_baseline_cannot_reach_is_shed_there() -> None:
    apps = (small_app("cars"), small_app("bikes", 0.8, objective=Objective(minimum=0.98)))
    problem = small_problem(apps=apps, budget=1.0)
    assert not solve(problem).shed
    plan = solve(problem, "max-sharing")
    assert plan.status == "infeasible"
    assert plan.shed == ("bikes",)
    assert "minimum" in plan.app("bikes").why
    assert plan.mean_f1 == pytest.approx(plan.app("cars").f1 / 2)


def test_baselines_are_planned_from_nothing() -> None:
    running = (Running("cars", "tuned-1", 1.0), Running("bikes", "tuned-1", 1.0))
    problem = small_problem(running=running, max_changes=0, switching=Switching(0.5, 0.5))
    for policy in ("no-sharing", "max-sharing"):
        assert solve(problem, policy) == solve(small_problem(), policy)  # type: ignore[arg-type]


def test_what_keeps_an_app_that_had_to_go_from_fitting_is_listed_in_the_order_of_the_problem() -> None:
    apps = tuple(small_app(name, rates=(10.0,)) for name in ("z", "m", "a"))
    plan = solve(small_problem(apps=apps, budget=0.01))
    assert plan.shed == ("z", "m", "a")
    assert [app.name for app in plan.apps] == ["z", "m", "a"]
