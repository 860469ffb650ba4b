"""What is said of a node whose runner is silent while Kubernetes cannot make up its mind about the Node."""

from dataclasses import replace
from datetime import datetime, timedelta

from operator_objects import NOW, edge_node_body, kubernetes_node_body, typed

from mainstream.api import EdgeNode
from mainstream_operator.desired.common import NotApplied
from mainstream_operator.kube import KubeError
from mainstream_operator.status.lost_node import SETTLING_S
from mainstream_operator.status.node import NodeFacts, node_status
from mainstream_operator.status.writing.write_decision import write_decision
from mainstream_operator.watch.cluster_state import ClusterState, KubernetesNode

SILENT = NodeFacts(
    kubernetes_node=KubernetesNode("n1", {}, ready=True, since=NOW - timedelta(days=1)),
    needed=True,
    profile=None,
    slowdown=1,
    plan=None,
    ordered=None,
    runner_available=True,
    report=None,
)


def node_told(facts: NodeFacts) -> EdgeNode:
    """An EdgeNode of which these facts were told."""
    node = typed(edge_node_body())
    assert isinstance(node, EdgeNode)
    return node.model_copy(update={"status": node_status(node, facts, NOW)})


def changed(machine_ready: bool, since: datetime | None, runner_available: bool = False) -> NodeFacts:
    """The same node, its Node become ready or not at a moment, and its pods with it."""
    return replace(
        SILENT, kubernetes_node=KubernetesNode("n1", {}, machine_ready, since), runner_available=runner_available
    )


def reason(node: EdgeNode, facts: NodeFacts, now: datetime) -> str:
    """Of the condition Ready."""
    return next(each.reason for each in node_status(node, facts, now).conditions if each.type == "Ready")


def test_a_node_that_is_away_for_a_second_is_not_written() -> None:
    node = node_told(SILENT)
    for seconds, ready, available in ((0, False, True), (1, False, False), (2, True, False), (3, True, True)):
        now = NOW + timedelta(seconds=seconds)
        facts = changed(ready, now - timedelta(seconds=seconds % 2), available)
        assert not write_decision(node.status, node_status(node, facts, now), now).write


def test_a_node_that_stays_away_is_told_not_ready() -> None:
    node = node_told(SILENT)
    facts = changed(False, NOW)
    assert reason(node, facts, NOW + timedelta(seconds=SETTLING_S - 1)) == "RunnerNotAnswering"
    assert reason(node, facts, NOW + timedelta(seconds=SETTLING_S)) == "NodeNotReady"


def test_a_node_that_does_not_say_since_when_is_told_at_once() -> None:
    assert reason(node_told(SILENT), changed(False, None), NOW) == "NodeNotReady"


def test_a_node_whose_clock_is_far_off_is_told_at_once() -> None:
    assert reason(node_told(SILENT), changed(False, NOW + timedelta(minutes=5)), NOW) == "NodeNotReady"


def test_a_node_that_is_deleted_is_told_at_once() -> None:
    gone = replace(SILENT, kubernetes_node=None)
    assert reason(node_told(SILENT), gone, NOW) == "NodeNotFound"


def test_a_nodes_last_transition_is_read() -> None:
    cluster = ClusterState()
    body = kubernetes_node_body(ready=False)
    body["status"]["conditions"][0]["lastTransitionTime"] = "2026-01-02T03:04:05Z"
    assert cluster.note_kubernetes_node(body, gone=False)
    assert (cluster.kubernetes_nodes["n1"].ready, cluster.kubernetes_nodes["n1"].since) == (False, NOW)


def test_what_the_api_server_refuses_is_said_of_the_node() -> None:
    refused = (
        NotApplied("ConfigMap runner-n1", KubeError(413, "too large")),
        NotApplied("Pod x", KubeError(403, "")),
    )
    status = node_status(node_told(SILENT), replace(SILENT, not_applied=refused), NOW)
    ready = next(each for each in status.conditions if each.type == "Ready")
    assert (ready.status, ready.reason) == ("False", "ApplyRefused")
    assert ready.message == (
        "The API server refuses ConfigMap runner-n1, and 1 more objects (413 too large); what runs goes on."
    )


def test_a_node_on_which_nobody_has_run_anything_says_so_with_the_way_out() -> None:
    body = edge_node_body()
    plain = node_status(node_told(SILENT), SILENT, NOW)
    assert "Verified" not in {each.type for each in plain.conditions}
    body["spec"]["device"] = "cuda"
    node = typed(body)
    assert isinstance(node, EdgeNode)
    verified = next(each for each in node_status(node, SILENT, NOW).conditions if each.type == "Verified")
    assert (verified.status, verified.reason) == ("False", "NotVerified")
    assert verified.message.endswith("or set spec.device to cpu.")
    assert "runner.cuda.image" in verified.message
