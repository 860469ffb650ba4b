"""Writes Kubernetes Events, beside reconciling: an Event is a courtesy, the status stands without it.

What waits is bounded. Where more is to be told than the API server takes (a whole fleet was just planned), the oldest
go, and it is logged how many.
"""

import logging
import threading
from collections import deque

from mainstream_operator.kube import Body, Kube, KubeError, Ref

_log = logging.getLogger(__name__)
_MOST_WAITING = 1000
_CLOSING_S = 2.0


class Announcer:
    """One thread that writes Events in the order in which they happened."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._waiting: deque[tuple[Ref, Body]] = deque()
        self._lost = 0
        self._changed = threading.Condition()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="events", daemon=True)
        self._thread.start()

    def tell(self, ref: Ref, body: Body) -> None:
        """Have an Event written some time soon."""
        with self._changed:
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.popleft()
                self._lost += 1
            self._waiting.append((ref, body))
            self._changed.notify()

    def close(self) -> None:
        """Write what waits, for a moment."""
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
                (ref, body), lost, self._lost = self._waiting.popleft(), self._lost, 0
            if lost:
                _log.warning("%d Events were left out, since too many waited", lost)
            try:
                self._kube.create(ref, body)
            except KubeError as error:
                about = body.get("involvedObject", {})
                name = f"{about.get('kind')} {about.get('namespace')}/{about.get('name')}"
                _log.warning("an Event was not accepted", extra={"object": name, "status": error.status})
