"""kopf handlers: take note of what exists and enqueue the nodes that it concerns. They decide and write nothing.

`on.event` alone: it keeps nothing in annotations, adds no finalizers, and sees every change. What it notes is how
things are, never a difference that could be missed.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

import kopf

from mainstream.decide.admission.quotas import Quotas
from mainstream_operator.kinds import APP, NODE, OWN_KINDS, RUNNER_KINDS, Kind
from mainstream_operator.kube import Body
from mainstream_operator.names import NODE_LABEL
from mainstream_operator.watch.cluster_state import NOWHERE, ClusterState, key_of, node_of
from mainstream_operator.watch.worker import Workers

_log = logging.getLogger(__name__)
_DELETED = "DELETED"


def resource_registry(
    cluster: ClusterState, workers: Workers, quotas: Quotas, beyond_quota: Callable[[str], None] = lambda _key: None
) -> kopf.OperatorRegistry:
    """Handlers of what users declare, and of Nodes: watched in the whole cluster.

    `beyond_quota` is told the key of each app that may have come to be beyond its namespace's quota: of no other node's
    business, so that no node is looked after for it.
    """
    registry = kopf.OperatorRegistry()

    def on_resource(kind: Kind) -> None:
        async def note(event: Any, **_: Any) -> None:
            body = dict(event["object"])
            before = _concerned(cluster, kind.name, body)
            if cluster.note_resource(kind.name, body, gone=event["type"] == _DELETED):
                for node in before | _concerned(cluster, kind.name, body):
                    _look_after(cluster, workers, node)

        kopf.on.event(*kind.group_and_version, kind.plural, id=f"note-{kind.name}", registry=registry)(note)

    for kind in OWN_KINDS.values():
        if kind is not APP:
            on_resource(kind)

    @kopf.on.event(*APP.group_and_version, APP.plural, id=f"note-{APP.name}", registry=registry)
    async def note_app(event: Any, **_: Any) -> None:
        body = dict(event["object"])
        key = key_of(body)
        before = _let_in(cluster, quotas, key)
        nodes = _nodes_of(cluster, before & {key}) | _nowhere(cluster, key)
        changed = cluster.note_resource(APP.name, body, gone=event["type"] == _DELETED)
        after = _let_in(cluster, quotas, key)
        # One app more or less may let another one in or out.
        moved = (before ^ after) | (before | after) & {key}
        for each in moved | {key}:
            beyond_quota(each)
        if changed:
            for node in nodes | _nodes_of(cluster, moved) | _nowhere(cluster, key):
                _look_after(cluster, workers, node)

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
    """Nodes whose plan or status may depend on an EdgeNode or a VideoStream, as the cluster is now."""
    key = key_of(body)
    if kind == "EdgeNode":
        return {key}
    nodes = {cluster.node_of_stream(key)}
    return nodes | {NOWHERE} if cluster.index.has_apps(key) else nodes


def _let_in(cluster: ClusterState, quotas: Quotas, key: str) -> set[str]:
    """An app that is within its namespace's quota, and whoever would be without it, or would be but for it."""
    app = cluster.apps.get(key)
    if app is None or cluster.index.is_beyond(app, quotas):
        return set()
    first = cluster.index.first_beyond(app, quotas)
    return {key} if first is None else {key, first}


def _nodes_of(cluster: ClusterState, keys: Iterable[str]) -> set[str]:
    """Nodes that look after the apps, as the cluster is now."""
    apps = [app for key in keys if (app := cluster.apps.get(key)) is not None]
    return {cluster.node_of_stream(app.stream_key) for app in apps}


def _nowhere(cluster: ClusterState, key: str) -> set[str]:
    """Where an app that can't be read is looked after."""
    return {NOWHERE} if (APP.name, key) in cluster.unreadable else set()
