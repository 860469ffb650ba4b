"""What a runner lacks of its plan: what it says, and what comes with the plan that is being sent."""

from operator_objects import observed

from mainstream.messages.runner_plan import RunnerPlan, blobs_of
from mainstream.messages.status_report import StatusReport
from mainstream_operator.apply.signed_urls import lacking
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.watch.cluster_state import ClusterState


def plan_of(cluster: ClusterState) -> RunnerPlan:
    plan = decide(observed(cluster), KeptPlanning()).runner_plan
    assert plan is not None
    return plan


def test_a_plan_that_was_sent_needs_only_what_the_runner_asks_for(cluster: ClusterState) -> None:
    plan = plan_of(cluster)
    first, *_ = blobs_of(plan).values()
    assert lacking(StatusReport(node="n1"), plan, plan) == []
    assert lacking(StatusReport(node="n1", lacks=(first,)), plan, plan) == [first]


def test_with_a_new_plan_comes_what_the_former_one_did_not_need(cluster: ClusterState) -> None:
    plan = plan_of(cluster)
    before = plan.model_copy(update={"apps": plan.apps[:1]})
    first, *_ = blobs_of(plan).values()
    assert lacking(StatusReport(node="n1"), None, plan) == list(blobs_of(plan).values())
    more = [blob for digest, blob in blobs_of(plan).items() if digest not in blobs_of(before)]
    assert more
    assert lacking(StatusReport(node="n1", lacks=(first,)), before, plan) == [first, *more]
