"""What the watches know of one node at one moment: taken once and never changed."""

from dataclasses import dataclass, field

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.decide.quotas import NO_QUOTAS, Quotas, over_quota
from mainstream.decide.refusal import Refusal
from mainstream.runner_orders import NodeCredentials
from mainstream.status_report import StatusReport
from mainstream_operator.observe.packages import PackageState
from mainstream_operator.watch.cluster_state import Children, ClusterState, KubernetesNode, Unreadable, stream_key
from mainstream_operator.watch.placement import NOWHERE, node_of_stream, placements


@dataclass(frozen=True)
class AppOnNode:
    """An app, the stream it names (None: there is none), and whether its stream has a place."""

    app: VideoApp
    stream: VideoStream | None
    unplaced: Refusal | None = None
    over_quota: Refusal | None = None

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return self.app.key

    @property
    def runs(self) -> bool:
        """Whether it is to run, if it can."""
        return not self.app.spec.suspend and not self.app.spec.dry_run and self.over_quota is None


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
    apps: tuple[AppOnNode, ...]
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
    app_refusals: dict[str, Refusal] = field(default_factory=dict)
    """apps that name a host that must not be called"""
    sink_refusals: dict[str, Refusal] = field(default_factory=dict)
    """apps a sink of which has a Secret that can't be used"""


def take_snapshot(cluster: ClusterState, node: str, quotas: Quotas = NO_QUOTAS) -> NodeSnapshot:
    """Take the snapshot, in the order of names, so that the same cluster always gives the same plan."""
    over = over_quota(cluster.apps.values(), quotas)
    placed = placements(cluster)
    keys = sorted(key for key in placed if node_of_stream(cluster, key) == node)
    streams = tuple(StreamOnNode(cluster.streams[key], placed[key]) for key in keys)
    apps = [each for key in keys for each in cluster.apps_of_stream(key)]
    if node == NOWHERE:
        apps += [each for each in cluster.apps.values() if stream_key(each) not in cluster.streams]
    found = []
    for app in sorted(apps, key=lambda each: each.key):
        where = placed.get(stream_key(app))
        unplaced = where if isinstance(where, Refusal) else None
        found.append(AppOnNode(app, cluster.streams.get(stream_key(app)), unplaced, over.get(app.key)))
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
