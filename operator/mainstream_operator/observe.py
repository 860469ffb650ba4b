"""A snapshot of one node's world: everything that is decided from, taken once and never changed."""

from dataclasses import dataclass, field

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.runner_orders import NodeCredentials
from mainstream.runner_report import RunnerReport
from mainstream_operator.packages import PackageState
from mainstream_operator.placement import NOWHERE, Refusal, node_of_stream, place_stream, stream_key
from mainstream_operator.world import Children, Machine, Unreadable, World


@dataclass(frozen=True)
class AppOnNode:
    """An app, the stream it names (None: there is none), and whether its stream has a place."""

    app: VideoApp
    stream: VideoStream | None
    unplaced: Refusal | None = None

    @property
    def key(self) -> str:
        """`namespace/name`."""
        return self.app.key


@dataclass(frozen=True)
class StreamOnNode:
    """A stream, and its node or why it has none."""

    stream: VideoStream
    placed: str | Refusal


@dataclass(frozen=True)
class Scene:
    """What the watches know of one node, or of what is nowhere."""

    node: str
    machine: Machine | None
    edge_node: EdgeNode | None
    apps: tuple[AppOnNode, ...]
    streams: tuple[StreamOnNode, ...]
    unreadable: tuple[Unreadable, ...]
    children: Children


@dataclass(frozen=True)
class Observation:
    """The scene, with what had to be asked for."""

    scene: Scene
    packages: dict[str, PackageState]
    """by app"""
    report: RunnerReport | None
    """None: there is no runner, or it does not answer"""
    credentials: NodeCredentials
    stream_refusals: dict[str, Refusal]
    """streams whose Secret can't be used, or whose host must not be called"""
    app_refusals: dict[str, Refusal] = field(default_factory=dict)
    """apps that name a host that must not be called"""


def scene_of(world: World, node: str) -> Scene:
    """Take the snapshot, in the order of names, so that the same world always gives the same plan."""
    streams = tuple(
        StreamOnNode(stream, place_stream(stream, world.machines))
        for key, stream in sorted(world.streams.items())
        if node_of_stream(world, key) == node
    )
    apps = []
    for _, app in sorted(world.apps.items()):
        key = stream_key(app)
        if node_of_stream(world, key) == node:
            stream = world.streams.get(key)
            placed = None if stream is None else place_stream(stream, world.machines)
            apps.append(AppOnNode(app, stream, placed if isinstance(placed, Refusal) else None))
    unreadable = [
        each
        for each in world.unreadable_of(("VideoApp", "VideoStream", "EdgeNode"))
        if (each.metadata.name == node if each.kind == "EdgeNode" else node == NOWHERE)
    ]
    return Scene(
        node=node,
        machine=world.machines.get(node),
        edge_node=world.edge_nodes.get(node),
        apps=tuple(apps),
        streams=streams,
        unreadable=tuple(unreadable),
        children=world.children(node),
    )
