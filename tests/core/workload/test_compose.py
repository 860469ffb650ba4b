import pytest

from mainstream.planner import Policy, solve
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import NodeWorkload
from mainstream.workload.problem import build_problem


def test_a_runner_is_told_what_the_planner_decided(workload: NodeWorkload) -> None:
    plan = solve(build_problem(workload))
    orders = compose_runner_plan(workload, plan)
    assert orders.cost == plan.cost.total
    for decided, app in zip(plan.apps, orders.apps, strict=True):
        assert (app.name, app.candidate, app.fps, app.votes, app.threshold) == (
            decided.name,
            decided.candidate,
            decided.fps,
            decided.votes,
            decided.threshold,
        )
    assert orders.streams[0].crops == {"full": None}
    assert orders.apps[0].merge_gap_s == 1.5


@pytest.mark.parametrize("policy", ["no-sharing", "alone"])
def test_the_runner_of_no_sharing_is_told_to_share_nothing(workload: NodeWorkload, policy: Policy) -> None:
    orders = compose_runner_plan(workload, solve(build_problem(workload), policy=policy))
    assert not orders.sharing
    assert {app.branch_point for app in orders.apps} == {0}


def test_equal_orders_have_equal_digests(workload: NodeWorkload) -> None:
    plan = solve(build_problem(workload))
    assert compose_runner_plan(workload, plan).digest == compose_runner_plan(workload, plan).digest
