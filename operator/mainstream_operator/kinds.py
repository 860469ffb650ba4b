"""Every kind of object that the operator reads or writes, and what the API server calls it: the one table of them.

The models of our own kinds are in `mainstream.api.kinds`.
"""

from dataclasses import dataclass

from mainstream.api.kinds import RESOURCE_KINDS
from mainstream.api.model import API_VERSION
from mainstream_operator.kube import Body, Ref


@dataclass(frozen=True)
class Kind:
    """One kind."""

    name: str
    api: str
    """`v1` or `group/version`"""
    plural: str

    @property
    def group_and_version(self) -> tuple[str, str]:
        """The two parts of `api`; Kubernetes' first kinds have no group."""
        group, _, version = self.api.rpartition("/")
        return group, version

    def ref(self, name: str, namespace: str | None = None) -> Ref:
        """Where the object of that name is."""
        return Ref(self.api, self.plural, name, namespace)

    def path(self, namespace: str | None = None) -> str:
        """Where all objects of this kind are listed, of one namespace or of the whole cluster."""
        root = "/api" if self.api == "v1" else "/apis"
        return f"{root}/{self.api}{f'/namespaces/{namespace}' if namespace else ''}/{self.plural}"


NODE = Kind("Node", "v1", "nodes")
EVENT = Kind("Event", "v1", "events")
DEPLOYMENT = Kind("Deployment", "apps/v1", "deployments")
CONFIG_MAP = Kind("ConfigMap", "v1", "configmaps")
CLAIM = Kind("PersistentVolumeClaim", "v1", "persistentvolumeclaims")
SECRET = Kind("Secret", "v1", "secrets")
POD = Kind("Pod", "v1", "pods")
GUARD = Kind("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets")
LEASE = Kind("Lease", "coordination.k8s.io/v1", "leases")
ENDPOINT_SLICE = Kind("EndpointSlice", "discovery.k8s.io/v1", "endpointslices")

OWN_KINDS = {name: Kind(name, API_VERSION, kind.plural) for name, kind in RESOURCE_KINDS.items()}
"""what users declare"""
APP = OWN_KINDS["VideoApp"]
RUNNER_KINDS = {kind.name: kind for kind in (DEPLOYMENT, CONFIG_MAP, CLAIM, SECRET, GUARD, POD)}
"""what a runner consists of"""


def is_cordoned(node: Body) -> bool:
    """Whether a Node takes no new pods, as before a drain."""
    return bool(node.get("spec", {}).get("unschedulable"))
