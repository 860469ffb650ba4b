"""What the checks go by: one reading of the cluster, and what of it may not be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.kinds import RESOURCE_KINDS
from mainstream.api.model import GROUP
from mainstream_kubectl.cluster import Cluster, read_cluster
from mainstream_kubectl.connection import OPERATOR, Connection
from mainstream_kubectl.doctor.rights import MissingRight, missing_rights
from mainstream_operator.kinds import CLAIM, DEPLOYMENT, LEASE, NODE, POD, SECRET, Kind
from mainstream_operator.kube import Body, Kube, KubeError
from mainstream_operator.names import runner_name

_DEFINITION = Kind("CustomResourceDefinition", "apiextensions.k8s.io/v1", "customresourcedefinitions")
_NODE_LEASES = "kube-node-lease"
_NOT_FOUND = 404


@dataclass(frozen=True)
class Facts:
    """Bodies are as the API server has them."""

    system: str
    """namespace of the release"""
    own_version: str
    """of this program"""
    now: datetime
    """by the API server's clock"""
    clock_off: timedelta
    """by how much this machine's clock is ahead of the API server's"""
    server: str = ""
    """version of Kubernetes, as `1.34`"""
    definitions: Mapping[str, Body] = field(default_factory=dict)
    """by plural"""
    cluster: Cluster = field(default_factory=Cluster)
    operators: tuple[Body, ...] = ()
    """Deployments of operators in the release's namespace"""
    kubernetes_nodes: tuple[Body, ...] = ()
    leases: Mapping[str, Body] = field(default_factory=dict)
    """of Nodes, by name: their clocks"""
    pods: tuple[Body, ...] = ()
    """of the release's namespace"""
    claims: tuple[Body, ...] = ()
    missing_tokens: tuple[str, ...] = ()
    """nodes whose Secret has no token"""
    missing_rights: tuple[MissingRight, ...] = ()
    """of the operator"""
    unseen: tuple[str, ...] = ()
    """what whoever asks may not see"""

    @property
    def apps(self) -> tuple[VideoApp, ...]:
        """Of all namespaces."""
        return self.cluster.apps

    @property
    def streams(self) -> tuple[VideoStream, ...]:
        """Of all namespaces."""
        return self.cluster.streams

    @property
    def edge_nodes(self) -> tuple[EdgeNode, ...]:
        """Of the cluster."""
        return self.cluster.nodes


class _Reader:
    """Lists; what may not be listed is noted once."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self.unseen: list[str] = []

    def listed(self, kind: Kind, namespace: str | None = None, label: str | None = None) -> tuple[Body, ...]:
        try:
            return tuple(self._kube.list_all(kind.path(namespace), label))
        except KubeError as error:
            where = f" of namespace {namespace}" if namespace else ""
            self._note(f"{kind.plural}{where}", error)
            return ()

    def get(self, kind: Kind, name: str, namespace: str | None = None) -> Body | None:
        try:
            return self._kube.get(kind.ref(name, namespace))
        except KubeError as error:
            self._note(kind.plural if namespace is None else f"{kind.plural} of namespace {namespace}", error)
            return {}

    def _note(self, what: str, error: KubeError) -> None:
        if error.status == 0:
            raise error
        if error.status != _NOT_FOUND and what not in self.unseen:
            self.unseen.append(what)


def read_facts(to: Connection) -> Facts:
    """Everything that the checks ask for, with as few calls as there are kinds."""
    reader = _Reader(to.kube)
    here = datetime.now(UTC)
    server, there = to.kube.server_version()
    definitions = {}
    for kind in RESOURCE_KINDS.values():
        body = reader.get(_DEFINITION, f"{kind.plural}.{GROUP}")
        if body is not None:
            definitions[kind.plural] = body
    whole = len(definitions) == len(RESOURCE_KINDS)
    cluster = read_cluster(to.kube) if whole else Cluster()
    operators = reader.listed(DEPLOYMENT, to.system, OPERATOR)
    leases = {each["metadata"]["name"]: each for each in reader.listed(LEASE, _NODE_LEASES)}
    secrets = {node.metadata.name: _token(reader, node.metadata.name, to.system) for node in cluster.nodes}
    running = {node.metadata.name for node in cluster.nodes if node.status.plan is not None}
    return Facts(
        system=to.system,
        own_version=version("mainstream"),
        now=there,
        clock_off=here - there,
        server=server,
        definitions=definitions,
        cluster=cluster,
        operators=operators,
        kubernetes_nodes=reader.listed(NODE),
        leases=leases,
        pods=reader.listed(POD, to.system),
        claims=reader.listed(CLAIM, to.system),
        missing_tokens=tuple(sorted(name for name, there in secrets.items() if not there and name in running)),
        missing_rights=missing_rights(to.kube, to.system, _account(operators), reader.unseen) if operators else (),
        unseen=tuple(dict.fromkeys((*reader.unseen, *cluster.unread))),
    )


def _account(operators: tuple[Body, ...]) -> str:
    return str(operators[0]["spec"]["template"]["spec"].get("serviceAccountName", "default"))


def _token(reader: _Reader, node: str, system: str) -> bool:
    body = reader.get(SECRET, runner_name(node), system)
    # One that may not be read is taken to be there.
    return body is not None and (not body or "token" in (body.get("data") or {}))
