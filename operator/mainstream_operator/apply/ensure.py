"""Acts: makes what exists what was wanted, with no call where it already is."""

import logging

from mainstream_operator.apply.drift import difference
from mainstream_operator.desired.common import Desired
from mainstream_operator.kinds import POD, Kind
from mainstream_operator.kube import Body, Kube, KubeError
from mainstream_operator.names import PLAN_ANNOTATION

_log = logging.getLogger(__name__)

_INVALID = 422


def ensure(kube: Kube, wanted: Desired, observed: Body | None) -> Body | None:
    """Apply `wanted` unless `observed` has all of it; the object as it then is, as far as the API server said."""
    strange = _in_the_way(observed, wanted)
    if strange is not None:
        # Whoever else added it owns it, so that applying would leave it there, or be refused for it.
        observed = kube.patch(wanted.ref, strange)
    differs = "all of it" if observed is None else difference(observed, wanted.body)
    if differs is None:
        return observed
    answer = _applied(kube, wanted, observed)
    about = {"object": f"{wanted.body['kind']} {wanted.ref.namespace}/{wanted.ref.name}"}
    _log.info("applied, since it differed in %s", differs, extra=about)
    changed = difference(answer, wanted.body)
    if changed is not None:
        _log.warning("the API server keeps another value of %s than was applied", changed, extra=about)
    return answer


def _applied(kube: Kube, wanted: Desired, observed: Body | None) -> Body | None:
    """What came of applying.

    Entries of a list that is wanted whole (a variable, a port) stay beside ours where another owns them, or make ours
    invalid: then everything wanted is merged, which replaces lists as a whole.
    """
    try:
        answer = kube.apply(wanted.ref, wanted.body)
        if difference(answer, wanted.body) is None:
            return answer
    except KubeError as error:
        if observed is None or error.status != _INVALID:
            raise
    return kube.patch(wanted.ref, wanted.body)


def _in_the_way(observed: Body | None, wanted: Desired) -> Body | None:
    """A patch that takes away what must not be beside what is wanted; None where nothing is in the way."""
    if observed is None:
        return None
    if wanted.body["kind"] == "ConfigMap":
        # They may leave no room for what is wanted.
        kept = wanted.body["binaryData"]
        fields = {name: sorted(set(observed.get(name) or {}) - set(kept)) for name in ("data", "binaryData")}
        strange = {name: dict.fromkeys(entries) for name, entries in fields.items() if entries}
        return strange or None
    if wanted.body["kind"] == "Deployment" and (observed.get("spec") or {}).get("strategy", {}).get("rollingUpdate"):
        # Recreate is refused beside it.
        return {"spec": {"strategy": {**wanted.body["spec"]["strategy"], "rollingUpdate": None}}}
    return None


def remove(kube: Kube, observed: Body, kind: Kind) -> None:
    """Delete an object that is wanted no longer."""
    if observed["metadata"].get("deletionTimestamp"):
        return
    metadata = observed["metadata"]
    kube.delete(kind.ref(metadata["name"], metadata["namespace"]), metadata["uid"])


def refresh_volumes(kube: Kube, pod: Body, digest: str) -> None:
    """Make the kubelet refresh the pod's volumes now instead of within a minute or more."""
    metadata = pod["metadata"]
    if (metadata.get("annotations") or {}).get(PLAN_ANNOTATION) != digest:
        kube.annotate(POD.ref(metadata["name"], metadata["namespace"]), {PLAN_ANNOTATION: digest})
