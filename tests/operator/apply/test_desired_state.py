"""What should exist of a node, and what no longer."""

from dataclasses import replace
from typing import Any

from operator_objects import edge_node_body, observed, stream_body

from mainstream.decide.inputs import PackageState
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.desired.state import DesiredState, desired_state
from mainstream_operator.observe.observation import Observation
from mainstream_operator.observe.orders import given_plan
from mainstream_operator.settings import RunnerSettings, Settings
from mainstream_operator.watch.cluster_state import Children, ClusterState

SETTINGS = Settings(namespace="mainstream", runner=RunnerSettings(image="localhost/mainstream-runner:dev"))


def ordered(observation: Observation) -> RunnerPlan | None:
    return decide(observation, KeptPlanning()).runner_plan


def desired(observation: Observation) -> DesiredState:
    return desired_state(observation, decide(observation, KeptPlanning()), SETTINGS)


def existing(kind: str) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "mainstream-runner-n1", "namespace": "mainstream", "uid": kind}}


def test_the_orders_of_a_runner_carry_the_plan_that_was_decided(cluster: ClusterState) -> None:
    state, plan = desired(observed(cluster)), ordered(observed(cluster))
    assert state.runner is not None
    assert plan is not None
    assert given_plan(part.body for part, _ in state.runner.orders) == plan
    assert [wanted.body["kind"] for wanted, _ in state.runner.others] == ["Deployment", "PodDisruptionBudget"]
    assert not state.removed


def test_a_plan_that_is_held_is_ordered_again_as_it_was_given(cluster: ClusterState) -> None:
    before = ordered(observed(cluster))
    kept = observed(cluster, running=before, crossing=PackageState())
    assert before is not None
    assert ordered(kept) == before
    away = desired(kept)
    assert away.runner is not None
    assert given_plan(part.body for part, _ in away.runner.orders) == before


def test_without_a_stream_everything_of_a_runner_but_its_secret_is_removed(cluster: ClusterState) -> None:
    cluster.note_resource("VideoStream", stream_body(), gone=True)
    snapshot = observed(cluster).snapshot
    orders = {"runner-n1": existing("ConfigMap"), "orders-n1-1": existing("ConfigMap")}
    guard = existing("PodDisruptionBudget")
    children = Children(existing("Deployment"), existing("PersistentVolumeClaim"), guard=guard, orders=orders)
    state = desired(replace(observed(cluster), snapshot=replace(snapshot, children=children)))
    assert state.runner is None
    kinds = ["PersistentVolumeClaim", "Deployment", "ConfigMap", "ConfigMap", "PodDisruptionBudget"]
    assert [kind.name for kind, _ in state.removed] == kinds


def test_an_edge_node_is_made_for_a_labelled_node_that_has_none(cluster: ClusterState) -> None:
    assert desired(observed(cluster)).edge_node is None
    cluster.note_resource("EdgeNode", edge_node_body(), gone=True)
    state = desired(observed(cluster))
    assert state.edge_node is not None
    assert state.edge_node.body["metadata"] == {"name": "n1"}
    assert state.runner is None
    cluster.kubernetes_nodes["n1"] = replace(cluster.kubernetes_nodes["n1"], labels={})
    assert desired(observed(cluster)).edge_node is None
