"""`kubectl mainstream top`: nodes and their budgets, and who costs what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mainstream.api import EdgeNode, VideoApp
from mainstream_kubectl.cluster import Cluster
from mainstream_kubectl.words import number, ready


@dataclass(frozen=True)
class CostlyApp:
    """One app and what it takes of its node."""

    app: VideoApp
    cost: float | None
    """CPU-seconds a second; None where the plan cannot be read"""


def costly_apps(cluster: Cluster, costs: Mapping[str, float]) -> list[CostlyApp]:
    """Every app, the costliest first, then by name."""
    found = [CostlyApp(app, costs.get(app.key)) for app in cluster.apps]
    return sorted(found, key=lambda each: (-(each.cost or 0.0), each.app.key))


def render_top(cluster: Cluster, costs: Mapping[str, float]) -> RenderableType:
    """A table of nodes, one of namespaces, one of apps."""
    apps = costly_apps(cluster, costs)
    parts: list[RenderableType] = [_nodes(cluster.nodes), _namespaces(apps), _apps(apps)]
    if cluster.unread:
        parts.append(Text(f"not shown: {', '.join(cluster.unread)}"))
    return Group(*parts)


def _nodes(nodes: tuple[EdgeNode, ...]) -> Table:
    table = _table("node", "ready", right=("apps", "F1", "cost", "budget", "CPU"))
    for node in sorted(nodes, key=lambda each: each.metadata.name):
        plan, observed = node.status.plan, node.status.observed
        table.add_row(
            node.metadata.name,
            ready(node.status.conditions),
            "-" if plan is None else str(plan.apps),
            number(None if plan is None else plan.mean_f1),
            number(None if plan is None else plan.cost),
            number(None if plan is None else plan.budget),
            number(None if observed is None else observed.cpu),
        )
    return table


def _namespaces(apps: list[CostlyApp]) -> Table:
    table = _table("namespace", right=("apps", "cost"))
    for namespace, number_of, cost in sorted(_by_namespace(apps), key=lambda each: (-each[2], each[0])):
        table.add_row(namespace, str(number_of), number(cost))
    return table


def _by_namespace(apps: list[CostlyApp]) -> Iterator[tuple[str, int, float]]:
    for namespace in {each.app.metadata.namespace or "" for each in apps}:
        own = [each for each in apps if each.app.metadata.namespace == namespace]
        yield namespace, len(own), sum(each.cost or 0.0 for each in own)


def _apps(apps: list[CostlyApp]) -> Table:
    table = _table("app", "node", "ready", right=("F1", "fps", "achieved", "cost"))
    for each in apps:
        status = each.app.status
        got, seen = status.plan, status.observed
        table.add_row(
            each.app.key,
            status.node or "-",
            ready(status.conditions),
            number(None if got is None else got.predicted_f1),
            number(None if got is None else got.frames_per_second),
            number(None if seen is None else seen.frames_per_second),
            number(each.cost),
        )
    return table


def _table(*left: str, right: tuple[str, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table
