"""Which node analyses which stream, and which app therefore belongs where. Pure."""

from collections.abc import Mapping

from mainstream.api import VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.refusal import Refusal
from mainstream_operator.watch.cluster_state import ClusterState, KubernetesNode

NOWHERE = ""
"""stands for a node where there is none: apps and streams that can't be placed are looked after together"""


def place_stream(stream: VideoStream, kubernetes_nodes: Mapping[str, KubernetesNode]) -> str | Refusal:
    """Name of the node that analyses the stream."""
    where = stream.spec.node
    edges = {name: kubernetes_node for name, kubernetes_node in kubernetes_nodes.items() if kubernetes_node.is_edge}
    if where.name is not None:
        if where.name in edges:
            return where.name
        if where.name in kubernetes_nodes:
            return Refusal(
                Reason.NODE_NOT_EDGE, f"Node {where.name} is not labelled mainstream.video/edge=true; label it."
            )
        return Refusal(Reason.NODE_NOT_FOUND, f"There is no Node {where.name}; name one of: {_names(edges)}.")
    selector = (where.selector or {}).items()
    matching = sorted(name for name, kubernetes_node in edges.items() if selector <= kubernetes_node.labels.items())
    if len(matching) == 1:
        return matching[0]
    if not matching:
        return Refusal(Reason.NODE_NOT_FOUND, "The selector matches no Node labelled mainstream.video/edge=true.")
    return Refusal(
        Reason.NODE_AMBIGUOUS, f"The selector matches {len(matching)} Nodes ({_names(matching)}); narrow it to one."
    )


def placements(cluster: ClusterState) -> Mapping[str, str | Refusal]:
    """Node of every stream, by its key; worked out anew only when a stream or a Node changed."""
    if cluster.placed_at != cluster.layout:
        cluster.placed = {
            key: place_stream(stream, cluster.kubernetes_nodes) for key, stream in cluster.streams.items()
        }
        cluster.placed_at = cluster.layout
    return cluster.placed


def node_of_stream(cluster: ClusterState, key: str) -> str:
    """Node that looks after a stream and its apps."""
    placed = placements(cluster).get(key, NOWHERE)
    return NOWHERE if isinstance(placed, Refusal) else placed


def _names(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(sorted(names)[:5]) or "none"
