"""Definitions, operator, versions, rights, clocks. Pure."""

from collections.abc import Iterator
from datetime import timedelta

from mainstream.api.crd import custom_resource_definition
from mainstream.api.kinds import RESOURCE_KINDS
from mainstream.api.model import GROUP
from mainstream_kubectl.doctor.facts import Facts
from mainstream_kubectl.doctor.fault import Fault
from mainstream_operator.kube import Body

_OLDEST_KUBERNETES = (1, 29)
_CLOCK_BAND = timedelta(seconds=10)
_UPGRADE = "`helm upgrade` the release with crds.install=true, and use the same version of `kubectl mainstream`"


def check_definitions(facts: Facts) -> Iterator[Fault]:
    """There, established, and of this version."""
    for kind in RESOURCE_KINDS.values():
        about, body = f"definition {kind.plural}.{GROUP}", facts.definitions.get(kind.plural)
        if body is None:
            yield Fault(about, "is missing, so no such object can be made", "`helm upgrade` with crds.install=true")
            continue
        if not body:
            continue
        conditions = {each["type"]: each["status"] for each in body.get("status", {}).get("conditions", [])}
        if conditions.get("Established") != "True":
            yield Fault(about, "is not established", f"see `kubectl describe crd {kind.plural}.{GROUP}`")
        lacking = sorted(_fields(custom_resource_definition(kind)) - _fields(body))
        if lacking:
            yield Fault(about, f"does not know {', '.join(lacking[:4])}, so the API server drops them", _UPGRADE)


def _fields(definition: Body) -> set[str]:
    """Fields of spec and status of all versions that are served."""
    found = set()
    for each in definition["spec"]["versions"]:
        properties = each.get("schema", {}).get("openAPIV3Schema", {}).get("properties", {})
        for part in ("spec", "status"):
            found |= {f"{part}.{name}" for name in properties.get(part, {}).get("properties", {})}
    return found


def check_operator(facts: Facts) -> Iterator[Fault]:
    """One release, running, of this version, with its rights."""
    if not facts.operators:
        if not any("deployments" in each for each in facts.unseen):
            yield Fault(
                f"namespace {facts.system}",
                "has no operator, so nothing is planned",
                "`helm install` the chart there, or name the release's namespace with --system",
            )
        return
    for each in facts.operators:
        name = f"Deployment {each['metadata']['name']}"
        if not each.get("status", {}).get("availableReplicas"):
            wanted = each.get("spec", {}).get("replicas", 1)
            yield Fault(
                name,
                "is scaled to 0" if wanted == 0 else "has no available pod",
                f"`kubectl -n {facts.system} scale deployment {each['metadata']['name']} --replicas=1`"
                if wanted == 0
                else f"see `kubectl -n {facts.system} describe pods -l app.kubernetes.io/name=mainstream-operator`",
            )
        runs = each["metadata"].get("labels", {}).get("app.kubernetes.io/version", facts.own_version)
        if runs != facts.own_version:
            yield Fault(
                name, f"is version {runs}, this program {facts.own_version}", "install the same version of both"
            )
    missing = facts.missing_rights
    if missing:
        named = ", ".join(str(each.right) for each in missing[:4])
        more = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
        yield Fault(
            f"ServiceAccount {missing[0].account}",
            f"may not {named}{more}",
            "`helm upgrade` makes the chart's roles and bindings anew",
        )


def check_versions(facts: Facts) -> Iterator[Fault]:
    """Of Kubernetes."""
    numbers = tuple(int(part) for part in facts.server.split(".")[:2] if part.isdigit())
    if numbers and numbers < _OLDEST_KUBERNETES:
        yield Fault("the API server", f"is Kubernetes {facts.server}", "upgrade to 1.29 or newer")


def check_clock(facts: Facts) -> Iterator[Fault]:
    """Of this machine."""
    if abs(facts.clock_off) > _CLOCK_BAND:
        seconds = facts.clock_off.total_seconds()
        yield Fault(
            "this machine's clock",
            f"is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} the API server's",
            "let both be set by NTP",
        )
