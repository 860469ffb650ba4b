"""A camera that can be decoded in several ways: planned, told to the runner, and no overhead any more."""

from dataclasses import replace
from typing import Any

import pytest

from mainstream.api.reasons import Reason
from mainstream.decide.profiled import not_covered
from mainstream.decide.slowdown import slowed
from mainstream.messages.node_profile import DecodeMode, NodeProfile, decoding_cost
from mainstream.planner import solve
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.decoding import served_fps
from mainstream.workload.node_workload import NodeWorkload
from mainstream.workload.problem import branch_point_of, build_problem, camera_key

MODES = (
    DecodeMode(name="keyframes", fps=2.0, used_s=0.002),
    DecodeMode(name="substream", fps=5.0, used_s=0.01),
    DecodeMode(name="all", fps=9.97, used_s=0.2),
)


@pytest.fixture
def measured(workload: NodeWorkload) -> NodeWorkload:
    profile = workload.profile.model_copy(update={"decode_modes": {"hall": MODES}})
    return replace(workload, profile=profile)


def with_budget(workload: NodeWorkload, budget: float) -> NodeWorkload:
    spec = workload.node.spec.model_copy(update={"budget": budget})
    return replace(workload, node=workload.node.model_copy(update={"spec": spec}))


def test_decoding_stands_above_the_views_and_is_no_overhead(measured: NodeWorkload) -> None:
    problem = build_problem(measured)
    camera = next(segment for segment in problem.segments if segment.parent is None)
    assert camera.key == camera_key("hall")
    assert [(step.name, step.fps) for step in camera.steps] == [("keyframes", 2.0), ("substream", 5.0), ("all", 10.0)]
    assert problem.overhead == measured.profile.idle
    assert branch_point_of(camera.key) == 0


@pytest.mark.parametrize(("budget", "mode"), [(0.02, "keyframes"), (0.045, "substream"), (0.9, "all")])
def test_a_runner_is_told_the_mode_whose_frames_serve_its_apps(
    measured: NodeWorkload, budget: float, mode: str
) -> None:
    asked = with_budget(measured, budget)
    plan = solve(build_problem(asked))
    orders = compose_runner_plan(asked, plan)
    assert [stream.decode for stream in orders.streams] == [mode]
    serves = {each.name: each.fps for each in MODES} | {"all": 10.0}
    assert max(app.fps for app in orders.apps) <= serves[mode]
    assert plan.cost.total <= plan.budget + 1e-9


def test_a_stream_without_modes_is_decoded_whole(workload: NodeWorkload) -> None:
    orders = compose_runner_plan(workload, solve(build_problem(workload)))
    assert [stream.decode for stream in orders.streams] == ["all"]


def test_no_sharing_decodes_the_camera_once(measured: NodeWorkload) -> None:
    plan = solve(build_problem(measured), "no-sharing")
    assert [segment.key for segment in plan.cost.segments].count(camera_key("hall")) == 1


def test_what_a_mode_takes_is_known_and_slowed_like_everything(measured: NodeWorkload) -> None:
    def cost(profile: NodeProfile, mode: str) -> float:
        return decoding_cost(profile, "hall", 10.0, mode)

    assert cost(measured.profile, "keyframes") == 0.002
    assert cost(slowed(measured.profile, 2.0), "keyframes") == 0.004
    without = measured.profile.model_copy(update={"decode_modes": {}})
    assert cost(without, "all") == pytest.approx(0.015)


@pytest.mark.parametrize(
    ("measured", "served"), [(0.4999, 0.5), (1.993, 2.0), (0.5, 0.5), (0.5001, 0.5001), (1.97, 1.97), (2.0833, 2.1)]
)
def test_a_camera_whose_clock_is_a_little_slow_serves_the_rate_that_it_means(measured: float, served: float) -> None:
    assert served_fps(measured) == served


def pinned(workload: NodeWorkload, mode: str, **spec: object) -> NodeWorkload:
    """The same, with the stream pinned to a mode, and its apps' specs so changed."""
    apps = tuple(
        replace(
            placed,
            stream=with_spec(placed.stream, decode=mode),
            app=with_spec(placed.app, **spec),
        )
        for placed in workload.apps
    )
    return replace(workload, apps=apps)


def with_spec(resource: Any, **changes: object) -> Any:
    return resource.model_copy(update={"spec": resource.spec.model_copy(update=changes)})


def test_a_stream_that_is_pinned_to_a_mode_is_decoded_in_it_and_looked_at_no_faster(measured: NodeWorkload) -> None:
    asked = with_budget(pinned(measured, "keyframes"), 0.9)
    problem = build_problem(asked)
    orders = compose_runner_plan(asked, solve(problem))
    assert [stream.decode for stream in orders.streams] == ["keyframes"]
    assert max(app.fps for app in orders.apps) <= 2.0
    narrowed = build_problem(pinned(measured, "keyframes", rates=[1.0, 2.0, 5.0]))
    assert {app.rates for app in narrowed.apps} == {(1.0, 2.0)}


def test_a_pin_to_what_the_camera_does_not_send_leaves_the_choice_to_the_planner(measured: NodeWorkload) -> None:
    steps = build_problem(pinned(measured, "reference")).segments[0].steps
    assert [step.name for step in steps] == ["keyframes", "substream", "all"]


def test_an_app_that_is_too_fast_for_the_pinned_mode_is_told_what_to_change(measured: NodeWorkload) -> None:
    fast = pinned(measured, "keyframes", rates=[5.0]).apps[0]
    refusal = not_covered(fast, measured.profile, None, None)
    assert refusal is not None
    assert refusal.reason is Reason.CANNOT_BE_USED
    assert refusal.message == (
        "VideoStream hall is decoded in one way alone (spec.decode: keyframes), which yields 2 frames a second, and "
        "the app looks 5 times at least; lower spec.rates."
    )
    assert not_covered(pinned(measured, "keyframes", rates=[1.0, 5.0]).apps[0], measured.profile, None, None) is None
