"""What kstatus makes of an object of ours, by its published rules for custom resources.

The rules are those of sigs.k8s.io/cli-utils, pkg/kstatus/status: being deleted comes first, then a spec that was not
seen, then the conditions Reconciling and Stalled where they are True, then Ready. Flux and `kpt live` decide by them.
"""

from typing import Any, Literal

Verdict = Literal["Current", "InProgress", "Failed", "Terminating"]


def kstatus(body: dict[str, Any]) -> Verdict:
    """The answer for one object as the API server has it."""
    metadata, status = body["metadata"], body.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return "Terminating"
    seen = status.get("observedGeneration")
    if seen is not None and seen != metadata.get("generation"):
        return "InProgress"
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or []}
    if conditions.get("Reconciling") == "True":
        return "InProgress"
    if conditions.get("Stalled") == "True":
        return "Failed"
    if "Ready" in conditions:
        return "Current" if conditions["Ready"] == "True" else "InProgress"
    return "Current"
