"""What should exist of one node's runner, beside what does. Pure."""

from dataclasses import dataclass

from mainstream.api.model import API_VERSION
from mainstream.decide.decide import NodeDecision
from mainstream_operator.decide.decide import wanted_of
from mainstream_operator.desired.cache import runner_cache
from mainstream_operator.desired.common import Desired
from mainstream_operator.desired.config_map import orders_config_maps
from mainstream_operator.desired.deployment import runner_deployment
from mainstream_operator.desired.guard import runner_guard
from mainstream_operator.desired.secret import node_secret
from mainstream_operator.kinds import CLAIM, CONFIG_MAP, DEPLOYMENT, GUARD, OWN_KINDS, Kind
from mainstream_operator.kube import Body
from mainstream_operator.observe.observation import Observation
from mainstream_operator.observe.runner_client import running_pod
from mainstream_operator.settings import Settings


@dataclass(frozen=True)
class RunnerObjects:
    """Objects of a runner that are wanted, each with what exists of it."""

    secret: Desired
    orders: tuple[tuple[Desired, Body | None], ...]
    """in parts, the first of which says what belongs together"""
    others: tuple[tuple[Desired, Body | None], ...]
    """in the order in which they are applied"""
    observed_secret: Body | None
    pod: Body | None
    """the one that runs: its volumes are refreshed when its Secret or its orders change"""


@dataclass(frozen=True)
class DesiredState:
    """Of one node."""

    edge_node: Desired | None = None
    """made once where there is none; then the platform team's own"""
    runner: RunnerObjects | None = None
    removed: tuple[tuple[Kind, Body], ...] = ()
    """what exists and is wanted no longer"""


def desired_state(observation: Observation, decision: NodeDecision, settings: Settings) -> DesiredState:
    """What should exist; without a stream there is no runner."""
    snapshot = observation.snapshot
    node, kubernetes_node, children = snapshot.edge_node, snapshot.kubernetes_node, snapshot.children
    if node is None:
        is_edge = kubernetes_node is not None and kubernetes_node.is_edge
        return DesiredState(edge_node=_edge_node(snapshot.node, settings) if is_edge else None)
    cache = runner_cache(node, settings.namespace, children.cache)
    removed = [] if cache is not None else [(CLAIM, children.cache)]
    guard, runner = None, None
    if kubernetes_node is not None and snapshot.has_runner:
        host_name = kubernetes_node.labels.get("kubernetes.io/hostname", kubernetes_node.name)
        if settings.runner.disruption_budget:
            guard = runner_guard(node, kubernetes_node, settings.namespace, observation.at)
        deployment = runner_deployment(node, host_name, settings.namespace, settings.runner)
        wanted = wanted_of(decision, node).model_copy(update={"host_rules": observation.host_rules})
        orders = orders_config_maps(node, settings.namespace, wanted, decision.runner_plan)
        names = {part.ref.name for part in orders}
        removed += [(CONFIG_MAP, body) for name, body in children.orders.items() if name not in names]
        runner = RunnerObjects(
            secret=node_secret(node, settings.namespace, observation.token, observation.credentials),
            orders=tuple((part, children.orders.get(part.ref.name)) for part in orders),
            others=(
                *([(cache, children.cache)] if cache is not None else []),
                (deployment, children.deployment),
                *([(guard, children.guard)] if guard is not None else []),
            ),
            observed_secret=observation.secret,
            pod=running_pod(children.pods),
        )
    else:
        removed += [(DEPLOYMENT, children.deployment), *((CONFIG_MAP, each) for each in children.orders.values())]
    removed += [] if guard is not None else [(GUARD, children.guard)]
    return DesiredState(runner=runner, removed=tuple((kind, body) for kind, body in removed if body is not None))


def _edge_node(name: str, settings: Settings) -> Desired:
    spec = settings.edge_node.model_dump(mode="json", by_alias=True, exclude_none=True)
    body = {"apiVersion": API_VERSION, "kind": "EdgeNode", "metadata": {"name": name}, "spec": spec}
    return Desired(OWN_KINDS["EdgeNode"].ref(name), body)
