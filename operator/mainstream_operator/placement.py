"""Which node analyses which stream, and which app therefore belongs where. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainstream.api import VideoApp, VideoStream
from mainstream_operator.world import Machine, World

NOWHERE = ""
"""stands for a node where there is none: apps and streams that can't be placed are looked after together"""


@dataclass(frozen=True)
class Refusal:
    """Why something is not done, in a stable word and in a sentence with the way out."""

    reason: str
    message: str


def place_stream(stream: VideoStream, machines: Mapping[str, Machine]) -> str | Refusal:
    """Name of the node that analyses the stream."""
    where = stream.spec.node
    edges = {name: machine for name, machine in machines.items() if machine.is_edge}
    if where.name is not None:
        if where.name in edges:
            return where.name
        if where.name in machines:
            return Refusal("NodeNotEdge", f"Node {where.name} is not labelled mainstream.video/edge=true; label it.")
        return Refusal("NodeNotFound", f"There is no Node {where.name}; name one of: {_names(edges)}.")
    selector = (where.selector or {}).items()
    matching = sorted(name for name, machine in edges.items() if selector <= machine.labels.items())
    if len(matching) == 1:
        return matching[0]
    if not matching:
        return Refusal("NodeNotFound", "The selector matches no Node labelled mainstream.video/edge=true.")
    return Refusal(
        "NodeAmbiguous", f"The selector matches {len(matching)} Nodes ({_names(matching)}); narrow it to one."
    )


def stream_key(app: VideoApp) -> str:
    """Key of the stream that the app looks at."""
    source = app.spec.stream
    return f"{source.namespace or app.metadata.namespace}/{source.name}"


def node_of_stream(world: World, key: str | None) -> str:
    """Node that looks after a stream and its apps."""
    stream = world.streams.get(key) if key is not None else None
    if stream is None:
        return NOWHERE
    placed = place_stream(stream, world.machines)
    return NOWHERE if isinstance(placed, Refusal) else placed


def apps_of_stream(world: World, key: str) -> list[VideoApp]:
    """Every app that names the stream."""
    return [app for app in world.apps.values() if stream_key(app) == key]


def _names(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(sorted(names)[:5]) or "none"
