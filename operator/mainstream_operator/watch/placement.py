"""Which node analyses which stream, and which app therefore belongs where. Pure."""

from collections.abc import Mapping

from mainstream.api import VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.refusal import Refusal
from mainstream_operator.watch.cluster_state import Machine, World

NOWHERE = ""
"""stands for a node where there is none: apps and streams that can't be placed are looked after together"""


def place_stream(stream: VideoStream, machines: Mapping[str, Machine]) -> str | Refusal:
    """Name of the node that analyses the stream."""
    where = stream.spec.node
    edges = {name: machine for name, machine in machines.items() if machine.is_edge}
    if where.name is not None:
        if where.name in edges:
            return where.name
        if where.name in machines:
            return Refusal(
                Reason.NODE_NOT_EDGE, f"Node {where.name} is not labelled mainstream.video/edge=true; label it."
            )
        return Refusal(Reason.NODE_NOT_FOUND, f"There is no Node {where.name}; name one of: {_names(edges)}.")
    selector = (where.selector or {}).items()
    matching = sorted(name for name, machine in edges.items() if selector <= machine.labels.items())
    if len(matching) == 1:
        return matching[0]
    if not matching:
        return Refusal(Reason.NODE_NOT_FOUND, "The selector matches no Node labelled mainstream.video/edge=true.")
    return Refusal(
        Reason.NODE_AMBIGUOUS, f"The selector matches {len(matching)} Nodes ({_names(matching)}); narrow it to one."
    )


def placements(world: World) -> Mapping[str, str | Refusal]:
    """Node of every stream, by its key; worked out anew only when a stream or a machine changed."""
    if world.placed_at != world.layout:
        world.placed = {key: place_stream(stream, world.machines) for key, stream in world.streams.items()}
        world.placed_at = world.layout
    return world.placed


def node_of_stream(world: World, key: str) -> str:
    """Node that looks after a stream and its apps."""
    placed = placements(world).get(key, NOWHERE)
    return NOWHERE if isinstance(placed, Refusal) else placed


def _names(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(sorted(names)[:5]) or "none"
