"""Whose app holds something up: told to the platform team by name, to tenants of their own apps alone."""

from dataclasses import replace

from operator_objects import NOW, app_body, edge_node_body, observed, typed

from mainstream.api import EdgeNode
from mainstream.api.reasons import Reason
from mainstream.decide.inputs import PackageState
from mainstream.decide.refusal import Refusal
from mainstream.messages.status_report import AppStatusReport, StatusReport
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.status.node import NodeFacts, node_status
from mainstream_operator.status.statuses import object_statuses
from mainstream_operator.watch.cluster_state import ClusterState

SLOW, BROKEN = AppStatusReport(lacks=("1" * 64,)), AppStatusReport(problem="its weights are damaged")


def told(cluster: ClusterState, apps: dict[str, AppStatusReport], **packages: PackageState) -> dict[str, str]:
    """All messages of conditions, by kind and name."""
    first = observed(cluster)
    running = decide(first, KeptPlanning()).runner_plan
    assert running is not None
    report = StatusReport(node="n1", served=running.digest, apps=apps)
    observation = replace(observed(cluster, running, **packages), report=report)
    decision = decide(observation, KeptPlanning())
    return {
        f"{each.kind} {each.metadata.name}": " ".join(condition.message for condition in each.after.conditions)
        for each in object_statuses(observation, decision)
    }


def harbour(cluster: ClusterState) -> None:
    """One app of another tenant on the same stream."""
    body = app_body("quay", stream={"name": "plaza", "namespace": "plaza"})
    body["metadata"]["namespace"] = "harbour"
    cluster.note_resource("VideoApp", body, gone=False)
    stream = cluster.streams["plaza/plaza"]
    spec = stream.spec.model_copy(update={"allowed_namespaces": ["*"]})
    cluster.streams["plaza/plaza"] = stream.model_copy(update={"spec": spec})


def test_slow_weights_and_apps_that_cannot_run_are_named_on_the_node_and_to_no_other_tenant(
    cluster: ClusterState,
) -> None:
    harbour(cluster)
    said = told(cluster, {"harbour/quay": SLOW, "plaza/crossing": BROKEN})
    assert "It fetches weights of: harbour/quay." in said["EdgeNode n1"]
    assert "It cannot run: plaza/crossing (its weights are damaged)." in said["EdgeNode n1"]
    assert "quay" not in said["VideoApp crossing"] + said["VideoApp lamp-post"]
    assert "crossing" not in said["VideoApp quay"]


def test_a_store_that_is_away_is_named_by_its_app_on_the_node_and_to_no_other_tenant(cluster: ClusterState) -> None:
    harbour(cluster)
    away = PackageState(refusal=Refusal(Reason.STORE_UNREACHABLE, "The store does not answer."))
    said = told(cluster, {}, quay=away)
    assert "Not everything is known of harbour/quay (StoreUnreachable)." in said["EdgeNode n1"]
    assert "quay" not in said["VideoApp crossing"] + said["VideoApp lamp-post"]


def test_a_plan_that_is_held_says_for_whom(cluster: ClusterState) -> None:
    node = typed(edge_node_body())
    assert isinstance(node, EdgeNode)
    facts = NodeFacts(
        kubernetes_node=None,
        needed=True,
        profile=None,
        slowdown=1,
        plan=None,
        ordered=None,
        runner_available=True,
        report=None,
        waiting={"harbour/quay": Refusal(Reason.PROFILING, "It is being measured.")},
        hold=True,
    )
    after = node_status(node, facts, NOW)
    planned = next(each.message for each in after.conditions if each.type == "Planned")
    assert "Nothing new is planned until more is known of harbour/quay (Profiling)." in planned
