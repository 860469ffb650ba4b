"""First step: which node analyses a stream. Pure."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from mainstream.api import VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.refusal import Refusal

EDGE_LABEL = "mainstream.video/edge"
"""of a Kubernetes Node; "true" makes it one that analyses video"""


class Placeable(Protocol):
    """What is known of a node that a stream may name."""

    @property
    def labels(self) -> Mapping[str, str]:
        """As the Kubernetes Node has them."""

    @property
    def is_edge(self) -> bool:
        """Whether the platform team made it one that analyses video."""


def place_stream(stream: VideoStream, nodes: Mapping[str, Placeable]) -> str | Refusal:
    """Name of the node that analyses the stream, or why there is none; `nodes` are by name."""
    where = stream.spec.node
    edges = {name: node for name, node in nodes.items() if node.is_edge}
    if where.name is not None:
        if where.name in edges:
            return where.name
        if where.name in nodes:
            message = f"Node {where.name} is not labelled {EDGE_LABEL}=true; label it."
            return Refusal(Reason.NODE_NOT_EDGE, message)
        message = f"There is no Node {where.name}; name one of: {_names(edges)}."
        return Refusal(Reason.NODE_NOT_FOUND, message)
    selector = (where.selector or {}).items()
    matching = sorted(name for name, node in edges.items() if selector <= node.labels.items())
    if len(matching) == 1:
        return matching[0]
    if not matching:
        return Refusal(Reason.NODE_NOT_FOUND, f"The selector matches no Node labelled {EDGE_LABEL}=true.")
    message = f"The selector matches {len(matching)} Nodes ({_names(matching)}); narrow it to one."
    return Refusal(Reason.NODE_AMBIGUOUS, message)


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:5]) or "none"
