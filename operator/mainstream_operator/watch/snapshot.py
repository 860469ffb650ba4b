"""What the watches know of one node at one moment: taken once and never changed."""

from dataclasses import dataclass, field

from mainstream.api import EdgeNode, VideoStream
from mainstream.decide.inputs import AskingApp, PackageState
from mainstream.decide.quotas import NO_QUOTAS, Quotas, over_quota
from mainstream.decide.refusal import Refusal
from mainstream.runner_orders import NodeCredentials
from mainstream.status_report import StatusReport
from mainstream_operator.watch.cluster_state import NOWHERE, Children, ClusterState, KubernetesNode, Unreadable


@dataclass(frozen=True)
class StreamOnNode:
    """A stream, and its node or why it has none."""

    stream: VideoStream
    placed: str | Refusal


@dataclass(frozen=True)
class NodeSnapshot:
    """What the watches know of one node, or of what is nowhere."""

    node: str
    kubernetes_node: KubernetesNode | None
    edge_node: EdgeNode | None
    apps: tuple[AskingApp, ...]
    streams: tuple[StreamOnNode, ...]
    unreadable: tuple[Unreadable, ...]
    children: Children
    shares: tuple[tuple[str, float], ...] = ()
    """of the budget, by namespace, where a quota limits it"""


@dataclass(frozen=True)
class Observation:
    """The snapshot, with what had to be asked for."""

    snapshot: NodeSnapshot
    packages: dict[str, PackageState]
    """by app"""
    report: StatusReport | None
    """None: there is no runner, or it does not answer"""
    credentials: NodeCredentials
    stream_refusals: dict[str, Refusal]
    """streams whose Secret can't be used, or whose host must not be called"""
    refused: dict[str, Refusal] = field(default_factory=dict)
    """apps of which nothing was read: what they name is not there, not for them, or must not be called"""
    sink_refusals: dict[str, Refusal] = field(default_factory=dict)
    """apps a sink of which has a Secret that can't be used"""


def take_snapshot(cluster: ClusterState, node: str, quotas: Quotas = NO_QUOTAS) -> NodeSnapshot:
    """Take the snapshot, in the order of names, so that the same cluster always gives the same plan."""
    over = over_quota(cluster.apps.values(), quotas)
    placed = cluster.placements()
    keys = sorted(key for key in placed if cluster.node_of_stream(key) == node)
    streams = tuple(StreamOnNode(cluster.streams[key], placed[key]) for key in keys)
    apps = [each for key in keys for each in cluster.apps_of_stream(key)]
    if node == NOWHERE:
        apps += [each for each in cluster.apps.values() if each.stream_key not in cluster.streams]
    found = []
    for app in sorted(apps, key=lambda each: each.key):
        where = placed.get(app.stream_key)
        unplaced = where if isinstance(where, Refusal) else None
        found.append(AskingApp(app, cluster.streams.get(app.stream_key), unplaced, over.get(app.key)))
    unreadable = [
        each
        for each in cluster.unreadable_of(("VideoApp", "VideoStream", "EdgeNode"))
        if (each.metadata.name == node if each.kind == "EdgeNode" else node == NOWHERE)
    ]
    return NodeSnapshot(
        node=node,
        kubernetes_node=cluster.kubernetes_nodes.get(node),
        edge_node=cluster.edge_nodes.get(node),
        apps=tuple(found),
        streams=streams,
        unreadable=tuple(unreadable),
        children=cluster.children(node),
        shares=tuple(sorted(quotas.shares({app.metadata.namespace or "" for app in apps}).items())),
    )
