"""What the watches know of one node at one moment: taken once and never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.decide.admission.quotas import NO_QUOTAS, Quotas
from mainstream.decide.asking import asking_apps
from mainstream.decide.inputs import AskingApp
from mainstream.decide.refusal import Refusal
from mainstream_operator.watch.cluster_state import NOWHERE, Children, ClusterState, KubernetesNode
from mainstream_operator.watch.resources import Unreadable


@dataclass(frozen=True)
class StreamOnNode:
    """A stream, and its node or why it has none."""

    stream: VideoStream
    placed: str | Refusal


@dataclass(frozen=True)
class Asking:
    """What `asking_apps` takes."""

    apps: Sequence[VideoApp]
    streams: Mapping[str, VideoStream]
    """the node's, by key"""
    placed: Mapping[str, str | Refusal]
    quotas: Quotas


@dataclass(frozen=True)
class NodeSnapshot:
    """What the watches know of one node, or of what is nowhere."""

    node: str
    kubernetes_node: KubernetesNode | None
    edge_node: EdgeNode | None
    asking: Asking
    streams: tuple[StreamOnNode, ...]
    unreadable: tuple[Unreadable, ...]
    children: Children
    shares: tuple[tuple[str, float], ...] = ()
    """of the budget, by namespace, where a quota limits it"""
    contended_shares: tuple[tuple[str, float], ...] = ()
    """the same where that binds only while others want more"""

    @cached_property
    def apps(self) -> tuple[AskingApp, ...]:
        """Who asks for the node, in the order of keys; worked out by the thread that reconciles, not the event loop."""
        found = self.asking
        return asking_apps(found.apps, found.streams, found.placed, found.quotas, over={})

    @property
    def has_runner(self) -> bool:
        """Whether there is to be one: without a stream there is nothing to analyse."""
        return self.edge_node is not None and self.kubernetes_node is not None and bool(self.streams)


def take_snapshot(cluster: ClusterState, node: str, quotas: Quotas = NO_QUOTAS) -> NodeSnapshot:
    """Take the snapshot, in the order of names, so that the same cluster always gives the same plan."""
    placed, keys = cluster.placements(), cluster.streams_of_node(node)
    streams = tuple(StreamOnNode(cluster.streams[key], placed[key]) for key in keys)
    apps = cluster.apps_of_node(node, quotas)
    namespaces = {app.metadata.namespace for app in apps}
    unreadable = [
        each
        for _, each in sorted(cluster.unreadable.items())
        if (each.metadata.name == node if each.kind == "EdgeNode" else node == NOWHERE)
    ]
    return NodeSnapshot(
        node=node,
        kubernetes_node=cluster.kubernetes_nodes.get(node),
        edge_node=cluster.edge_nodes.get(node),
        asking=Asking(apps, {each.stream.key: each.stream for each in streams}, placed, quotas),
        streams=streams,
        unreadable=tuple(unreadable),
        children=cluster.children(node),
        shares=tuple(sorted(quotas.shares({each or "" for each in namespaces}).items())),
        contended_shares=tuple(sorted(quotas.contended_shares({each or "" for each in namespaces}).items())),
    )
