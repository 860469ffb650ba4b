"""Where a runner in a pod finds its orders and keeps what it has."""

import os
from dataclasses import dataclass
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.runner_orders import ADMIN_PORT


@dataclass(frozen=True)
class PodSettings:
    """What the Deployment says."""

    node: str
    orders: Path = Path("/etc/mainstream/orders")
    """mounted ConfigMap"""
    secret: Path = Path("/etc/mainstream/secret")
    """mounted Secret"""
    data: Path = Path("/var/lib/mainstream")
    """the node's disk: blobs, profile, spool, events"""
    port: int = ADMIN_PORT


def read_settings() -> PodSettings:
    """From the environment."""
    node = os.environ.get("MAINSTREAM_NODE")
    if not node:
        raise InvalidInputError("is not set; the operator sets it in the runner's Deployment", field="MAINSTREAM_NODE")
    return PodSettings(node)
