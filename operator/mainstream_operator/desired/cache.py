"""The volume of a runner that outlives its pod: packages, profile, events that wait.

It is owned by the EdgeNode: it stays when the pod, or the node for a while, is lost, and goes with the EdgeNode. What
of a claim cannot be changed (its StorageClass) is left as it is; its size only grows.
"""

from typing import Any

from mainstream.api import EdgeNode
from mainstream_operator.desired.common import Desired, owned
from mainstream_operator.desired.quantities import mebibytes, mebibytes_of
from mainstream_operator.kinds import CLAIM
from mainstream_operator.kube import Body


def runner_cache(node: EdgeNode, namespace: str, observed: Body | None) -> Desired | None:
    """The PersistentVolumeClaim; None where the EdgeNode asks for none."""
    cache = node.spec.runner.cache
    if cache is None:
        return None
    size_mebibytes = max(cache.size_mebibytes, _size_of(observed))
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": mebibytes(size_mebibytes)}},
    }
    storage_class = cache.storage_class_name if observed is None else observed["spec"].get("storageClassName")
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return owned(CLAIM, node, namespace, {"spec": spec})


def _size_of(observed: Body | None) -> int:
    requests = ((observed or {}).get("spec") or {}).get("resources", {}).get("requests", {})
    return mebibytes_of(str(requests.get("storage", "0Mi")))
