"""Who may take the Lease. Pure.

A Lease that stays as it is for its duration is free. That is told by the own clock, from when it was first seen so:
what time its holder wrote into it does not matter, so a clock that is off takes nothing and keeps nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mainstream_operator.kinds import LEASE
from mainstream_operator.kube import Body, Ref

DURATION_S = 10.0
"""without a change, after which a Lease is free"""
RENEWED_EVERY_S = 2.0
LEADS_FOR_S = 7.0
"""after a renewal was begun its holder writes no more: sooner than anybody else may take the Lease"""


@dataclass(frozen=True)
class SeenLease:
    """A Lease as it was read, and since when it has been so."""

    holder: str
    """empty: nobody"""
    version: str
    """changes with each write; empty: there is no Lease"""
    transitions: int
    since_s: float
    """of the own clock"""


def seen_lease(before: SeenLease | None, body: Body | None, now_s: float) -> SeenLease:
    """What was read just now; since when counts from when this version was first seen."""
    spec: dict[str, Any] = {} if body is None else body.get("spec") or {}
    version = "" if body is None else str(body["metadata"]["resourceVersion"])
    unchanged = before is not None and before.version == version
    return SeenLease(
        holder=str(spec.get("holderIdentity") or ""),
        version=version,
        transitions=int(spec.get("leaseTransitions") or 0),
        since_s=before.since_s if before is not None and unchanged else now_s,
    )


def may_take(seen: SeenLease, identity: str, now_s: float) -> bool:
    """Whether it is free, or one's own."""
    return seen.holder in ("", identity) or now_s - seen.since_s >= DURATION_S


def lease_body(ref: Ref, seen: SeenLease, identity: str, now: datetime) -> Body:
    """The Lease in the hands of `identity` (empty: nobody's), in place of the version that was seen."""
    moment = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    changes = seen.transitions + (seen.holder != identity and identity != "")
    return {
        "apiVersion": LEASE.api,
        "kind": LEASE.name,
        "metadata": {
            "name": ref.name,
            "namespace": ref.namespace,
            **({"resourceVersion": seen.version} if seen.version else {}),
        },
        "spec": {
            "holderIdentity": identity,
            "leaseDurationSeconds": int(DURATION_S),
            "renewTime": moment,
            "leaseTransitions": changes,
        },
    }
