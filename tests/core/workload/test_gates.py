"""Views with a gate: what lies behind costs its duty, and the runner is told what it is to do when all moves."""

from dataclasses import replace

import pytest

from mainstream.planner import solve
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import NodeWorkload
from mainstream.workload.problem import branch_point_of, build_problem, planned_duties


def watched(workload: NodeWorkload, duty: float, others: int = 1) -> NodeWorkload:
    """With so many other views that have a gate, too."""
    view = workload.apps[0].app.spec.stream.view
    elsewhere = {f"view-{number}": 0.1 for number in range(others)}
    profile = workload.profile.model_copy(update={"duties": {"hall": {view: duty}, "yard": elsewhere}})
    return replace(workload, profile=profile)


def test_behind_a_gate_stem_and_heads_cost_the_duty_and_a_look_costs_what_it_did(workload: NodeWorkload) -> None:
    problem = build_problem(watched(workload, 0.5))
    seconds = {branch_point_of(segment.key): segment.seconds for segment in problem.segments}
    assert seconds == pytest.approx({0: 0.002, 1: 0.00075, 2: 0.0015, 3: 0.00225})
    plain = build_problem(workload).apps[0].candidates
    app_s = workload.profile.app_s
    gated = [(each.head_s - app_s) * 0.75 + app_s for each in plain]
    assert [each.head_s for each in problem.apps[0].candidates] == pytest.approx(gated)


def test_a_lone_view_is_paid_for_in_full_so_that_its_own_event_slows_nobody(workload: NodeWorkload) -> None:
    alone = build_problem(watched(workload, 0.1, others=0))
    assert alone == build_problem(workload)
    asked = watched(workload, 0.1, others=0)
    (gate,) = compose_runner_plan(asked, solve(alone)).streams[0].gates.values()
    assert gate.duty == 1.0


@pytest.mark.parametrize(("duty", "planned"), [(0.05, 0.525), (0.85, 0.925), (0.9, None), (1.0, None)])
def test_a_view_that_moves_most_of_the_time_has_no_gate(
    workload: NodeWorkload, duty: float, planned: float | None
) -> None:
    asked = watched(workload, duty)
    view = workload.apps[0].app.spec.stream.view
    assert planned_duties(asked.profile).get(("hall", view)) == (None if planned is None else pytest.approx(planned))
    assert planned_duties(asked.profile).get(("hall", "elsewhere")) is None
    (stream,) = compose_runner_plan(asked, solve(build_problem(asked))).streams
    assert (view in stream.gates) == (planned is not None)


def test_a_runner_is_told_what_networks_cost_while_everything_moves(workload: NodeWorkload) -> None:
    asked = watched(workload, 0.25, others=3)
    plan = solve(build_problem(asked))
    orders = compose_runner_plan(asked, plan)
    (gate,) = orders.streams[0].gates.values()
    looks = sum(segment.cost for segment in plan.cost.segments if branch_point_of(segment.key) == 0)
    networks = plan.cost.total - plan.cost.overhead - looks
    assert gate.duty == 0.4375
    assert gate.moving_cost == pytest.approx(networks / 0.4375)


def test_what_a_gate_saves_is_spent_on_more_frames(workload: NodeWorkload) -> None:
    spec = workload.node.spec.model_copy(update={"budget": 0.06})
    small = replace(workload, node=workload.node.model_copy(update={"spec": spec}))
    without, with_gate = (
        compose_runner_plan(asked, solve(build_problem(asked))) for asked in (small, watched(small, 0.1, others=9))
    )
    assert sum(app.fps for app in with_gate.apps) > sum(app.fps for app in without.apps)
    assert with_gate.cost <= with_gate.budget + 1e-9
