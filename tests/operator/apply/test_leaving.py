"""A node that is drained: its runner leaves last, and everybody is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from operator_objects import NOW, edge_node_body, kubernetes_node_body, observed

from mainstream_operator.apply.leaving import let_runners_leave
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.desired.guard import LEAVES_AFTER_S
from mainstream_operator.desired.state import DesiredState, desired_state
from mainstream_operator.kube import Body, KubeError, Ref
from mainstream_operator.settings import RunnerSettings, Settings
from mainstream_operator.status.statuses import ObjectStatus, object_statuses
from mainstream_operator.watch.cluster_state import ClusterState

RUNNER = RunnerSettings(image="localhost/mainstream-runner:dev")


def cordon(cluster: ClusterState, since_s: float | None = None) -> None:
    """As the Node has it, and as its EdgeNode has said for so long."""
    cluster.note_kubernetes_node({**kubernetes_node_body(), "spec": {"unschedulable": True}}, gone=False)
    if since_s is not None:
        body = edge_node_body()
        moment = (NOW - timedelta(seconds=since_s)).isoformat()
        said = {"type": "Cordoned", "status": "True", "reason": "NodeCordoned", "message": "It is."}
        body["status"] = {"conditions": [{**said, "lastTransitionTime": moment}]}
        cluster.note_resource("EdgeNode", body, gone=False)


def desired(cluster: ClusterState, **runner: Any) -> DesiredState:
    settings = Settings(namespace="mainstream", runner=RUNNER.model_copy(update=runner))
    observation = observed(cluster)
    assert observation.at == NOW
    return desired_state(observation, decide(observation, KeptPlanning()), settings)


def is_held(cluster: ClusterState, **runner: Any) -> bool:
    state = desired(cluster, **runner)
    assert state.runner is not None
    return "PodDisruptionBudget" in [wanted.body["kind"] for wanted, _ in state.runner.others]


def test_a_runner_is_held_until_a_while_after_its_node_was_cordoned(cluster: ClusterState) -> None:
    assert is_held(cluster)
    cordon(cluster)
    assert is_held(cluster), "the condition is not written yet"
    cordon(cluster, LEAVES_AFTER_S - 1)
    assert is_held(cluster)
    cordon(cluster, LEAVES_AFTER_S)
    assert not is_held(cluster)
    cluster.note_kubernetes_node(kubernetes_node_body(), gone=False)
    assert is_held(cluster), "uncordoned"


def test_a_budget_that_is_there_goes_when_the_runner_may_leave(cluster: ClusterState) -> None:
    guard = budget()
    cluster.note_child("PodDisruptionBudget", guard, gone=False)
    cordon(cluster, LEAVES_AFTER_S)
    assert [(kind.name, body) for kind, body in desired(cluster).removed] == [("PodDisruptionBudget", guard)]


def test_no_runner_is_held_where_the_chart_says_so(cluster: ClusterState) -> None:
    assert not is_held(cluster, disruption_budget=False)


def budget() -> Body:
    return {
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "runner-n1", "namespace": "mainstream", "uid": "guard-1"},
    }


class Nodes:
    """An API server with one Node."""

    def __init__(self, cordoned: bool, silent: bool = False) -> None:
        self.node = {**kubernetes_node_body(), "spec": {"unschedulable": True} if cordoned else {}}
        self.silent = silent
        self.deleted: list[tuple[str, str]] = []

    def list_all(self, path: str) -> list[Body]:
        if self.silent:
            raise KubeError(0, "no answer")
        return [self.node]

    def delete(self, ref: Ref, uid: str) -> None:
        self.deleted.append((ref.name, uid))


@pytest.mark.parametrize("cordoned", [True, False])
def test_an_operator_that_ends_lets_runners_of_cordoned_nodes_go_and_no_others(
    cluster: ClusterState, cordoned: bool
) -> None:
    cluster.note_child("PodDisruptionBudget", budget(), gone=False)
    nodes = Nodes(cordoned)
    let_runners_leave(cluster, nodes)  # type: ignore[arg-type]
    assert nodes.deleted == ([("runner-n1", "guard-1")] if cordoned else [])


def test_an_operator_ends_though_nobody_answers_it(cluster: ClusterState, caplog: pytest.LogCaptureFixture) -> None:
    let_runners_leave(cluster, Nodes(True, silent=True))  # type: ignore[arg-type]
    assert "cannot be let go" in caplog.text


def statuses(cluster: ClusterState) -> dict[str, ObjectStatus]:
    observation = replace(observed(cluster), report=None)
    decision = decide(observation, KeptPlanning())
    # The plan that it was given before.
    observation = replace(observation, given_plan=decision.runner_plan)
    return {f"{each.kind} {each.metadata.name}": each for each in object_statuses(observation, decision)}


def test_who_has_no_runner_on_a_cordoned_node_is_told_to_uncordon_it(cluster: ClusterState) -> None:
    cordon(cluster)
    after = statuses(cluster)
    for name, kind in (("VideoApp crossing", "Ready"), ("VideoStream plaza", "Reachable"), ("EdgeNode n1", "Ready")):
        found = next(each for each in after[name].after.conditions if each.type == kind)
        assert (found.status, found.reason) == ("Unknown", "NodeCordoned")
        assert "`kubectl uncordon n1`" in found.message
    node = next(each for each in after["EdgeNode n1"].after.conditions if each.type == "Cordoned")
    assert node.status == "True"
    cluster.note_kubernetes_node(kubernetes_node_body(), gone=False)
    assert "Cordoned" not in [each.type for each in statuses(cluster)["EdgeNode n1"].after.conditions]
