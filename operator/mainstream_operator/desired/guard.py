"""The PodDisruptionBudget of a runner, by which a drain evicts it last.

It stands while the node takes pods, and for a while after it was cordoned, in which a drain evicts what else runs
there; then it goes, and the runner with it. A runner that is not ready may be evicted at any time.
"""

from datetime import datetime
from typing import Any

from mainstream.api import EdgeNode
from mainstream_operator.desired.common import Desired, owned
from mainstream_operator.kinds import GUARD
from mainstream_operator.names import runner_labels
from mainstream_operator.watch.cluster_state import KubernetesNode

CORDONED = "Cordoned"
"""the EdgeNode's condition, which says since when"""
LEAVES_AFTER_S = 15.0
"""a cordon: pods that end in order have left by then"""


def runner_guard(node: EdgeNode, kubernetes_node: KubernetesNode, namespace: str, now: datetime) -> Desired | None:
    """The PodDisruptionBudget; None where the runner may leave."""
    if kubernetes_node.cordoned and _cordoned_for_s(node, now) >= LEAVES_AFTER_S:
        return None
    spec: dict[str, Any] = {
        "minAvailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": runner_labels(node.metadata.name)},
    }
    return owned(GUARD, node, namespace, {"spec": spec})


def _cordoned_for_s(node: EdgeNode, now: datetime) -> float:
    """By the condition, which outlives operators; 0 until it is written."""
    known = next((each for each in node.status.conditions if each.type == CORDONED), None)
    return 0.0 if known is None else (now - known.last_transition_time).total_seconds()
