"""Writes statuses, and then, only where that succeeded, has the Events of it recorded."""

from collections.abc import Iterable
from datetime import datetime

from mainstream.api.kinds import AnyStatus
from mainstream.api.model import API_VERSION, Metadata
from mainstream_operator.kinds import OWN_KINDS
from mainstream_operator.kube import Kube, KubeError
from mainstream_operator.status.event_messages import event_messages
from mainstream_operator.status.event_recorder import EventRecorder
from mainstream_operator.status.statuses import ObjectStatus
from mainstream_operator.status.write_decision import write_decision

_NOT_FOUND = 404


class StatusWriter:
    """Writes the statuses of our own objects."""

    def __init__(self, kube: Kube, recorder: EventRecorder) -> None:
        self._kube = kube
        self._recorder = recorder

    def write(self, statuses: Iterable[ObjectStatus], now: datetime) -> float | None:
        """Write those that are worth it; seconds until the first of the others is, None where none will be."""
        waits_s = [each for each in (self._write(status, now) for status in statuses) if each is not None]
        return min(waits_s, default=None)

    def _write(self, status: ObjectStatus, now: datetime) -> float | None:
        decision = write_decision(status.before, status.after, now)
        if decision.write and self._apply(status.kind, status.metadata, status.after) and status.before is not None:
            for event in event_messages(status.before, status.after):
                self._recorder.record(event, status.kind, status.metadata, now)
        return decision.again_s

    def _apply(self, kind: str, metadata: Metadata, after: AnyStatus) -> bool:
        """Whether it was written; an object that is gone needs no status."""
        identity = {"name": metadata.name, **({"namespace": metadata.namespace} if metadata.namespace else {})}
        body = {
            "apiVersion": API_VERSION,
            "kind": kind,
            # With its uid, or applying would make an object anew that was deleted meanwhile.
            "metadata": {**identity, "uid": metadata.uid},
            "status": after.model_dump(mode="json", by_alias=True, exclude_none=True),
        }
        try:
            self._kube.apply(OWN_KINDS[kind].ref(metadata.name, metadata.namespace), body, subresource="status")
        except KubeError as error:
            if error.status == _NOT_FOUND:
                return False
            raise
        return True
