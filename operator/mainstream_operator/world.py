"""What exists, as the watches last told: typed where it is ours, plain where it is Kubernetes' own.

Belongs to one event loop; reconciling gets snapshots. An object that can't be read as its kind (an older schema let it
in, say) stays here with the reason, so that its status can tell.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.model import Metadata
from mainstream_operator.names import EDGE_LABEL, NODE_ANNOTATION

Body = dict[str, Any]
Resource = EdgeNode | VideoApp | VideoStream
_MODELS: dict[str, type[EdgeNode] | type[VideoApp] | type[VideoStream]] = {
    "EdgeNode": EdgeNode,
    "VideoApp": VideoApp,
    "VideoStream": VideoStream,
}


@dataclass(frozen=True)
class Unreadable:
    """An object of ours whose spec makes no sense to this version."""

    kind: str
    metadata: Metadata
    message: str
    told: str | None
    """what its status says already"""


@dataclass(frozen=True)
class Machine:
    """What matters of a Kubernetes Node."""

    name: str
    labels: Mapping[str, str]
    ready: bool

    @property
    def is_edge(self) -> bool:
        """Whether the platform team made it one that analyses video."""
        return self.labels.get(EDGE_LABEL) == "true"


@dataclass(frozen=True)
class Children:
    """What exists of one node's runner."""

    deployment: Body | None = None
    config_map: Body | None = None
    pods: tuple[Body, ...] = ()


@dataclass
class World:
    """Everything that the watches showed."""

    apps: dict[str, VideoApp] = field(default_factory=dict)
    streams: dict[str, VideoStream] = field(default_factory=dict)
    edge_nodes: dict[str, EdgeNode] = field(default_factory=dict)
    unreadable: dict[tuple[str, str], Unreadable] = field(default_factory=dict)
    """by kind and key"""
    machines: dict[str, Machine] = field(default_factory=dict)
    deployments: dict[str, Body] = field(default_factory=dict)
    config_maps: dict[str, Body] = field(default_factory=dict)
    pods: dict[str, dict[str, Body]] = field(default_factory=dict)
    """by node, then by name"""

    def note_resource(self, kind: str, body: Body, *, gone: bool) -> bool:
        """Take note of an object of ours; whether that changes anything but its status."""
        metadata = Metadata.model_validate(body["metadata"])
        key = f"{metadata.namespace}/{metadata.name}" if metadata.namespace else metadata.name
        known: dict[str, Any] = self._known(kind)
        before = known.pop(key, None) or self.unreadable.pop((kind, key), None)
        if gone:
            return before is not None
        after = read_resource(kind, body)
        if isinstance(after, Unreadable):
            self.unreadable[kind, key] = after
        else:
            known[key] = after
        return before is None or _identity(before) != _identity(after)

    def note_machine(self, body: Body, *, gone: bool) -> bool:
        """Take note of a Node; whether that changes anything that matters here."""
        machine = Machine(
            body["metadata"]["name"],
            dict(body["metadata"].get("labels") or {}),
            any(
                each["type"] == "Ready" and each["status"] == "True"
                for each in body.get("status", {}).get("conditions", [])
            ),
        )
        before = self.machines.pop(machine.name, None)
        if not gone:
            self.machines[machine.name] = machine
        return gone or before != machine

    def note_child(self, kind: str, body: Body, *, gone: bool) -> str | None:
        """Take note of a part of a runner; the node it belongs to."""
        node = (body["metadata"].get("annotations") or {}).get(NODE_ANNOTATION)
        if not isinstance(node, str):
            return None
        if kind == "Pod":
            pods = self.pods.setdefault(node, {})
            pods.pop(body["metadata"]["name"], None)
            if not gone:
                pods[body["metadata"]["name"]] = body
            return node
        known = self.deployments if kind == "Deployment" else self.config_maps
        known.pop(node, None)
        if not gone:
            known[node] = body
        return node

    def children(self, node: str) -> Children:
        """Of one node's runner."""
        return Children(self.deployments.get(node), self.config_maps.get(node), tuple(self.pods.get(node, {}).values()))

    def unreadable_of(self, kinds: Iterable[str]) -> list[Unreadable]:
        """Objects of these kinds that can't be read."""
        return [each for (kind, _), each in sorted(self.unreadable.items()) if kind in kinds]

    def _known(self, kind: str) -> dict[str, Any]:
        by_kind: dict[str, dict[str, Any]] = {
            "EdgeNode": self.edge_nodes,
            "VideoApp": self.apps,
            "VideoStream": self.streams,
        }
        return by_kind[kind]


def read_resource(kind: str, body: Body) -> Resource | Unreadable:
    """An object of ours, typed; a status that this version can't read counts as none."""
    plain = {name: body.get(name) for name in ("apiVersion", "kind", "metadata", "spec")}
    metadata = Metadata.model_validate(body["metadata"])
    model = _MODELS[kind]
    try:
        return model.model_validate({**plain, "status": body.get("status") or {}})
    except ValidationError:
        pass
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return Unreadable(kind, metadata, f"{where}: {first['msg']}", _told(body))


def _told(body: Body) -> str | None:
    conditions = (body.get("status") or {}).get("conditions") or []
    return next((each.get("message") for each in conditions if each.get("type") == "Accepted"), None)


def _identity(thing: Resource | Unreadable) -> tuple[object, ...]:
    """What changes when somebody else than the operator's status writer changes the object."""
    metadata = thing.metadata
    return (type(thing), metadata.uid, metadata.generation, metadata.deletion_timestamp, metadata.labels)
