"""Writes a status, and then, only if that succeeded, the Events that tell of it."""

import hashlib
from datetime import datetime

from mainstream.api.kinds import AnyResource, AnyStatus
from mainstream.api.model import API_VERSION, Metadata
from mainstream_operator.kinds import EVENT, OWN_KINDS
from mainstream_operator.kube import Kube, KubeError
from mainstream_operator.names import FIELD_MANAGER
from mainstream_operator.status.event_recorder import Announcer
from mainstream_operator.status.write_decision import Told, rfc3339, told, verdict

_NOT_FOUND = 404


class Publisher:
    """Tells the cluster how its objects do."""

    def __init__(self, kube: Kube, announcer: Announcer) -> None:
        self._kube = kube
        self._announcer = announcer

    def publish(self, thing: AnyResource, after: AnyStatus, now: datetime) -> float | None:
        """Write the status if it is worth it; seconds after which to look again, if it only is too early."""
        decided = verdict(thing.status, after, now)
        if decided.write:
            self.write(thing.kind, thing.metadata, after, told(thing.status, after), now)
        return decided.again_s

    def write(self, kind: str, metadata: Metadata, after: AnyStatus, events: list[Told], now: datetime) -> None:
        """Write a status whatever it was before; an object that is gone needs none."""
        ref = OWN_KINDS[kind].ref(metadata.name, metadata.namespace)
        identity = {"name": metadata.name, **({"namespace": metadata.namespace} if metadata.namespace else {})}
        body = {
            "apiVersion": API_VERSION,
            "kind": kind,
            # With its uid, or applying would make an object anew that was deleted meanwhile.
            "metadata": {**identity, "uid": metadata.uid},
            "status": after.model_dump(mode="json", by_alias=True, exclude_none=True),
        }
        try:
            self._kube.apply(ref, body, subresource="status")
        except KubeError as error:
            if error.status == _NOT_FOUND:
                return
            raise
        for event in events:
            self._tell(kind, metadata, event, now)

    def _tell(self, kind: str, metadata: Metadata, event: Told, now: datetime) -> None:
        namespace = metadata.namespace or "default"
        unique = hashlib.sha256(f"{metadata.uid}{event}{now.isoformat()}".encode()).hexdigest()[:16]
        name = f"{metadata.name[:200]}.{unique}"
        body = {
            "apiVersion": EVENT.api,
            "kind": EVENT.name,
            "metadata": {"name": name, "namespace": namespace},
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": kind,
                "name": metadata.name,
                "namespace": metadata.namespace or "",
                "uid": metadata.uid,
            },
            "type": event.type,
            "reason": event.reason,
            "message": event.message[:1000],
            "source": {"component": FIELD_MANAGER},
            "firstTimestamp": rfc3339(now),
            "lastTimestamp": rfc3339(now),
            "count": 1,
        }
        self._announcer.tell(EVENT.ref(name, namespace), body)
