"""Names that the operator gives to what it makes, and that it looks for."""

import hashlib

from mainstream.api.model import GROUP

FIELD_MANAGER = "mainstream-operator"
NODE_LABEL = f"{GROUP}/node"
"""on everything that belongs to one node's runner: the node's slug"""
NODE_ANNOTATION = f"{GROUP}/node"
"""beside the label: the node's whole name, which may be longer than a label's value"""
PLAN_ANNOTATION = f"{GROUP}/plan"
"""on a runner's pod: digest of its orders; a change makes the kubelet refresh the pod's volumes at once"""
APPLIED_ANNOTATION = f"{GROUP}/applied"
"""on what the operator applied: digest of what it wanted, so that a field it no longer wants is noticed too"""

_SLUG_LENGTH = 40


def node_slug(node: str) -> str:
    """A short name for a node that fits labels, names of pods and host names; the node's own where it fits."""
    if len(node) <= _SLUG_LENGTH and "." not in node:
        return node
    digest = hashlib.sha256(node.encode()).hexdigest()[:8]
    return f"{node.replace('.', '-')[: _SLUG_LENGTH - 9].rstrip('-')}-{digest}"


def runner_name(node: str) -> str:
    """Name of a node's runner: its Deployment, ConfigMap and Secret."""
    return f"runner-{node_slug(node)}"


def orders_name(node: str, number: int) -> str:
    """Name of the ConfigMap with a part of a node's orders: the runner's own for the first, which is 0."""
    return f"orders-{node_slug(node)}-{number}" if number else runner_name(node)


def holds_orders(name: str, node: str) -> bool:
    """Whether a ConfigMap of that name may be a further part of a node's orders."""
    return name.rpartition("-")[0] == f"orders-{node_slug(node)}"


def runner_labels(node: str) -> dict[str, str]:
    """Labels of everything that belongs to a node's runner."""
    return {
        "app.kubernetes.io/name": "mainstream-runner",
        "app.kubernetes.io/part-of": "mainstream",
        "app.kubernetes.io/managed-by": FIELD_MANAGER,
        NODE_LABEL: node_slug(node),
    }
