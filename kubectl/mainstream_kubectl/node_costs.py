"""Costs of all apps, node by node, as far as plans and profiles may be read."""

from collections.abc import Mapping

from mainstream.errors import InvalidInputError
from mainstream_kubectl.cluster import Cluster
from mainstream_kubectl.connection import Connection
from mainstream_kubectl.orders import read_plan
from mainstream_kubectl.shares import cost_of_apps


def read_costs(to: Connection, cluster: Cluster) -> Mapping[str, float]:
    """CPU-seconds a second, by app; whoever may not read a node's plan sees none of its costs."""
    costs: dict[str, float] = {}
    for node in cluster.nodes:
        stated = node.status.profile
        if stated is None:
            continue
        try:
            plan = read_plan(to.kube, node.metadata.name, to.system)
        except InvalidInputError:
            continue
        if plan is not None:
            costs |= cost_of_apps(plan, stated.profile, node.status.slowdown or 1.0)
    return costs
