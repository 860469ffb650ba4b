"""Records Kubernetes Events, beside reconciling: an Event is a courtesy, the status stands without it.

What waits is bounded, and namespaces take turns. Where more happens at once than the API server takes (a whole fleet
was just planned), the oldest of whichever namespace has most are left out, and it is logged how many.
"""

import hashlib
import logging
import threading
from collections import deque
from datetime import datetime

from mainstream.api.model import API_VERSION, Metadata
from mainstream_operator.kinds import EVENT
from mainstream_operator.kube import Body, Kube, KubeError, Ref
from mainstream_operator.names import FIELD_MANAGER
from mainstream_operator.status.writing.event_messages import EventMessage

_log = logging.getLogger(__name__)
_MOST_WAITING = 1000
_CLOSING_S = 2.0
_LONGEST_MESSAGE = 1000
_LONGEST_NAME = 200
"""of an object, as part of its Event's name"""


class EventRecorder:
    """One thread that records Events, those of a namespace in the order in which they happened."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._waiting: dict[str, deque[tuple[Ref, Body]]] = {}
        """by namespace; the one whose turn is next comes first"""
        self._count = self._lost = 0
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="events", daemon=True)
        self._thread.start()

    def record(self, message: EventMessage, kind: str, metadata: Metadata, now: datetime) -> None:
        """Have an Event about one of our own objects recorded some time soon."""
        body = event_body(message, kind, metadata, now)
        ref = EVENT.ref(body["metadata"]["name"], body["metadata"]["namespace"])
        with self._changed:
            if self._count >= _MOST_WAITING:
                self._take(max(self._waiting, key=lambda each: len(self._waiting[each])))
                self._lost += 1
            self._waiting.setdefault(ref.namespace or "", deque()).append((ref, body))
            self._count += 1
            self._changed.notify()

    def close(self) -> None:
        """Record what waits, for a moment."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join(_CLOSING_S)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._ending:
                    self._changed.wait()
                if not self._waiting:
                    return
                (ref, body), lost, self._lost = self._take(next(iter(self._waiting))), self._lost, 0
            if lost:
                _log.warning("%d Events were left out, since too many waited", lost)
            try:
                self._kube.create(ref, body)
            except KubeError as error:
                about = body.get("involvedObject", {})
                name = f"{about.get('kind')} {about.get('namespace')}/{about.get('name')}"
                _log.warning("an Event was not accepted", extra={"object": name, "status": error.status})

    def _take(self, namespace: str) -> tuple[Ref, Body]:
        """The oldest of a namespace, whose next one then comes after all others'."""
        waiting = self._waiting.pop(namespace)
        first = waiting.popleft()
        if waiting:
            self._waiting[namespace] = waiting
        self._count -= 1
        return first


def event_body(message: EventMessage, kind: str, metadata: Metadata, now: datetime) -> Body:
    """The Event as the API server takes it; of objects without a namespace in `default`, as Kubernetes does it."""
    unique = hashlib.sha256(f"{metadata.uid}{message}{now.isoformat()}".encode()).hexdigest()[:16]
    time = now.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return {
        "apiVersion": EVENT.api,
        "kind": EVENT.name,
        "metadata": {"name": f"{metadata.name[:_LONGEST_NAME]}.{unique}", "namespace": metadata.namespace or "default"},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": kind,
            "name": metadata.name,
            "namespace": metadata.namespace or "",
            "uid": metadata.uid,
        },
        "type": message.type,
        "reason": message.reason,
        "message": message.message[:_LONGEST_MESSAGE],
        "source": {"component": FIELD_MANAGER},
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }
