"""A node that cannot be reached, or was drained: what its apps and streams say meanwhile. Pure."""

from datetime import datetime

from mainstream.api.reasons import Reason
from mainstream.decide.refusal import Refusal
from mainstream.messages.status_report import StatusReport
from mainstream_operator.watch.cluster_state import KubernetesNode

SETTLING_S = 10.0
"""since a Node became ready or ceased to be; Kubernetes itself waits 40 s before it calls one not ready"""


def wavers(node: KubernetesNode | None, now: datetime) -> bool:
    """Whether it turned so lately that it may well turn back: late heartbeats take a Node away for a second."""
    return node is not None and node.since is not None and abs((now - node.since).total_seconds()) < SETTLING_S


def lost_node(node: KubernetesNode | None, report: StatusReport | None, now: datetime) -> Refusal | None:
    """Since when nobody hears of the node, and what of that; None while somebody does, or where there is no Node."""
    if node is None or report is not None or wavers(node, now):
        return None
    if node.cordoned:
        return Refusal(
            Reason.NODE_CORDONED,
            f"Node {node.name} is cordoned and its runner does not answer. One that has left starts anew once the "
            f"Node is uncordoned (`kubectl uncordon {node.name}`); or place the stream on another one.",
        )
    if node.ready:
        return None
    since = "" if node.since is None else f" since {node.since:%Y-%m-%d %H:%M:%S} UTC"
    return Refusal(
        Reason.NODE_NOT_READY,
        f"Node {node.name} cannot be reached{since}. What runs there goes on if it can, and its alerts come once it is "
        "back; if it stays away, see the Node, or place the stream on another one.",
    )
