"""kopf handlers: take note of what exists and enqueue the nodes that it concerns. They decide and write nothing.

`on.event` alone: it keeps nothing in annotations, adds no finalizers, and sees every change. What it notes is how
things are, never a difference that could be missed.
"""

import logging
from typing import Any

import kopf

from mainstream.decide.admission.quotas import Quotas
from mainstream_operator.kinds import NODE, OWN_KINDS, RUNNER_KINDS, Kind
from mainstream_operator.kube import Body
from mainstream_operator.names import NODE_LABEL
from mainstream_operator.watch.cluster_state import NOWHERE, ClusterState, key_of, node_of
from mainstream_operator.watch.worker import Workers

_log = logging.getLogger(__name__)
_DELETED = "DELETED"


def resource_registry(cluster: ClusterState, workers: Workers, quotas: Quotas) -> kopf.OperatorRegistry:
    """Handlers of what users declare, and of Nodes: watched in the whole cluster."""
    registry = kopf.OperatorRegistry()

    def on_resource(kind: Kind) -> None:
        async def note(event: Any, **_: Any) -> None:
            body = dict(event["object"])
            before = _concerned(cluster, kind.name, body)
            if cluster.note_resource(kind.name, body, gone=event["type"] == _DELETED):
                nodes = before | _concerned(cluster, kind.name, body)
                if kind.name == "VideoApp" and quotas.of(body["metadata"]["namespace"]).apps is not None:
                    # One app more or less may let another one in or out.
                    nodes |= cluster.nodes_of_namespace(body["metadata"]["namespace"])
                for node in nodes:
                    _look_after(cluster, workers, node)

        kopf.on.event(*kind.group_and_version, kind.plural, id=f"note-{kind.name}", registry=registry)(note)

    for kind in OWN_KINDS.values():
        on_resource(kind)

    @kopf.on.event(*NODE.group_and_version, NODE.plural, id="note-node", registry=registry)
    async def note_kubernetes_node(event: Any, **_: Any) -> None:
        body = dict(event["object"])
        name = body["metadata"]["name"]
        before = cluster.placements()
        if not cluster.note_kubernetes_node(body, gone=event["type"] == _DELETED):
            return
        moved = [(before[key], placed) for key, placed in cluster.placements().items() if placed != before[key]]
        concerned = {node_of(placed) for both in moved for placed in both} | {name}
        for node in concerned & cluster.nodes():
            workers.enqueue(node)
        if cluster.is_gone(name):
            workers.forget(name)

    return registry


def runner_registry(cluster: ClusterState, workers: Workers) -> kopf.OperatorRegistry:
    """Handlers of what the operator made: watched in its own namespace."""
    registry = kopf.OperatorRegistry()

    def on_child(kind: Kind) -> None:
        async def note(event: Any, **_: Any) -> None:
            node = cluster.note_child(kind.name, dict(event["object"]), gone=event["type"] == _DELETED)
            if node is not None:
                _look_after(cluster, workers, node)

        marked = {NODE_LABEL: kopf.PRESENT}
        kopf.on.event(*kind.group_and_version, kind.plural, id=f"note-{kind.name}", labels=marked, registry=registry)(
            note
        )

    for kind in RUNNER_KINDS.values():
        on_child(kind)
    return registry


def _look_after(cluster: ClusterState, workers: Workers, node: str) -> None:
    """Whatever comes last of Node, EdgeNode and runner ends the node's worker."""
    if cluster.is_gone(node):
        workers.forget(node)
    else:
        workers.enqueue(node)


def _concerned(cluster: ClusterState, kind: str, body: Body) -> set[str]:
    """Nodes whose plan or status may depend on the object, as the cluster is now."""
    key = key_of(body)
    if kind == "EdgeNode":
        return {key}
    if kind == "VideoStream":
        nodes = {cluster.node_of_stream(key)}
        return nodes | {NOWHERE} if cluster.apps_of_stream(key) else nodes
    app = cluster.apps.get(key)
    return {NOWHERE} if app is None else {cluster.node_of_stream(app.stream_key)}
