"""One node as a folder of manifests declares it: what decides about it gets the same inputs as in a cluster.

There the watches know the objects and the runner says what a frame costs; here manifests do, and files.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.manifests.load import Manifests
from mainstream.decide.admission.quotas import NO_QUOTAS, Quotas, over_quota
from mainstream.decide.asking import asking_apps
from mainstream.decide.decide import NodeDecision
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.node_plan import NodePlan
from mainstream.decide.place import EDGE_LABEL, place_stream
from mainstream.decide.refusal import Refusal
from mainstream.decide.refuse import refuse_apps, refuse_package
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.reading import open_package
from mainstream.mpackage.reference import parse_reference
from mainstream.mpackage.stores.store import Store
from mainstream.planner import Plan

_MOST_NAMED = 3


@dataclass(frozen=True)
class _DeclaredNode:
    """A node that is an edge node because an EdgeNode says so."""

    labels: Mapping[str, str]
    is_edge: bool = True


@dataclass(frozen=True)
class OfflineNode:
    """A node, and the apps that ask for it: those whose stream is analysed there, and those that have no place."""

    node: EdgeNode
    apps: tuple[AskingApp, ...]
    refused: Mapping[str, Refusal]
    """whose package need not be read, by key"""
    budget_shares: Mapping[str, float]
    contended_shares: Mapping[str, float]

    @property
    def readable(self) -> list[tuple[VideoApp, VideoStream]]:
        """Apps whose package is to be read, each with its stream."""
        return [
            (each.app, each.stream) for each in self.apps if each.key not in self.refused and each.stream is not None
        ]

    def inputs(
        self,
        packages: Mapping[str, PackageState],
        profile: NodeProfile | None,
        running: RunnerPlan | None = None,
        at: datetime | None = None,
    ) -> NodeInputs:
        """What the node's decision follows from; `packages` are by app key."""
        return NodeInputs(
            node=self.node,
            apps=self.apps,
            refused=self.refused,
            packages=packages,
            measured=profile,
            running=running,
            at=at,
            budget_shares=self.budget_shares,
            contended_shares=self.contended_shares,
        )


def offline_node(manifests: Manifests, name: str | None = None, quotas: Quotas = NO_QUOTAS) -> OfflineNode:
    """The node of that name, or the only one there is; `InvalidInputError` where that is not one."""
    found = [node for node in manifests.nodes if name in (None, node.metadata.name)]
    if len(found) != 1:
        have = ", ".join(node.metadata.name for node in manifests.nodes) or "none"
        raise InvalidInputError(f"name one EdgeNode with --node (declared: {have})", source=manifests.folder)
    nodes = {each.metadata.name: _DeclaredNode(_labels(each)) for each in manifests.nodes}
    streams = {stream.key: stream for stream in manifests.streams}
    placed = {key: place_stream(stream, nodes) for key, stream in streams.items()}
    elsewhere = {key for key, where in placed.items() if isinstance(where, str) and where != found[0].metadata.name}
    here = [app for app in manifests.apps if app.stream_key not in elsewhere]
    apps = asking_apps(here, streams, placed, quotas, over=over_quota(manifests.apps, quotas))
    namespaces = {app.metadata.namespace or "" for app in here}
    shares, contended = quotas.shares(namespaces), quotas.contended_shares(namespaces)
    return OfflineNode(found[0], apps, refuse_apps(apps), shares, contended)


def read_packages(store: Store, apps: Iterable[VideoApp]) -> dict[str, PackageState]:
    """Packages by app key, from one store; the one that a reference names is passed over."""
    return {app.key: _read_package(store, app) for app in apps}


def planned(decision: NodeDecision, node: EdgeNode) -> tuple[NodePlan, Plan]:
    """The plan that was decided; `InvalidInputError` says why where it serves nobody."""
    made = decision.plan
    if made is not None and made.plan is not None and any(app.fits for app in made.plan.apps):
        return made, made.plan
    why = [f"{name}: {refusal.message}" for name, refusal in sorted({**decision.waiting, **decision.refused}.items())]
    more = f" (and {len(why) - _MOST_NAMED} more)" if len(why) > _MOST_NAMED else ""
    said = " ".join(why[:_MOST_NAMED]) + more if why else "no VideoApp looks at a stream of this node"
    raise InvalidInputError(f"no app is planned: {said}", field=f"EdgeNode {node.metadata.name}")


def _read_package(store: Store, app: VideoApp) -> PackageState:
    try:
        return PackageState(manifest=open_package(store, parse_reference(app.spec.package.reference)))
    except MainstreamError as error:
        return PackageState(refusal=refuse_package(error))


def _labels(node: EdgeNode) -> Mapping[str, str]:
    """Of the Node that an EdgeNode stands for, as far as they are known."""
    return {**node.metadata.labels, EDGE_LABEL: "true", "kubernetes.io/hostname": node.metadata.name}
