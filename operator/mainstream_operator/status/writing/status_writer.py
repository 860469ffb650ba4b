"""Writes statuses, and then, only where that succeeded, has the Events of it recorded.

Some are written at a time, and for no longer than a moment, a shorter one where there is news: then the node is looked
at again, so that an app that came meanwhile has its status before thousands that came before it. Those that are only
old come last of their namespace, the oldest first.
"""

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from mainstream.api.kinds import AnyStatus
from mainstream.api.model import API_VERSION, Metadata
from mainstream_operator.kinds import OWN_KINDS
from mainstream_operator.kube import Kube, KubeError
from mainstream_operator.status.statuses import ObjectStatus
from mainstream_operator.status.writing.event_messages import event_messages
from mainstream_operator.status.writing.event_recorder import EventRecorder
from mainstream_operator.status.writing.refreshes import Refreshes
from mainstream_operator.status.writing.write_decision import write_decision
from mainstream_operator.status.writing.write_order import in_turn, oldest_first

_log = logging.getLogger(__name__)
_NOT_FOUND, _NO_ANSWER = 404, 0
_AT_ONCE = 8
LONGEST_S = 1.0
"""of one reconcile; the rest has its turn in the next"""
SHORTEST_S = 0.3
"""of one reconcile, whatever happens meanwhile: however often that is, statuses are written"""

REFUSED_S = 5.0
"""after which a status that the API server did not take is written again"""


class StatusWriter:
    """Writes the statuses of our own objects."""

    def __init__(self, kube: Kube, recorder: EventRecorder) -> None:
        self._kube = kube
        self._recorder = recorder
        self._refreshes = Refreshes(time.monotonic)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="statuses")

    def write(
        self, statuses: Iterable[ObjectStatus], now: datetime, news: Callable[[], bool] = lambda: False
    ) -> float | None:
        """Write those that are worth it; seconds until the first of the others is, None where none will be.

        With `news` somebody may wait who comes before the rest. One that the API server does not take (its tenant may
        have filled the object until no status has room) concerns no other: the node is looked at again all the same.
        """
        decisions = [(status, write_decision(status.before, status.after, now)) for status in statuses]
        waits_s = [decision.again_s for _, decision in decisions if decision.again_s is not None]
        old = oldest_first(status for status, decision in decisions if decision.stale)
        news_of = [status for status, decision in decisions if decision.write]
        due = in_turn([*news_of, *old[: self._refreshes.take(len(old))]])
        start_s = time.monotonic()
        errors: list[KubeError] = []
        for start in range(0, len(due), _AT_ONCE):
            took_s = time.monotonic() - start_s
            if start and (took_s > LONGEST_S or (took_s > SHORTEST_S and news())):
                waits_s.append(0.0)
                break
            errors += [
                each for each in self._pool.map(partial(self._write, now=now), due[start : start + _AT_ONCE]) if each
            ]
        for error in errors:
            if error.status == _NO_ANSWER:
                raise error
        return min([*waits_s, *(REFUSED_S for _ in errors)], default=None)

    def write_one(self, status: ObjectStatus, now: datetime, *, with_events: bool) -> None:
        """Write one at once, whether it is worth it or not."""
        if self._apply(status.kind, status.metadata, status.after) and with_events:
            self._record(status, now)

    def close(self) -> None:
        """Write nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _write(self, status: ObjectStatus, *, now: datetime) -> KubeError | None:
        """What kept it from being written: that concerns no other status."""
        try:
            self.write_one(status, now, with_events=True)
        except KubeError as error:
            _log.warning("a status was not taken: %s", error, extra={"object": f"{status.kind} {status.metadata.name}"})
            return error
        return None

    def _record(self, status: ObjectStatus, now: datetime) -> None:
        for event in event_messages(status.before, status.after) if status.before is not None else ():
            self._recorder.record(event, status.kind, status.metadata, now)

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
