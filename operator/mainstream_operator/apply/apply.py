"""Applies what is desired of one node, in an order in which nothing is missing that something else needs."""

from mainstream_operator.apply.ensure import ensure, refresh_volumes, remove
from mainstream_operator.desired.config_map import orders_digest
from mainstream_operator.desired.state import DesiredState, RunnerObjects
from mainstream_operator.kube import Kube


def apply(desired: DesiredState, kube: Kube) -> None:
    """Make it so; what already is as it should be costs no call."""
    if desired.edge_node is not None:
        kube.create(desired.edge_node.ref, desired.edge_node.body)
    for kind, observed in desired.removed:
        remove(kube, observed, kind)
    if desired.runner is not None:
        _apply_runner(desired.runner, kube)


def _apply_runner(runner: RunnerObjects, kube: Kube) -> None:
    secret = ensure(kube, runner.secret, runner.observed_secret)
    ensure(kube, runner.orders, runner.observed_orders)
    for wanted, observed in runner.others:
        ensure(kube, wanted, observed)
    if runner.pod is not None:
        version = ((secret or {}).get("metadata") or {}).get("resourceVersion")
        refresh_volumes(kube, runner.pod, f"{orders_digest(runner.orders)}-{version}")
