"""Acts: makes what exists what was wanted, with no call where it already is."""

import logging

from mainstream_operator.desired.common import Desired
from mainstream_operator.drift import difference
from mainstream_operator.kube import Body, Kube, Ref
from mainstream_operator.names import PLAN_ANNOTATION

_log = logging.getLogger(__name__)


def ensure(kube: Kube, wanted: Desired, observed: Body | None) -> bool:
    """Apply `wanted` unless `observed` has all of it; whether it had to."""
    strange = _strange_data(observed, wanted)
    if strange:
        # Whoever else added them owns them, so that applying would leave them there.
        kube.patch(wanted.ref, {"data": dict.fromkeys(strange)})
    differs = "all of it" if observed is None else difference(observed, wanted.body)
    if differs is None:
        return bool(strange)
    answer = kube.apply(wanted.ref, wanted.body)
    about = {"object": f"{wanted.body['kind']} {wanted.ref.namespace}/{wanted.ref.name}"}
    _log.info("applied, since it differed in %s", differs, extra=about)
    changed = difference(answer, wanted.body)
    if changed is not None:
        _log.warning("the API server keeps another value of %s than was applied", changed, extra=about)
    return True


def _strange_data(observed: Body | None, wanted: Desired) -> list[str]:
    """Entries of a ConfigMap that are not wanted: a runner would read them."""
    if observed is None or wanted.body["kind"] != "ConfigMap":
        return []
    return sorted(set(observed.get("data") or {}) - set(wanted.body["data"]))


def remove(kube: Kube, observed: Body | None, api: str, plural: str) -> None:
    """Delete an object that is wanted no longer."""
    if observed is None or observed["metadata"].get("deletionTimestamp"):
        return
    metadata = observed["metadata"]
    kube.delete(Ref(api, plural, metadata["name"], metadata["namespace"]), metadata["uid"])


def nudge(kube: Kube, pod: Body, digest: str) -> None:
    """Make the kubelet refresh the pod's volumes now instead of within a minute or more."""
    metadata = pod["metadata"]
    if (metadata.get("annotations") or {}).get(PLAN_ANNOTATION) != digest:
        kube.annotate(Ref("v1", "pods", metadata["name"], metadata["namespace"]), {PLAN_ANNOTATION: digest})
