"""What exists, as the watches last showed it: typed where it is ours, plain where it is Kubernetes' own.

Belongs to one event loop; reconciling gets snapshots.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.kinds import AnyResource
from mainstream.api.model import object_key
from mainstream.decide.admission.quotas import Quotas
from mainstream.decide.place import EDGE_LABEL, place_stream
from mainstream.decide.refusal import Refusal
from mainstream.messages.packed_orders import MAX_PARTS
from mainstream_operator.kinds import (
    CLAIM,
    CONFIG_MAP,
    DEPLOYMENT,
    GUARD,
    OWN_KINDS,
    POD,
    RUNNER_KINDS,
    SECRET,
    is_cordoned,
)
from mainstream_operator.kube import Body
from mainstream_operator.names import NODE_ANNOTATION, holds_orders, orders_name, runner_name
from mainstream_operator.watch.app_index import AppIndex
from mainstream_operator.watch.resources import Unreadable, read_resource

NOWHERE = ""
"""stands for a node where there is none: apps and streams that can't be placed are looked after together"""


@dataclass(frozen=True)
class KubernetesNode:
    """What matters of a Kubernetes Node."""

    name: str
    labels: Mapping[str, str]
    ready: bool
    since: datetime | None = None
    """when it became ready, or ceased to be; None: the Node does not say"""
    cordoned: bool = False
    """takes no new pods, as before a drain"""

    @property
    def is_edge(self) -> bool:
        """Whether the platform team made it one that analyses video."""
        return self.labels.get(EDGE_LABEL) == "true"


@dataclass(frozen=True)
class Children:
    """What exists of one node's runner."""

    deployment: Body | None = None
    cache: Body | None = None
    secret: Body | None = None
    guard: Body | None = None
    pods: tuple[Body, ...] = ()
    orders: Mapping[str, Body] = field(default_factory=dict)
    """ConfigMaps by name"""


@dataclass
class ClusterState:
    """Everything that the watches showed."""

    apps: dict[str, VideoApp] = field(default_factory=dict)
    streams: dict[str, VideoStream] = field(default_factory=dict)
    edge_nodes: dict[str, EdgeNode] = field(default_factory=dict)
    unreadable: dict[tuple[str, str], Unreadable] = field(default_factory=dict)
    """by kind and key"""
    kubernetes_nodes: dict[str, KubernetesNode] = field(default_factory=dict)
    deployments: dict[str, Body] = field(default_factory=dict)
    """these, and the four below, by their own name"""
    config_maps: dict[str, Body] = field(default_factory=dict)
    caches: dict[str, Body] = field(default_factory=dict)
    secrets: dict[str, Body] = field(default_factory=dict)
    guards: dict[str, Body] = field(default_factory=dict)
    pods: dict[str, dict[str, Body]] = field(default_factory=dict)
    """by node, then by name"""
    layout: int = 0
    """grows whenever a stream or a Node changes, and with them who analyses what"""
    _placed: dict[str, str | Refusal] = field(default_factory=dict)
    """where streams were placed when the layout was `_placed_at`"""
    _streams_by_node: dict[str, list[str]] = field(default_factory=dict)
    """the same, as keys of streams in order"""
    _placed_at: int = -1
    index: AppIndex = field(default_factory=AppIndex)
    """of the apps"""

    def note_resource(self, kind: str, body: Body, *, gone: bool) -> bool:
        """Take note of an object of ours; whether that changes anything but its status."""
        key = key_of(body)
        after = None if gone else read_resource(kind, body)
        known: dict[str, Any] = self._known(kind)
        before = known.pop(key, None) or self.unreadable.pop((kind, key), None)
        if isinstance(after, Unreadable):
            self.unreadable[kind, key] = after
        elif after is not None:
            known[key] = after
        changed = _identity(before) != _identity(after)
        if changed and kind == "VideoStream":
            self.layout += 1
        self.index.note(
            before if isinstance(before, VideoApp) else None, after if isinstance(after, VideoApp) else None
        )
        return changed

    def note_kubernetes_node(self, body: Body, *, gone: bool) -> bool:
        """Take note of a Node; whether that changes anything that matters here."""
        conditions = body.get("status", {}).get("conditions", [])
        ready: Body = next((each for each in conditions if each["type"] == "Ready"), {})
        since = ready.get("lastTransitionTime")
        kubernetes_node = KubernetesNode(
            body["metadata"]["name"],
            dict(body["metadata"].get("labels") or {}),
            ready.get("status") == "True",
            None if since is None else datetime.fromisoformat(since),
            is_cordoned(body),
        )
        before = self.kubernetes_nodes.pop(kubernetes_node.name, None)
        if not gone:
            self.kubernetes_nodes[kubernetes_node.name] = kubernetes_node
        changed = gone or before != kubernetes_node
        if changed:
            self.layout += 1
        return changed

    def placements(self) -> Mapping[str, str | Refusal]:
        """Node of every stream, by its key; worked out anew only when a stream or a Node changed."""
        if self._placed_at != self.layout:
            self._placed = {key: place_stream(stream, self.kubernetes_nodes) for key, stream in self.streams.items()}
            self._streams_by_node = {}
            for key in sorted(self._placed):
                self._streams_by_node.setdefault(node_of(self._placed[key]), []).append(key)
            self._placed_at = self.layout
        return self._placed

    def node_of_stream(self, key: str) -> str:
        """Node that looks after a stream and its apps."""
        return node_of(self.placements().get(key, NOWHERE))

    def streams_of_node(self, node: str) -> Sequence[str]:
        """Keys of the streams that a node looks after, in order."""
        self.placements()
        return self._streams_by_node.get(node, ())

    def nodes(self) -> set[str]:
        """Nodes that are looked after: those that have an EdgeNode or are to have one, and `NOWHERE`."""
        labelled = {name for name, kubernetes_node in self.kubernetes_nodes.items() if kubernetes_node.is_edge}
        return {NOWHERE, *self.edge_nodes, *labelled}

    def is_gone(self, node: str) -> bool:
        """Whether nothing is left of a node that anybody could look after: neither Node nor EdgeNode."""
        known = node in self.kubernetes_nodes or node in self.edge_nodes or ("EdgeNode", node) in self.unreadable
        return node != NOWHERE and not known

    def apps_of_node(self, node: str, quotas: Quotas) -> list[VideoApp]:
        """Apps that a node looks after and that are within their namespace's quota; those beyond it are nobody's."""
        found = [key for stream in self.streams_of_node(node) for key in self.index.of_stream(stream, quotas)]
        apps = [self.apps[key] for key in sorted(found)]
        if node == NOWHERE:
            rest = (self.apps[key] for key in self.index.within(quotas))
            apps += [each for each in rest if each.stream_key not in self.streams]
        return apps

    def note_child(self, kind: str, body: Body, *, gone: bool) -> str | None:
        """Take note of a part of a runner; the node it belongs to."""
        node = (body["metadata"].get("annotations") or {}).get(NODE_ANNOTATION)
        if kind == POD.name:
            if not isinstance(node, str):
                return None
            pods = self.pods.setdefault(node, {})
            pods.pop(body["metadata"]["name"], None)
            if not gone:
                pods[body["metadata"]["name"]] = body
            return node
        # By name, which nobody can change; the annotation may be what a stranger changed.
        name = body["metadata"]["name"]
        known = self._children_of(kind)
        known.pop(name, None)
        if not gone:
            known[name] = body
        owner = next((each for each in {**self.edge_nodes, **self.kubernetes_nodes} if _is_of(each, name)), node)
        return owner if isinstance(owner, str) else None

    def known(self) -> Iterator[tuple[str, tuple[str, Body]]]:
        """Everything that a watch may have forgotten to take away, by uid: its kind, and what identifies it."""
        for kind in OWN_KINDS:
            for thing in self._known(kind).values():
                yield str(thing.metadata.uid), (kind, {"metadata": thing.metadata.model_dump(exclude_none=True)})
        for kind in RUNNER_KINDS.keys() - {POD.name}:
            for body in self._children_of(kind).values():
                yield str(body["metadata"].get("uid")), (kind, body)
        for pods in self.pods.values():
            for body in pods.values():
                yield str(body["metadata"].get("uid")), (POD.name, body)

    def children(self, node: str) -> Children:
        """Of one node's runner."""
        name = runner_name(node)
        names = [orders_name(node, number) for number in range(MAX_PARTS)]
        return Children(
            self.deployments.get(name),
            self.caches.get(name),
            self.secrets.get(name),
            self.guards.get(name),
            tuple(self.pods.get(node, {}).values()),
            {each: self.config_maps[each] for each in names if each in self.config_maps},
        )

    def _children_of(self, kind: str) -> dict[str, Body]:
        by_kind = {
            DEPLOYMENT.name: self.deployments,
            CONFIG_MAP.name: self.config_maps,
            CLAIM.name: self.caches,
            SECRET.name: self.secrets,
            GUARD.name: self.guards,
        }
        return by_kind[kind]

    def _known(self, kind: str) -> dict[str, Any]:
        by_kind: dict[str, dict[str, Any]] = {
            "EdgeNode": self.edge_nodes,
            "VideoApp": self.apps,
            "VideoStream": self.streams,
        }
        return by_kind[kind]


def node_of(placed: str | Refusal) -> str:
    """Node that looks after a stream that was placed so."""
    return NOWHERE if isinstance(placed, Refusal) else placed


def _is_of(node: str, name: str) -> bool:
    """Whether a part of a runner of that name is this node's."""
    return runner_name(node) == name or holds_orders(name, node)


def key_of(body: Body) -> str:
    """As `Resource.key`."""
    return object_key(body["metadata"]["name"], body["metadata"].get("namespace"))


def _identity(thing: AnyResource | Unreadable | None) -> tuple[object, ...]:
    """What changes when somebody else than the operator's status writer changes the object."""
    if thing is None:
        return ()
    metadata = thing.metadata
    return (type(thing), metadata.uid, metadata.generation, metadata.deletion_timestamp)
