"""Tells apps that they are beyond their namespace's quota, beside all nodes and after everybody else.

However many a namespace makes, they are written one at a time, the namespaces in turn and of each the newest first, and
for a part of the time alone: so they cost the API server and this process little, and nobody waits for them.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from mainstream.api import VideoApp
from mainstream.decide.admission.quotas import Quotas, beyond_quota, counted_as
from mainstream.decide.refusal import Refusal
from mainstream_operator.kinds import APP
from mainstream_operator.kube import KubeError
from mainstream_operator.status.beyond_quota.told import beyond_quota_status, is_told, was_planned
from mainstream_operator.status.statuses import ObjectStatus
from mainstream_operator.status.writing.status_writer import StatusWriter
from mainstream_operator.watch.cluster_state import ClusterState

_log = logging.getLogger(__name__)
_IDLE_S = 0.5
_REST = 4.0
"""times as long as a write took, until the next one"""
_LEAST_REST_S = 0.02
_FAILED_S = 1.0
"""after a write that failed; its app comes last of its namespace then"""


class QuotaTelling:
    """Whoever is to be told; belongs to one event loop."""

    def __init__(
        self, cluster: ClusterState, quotas: Quotas, writer: StatusWriter, now: Callable[[], datetime]
    ) -> None:
        self._cluster = cluster
        self._quotas = quotas
        self._writer = writer
        self._now = now
        self._waiting: dict[str, dict[str, None]] = {}
        """keys of apps, by namespace; the one whose turn is next comes first, the newest app last"""

    def look_at(self, key: str) -> None:
        """Have an app told if it is beyond the quota, and does not say so."""
        app = self._cluster.apps.get(key)
        if app is None or self._refusal(app) is None:
            self._forget(key)
        else:
            self._waiting.setdefault(key.partition("/")[0], {})[key] = None

    async def keep_telling(self, leads: Callable[[], bool]) -> None:
        """For good, whenever this operator leads."""
        loop = asyncio.get_running_loop()
        while True:
            found = self._next() if leads() else None
            if found is None:
                await asyncio.sleep(_IDLE_S)
                continue
            app, start_s = found[0], time.monotonic()
            try:
                await loop.run_in_executor(None, self._tell, *found)
                await asyncio.sleep(max(_LEAST_REST_S, _REST * (time.monotonic() - start_s)))
            except KubeError as error:
                _log.warning("a status was not written: %s", error, extra={"object": f"VideoApp {app.key}"})
                namespace = app.metadata.namespace or ""
                self._waiting[namespace] = {app.key: None, **self._waiting.get(namespace, {})}
                await asyncio.sleep(_FAILED_S)

    def _tell(self, app: VideoApp, refusal: Refusal) -> None:
        now = self._now()
        status = ObjectStatus(APP.name, app.metadata, app.status, beyond_quota_status(app, refusal, now))
        # Of thousands that never ran an Event each would say no more than the statuses do.
        self._writer.write_one(status, now, with_events=was_planned(app))

    def _next(self) -> tuple[VideoApp, Refusal] | None:
        """The newest of the namespace whose turn it is, and what it is to be told."""
        while self._waiting:
            namespace = next(iter(self._waiting))
            waiting = self._waiting.pop(namespace)
            key, _ = waiting.popitem()
            if waiting:
                self._waiting[namespace] = waiting
            app = self._cluster.apps.get(key)
            refusal = None if app is None else self._refusal(app)
            if app is not None and refusal is not None:
                return app, refusal
        return None

    def _refusal(self, app: VideoApp) -> Refusal | None:
        """What it is to be told; None where it is within the quota, or says so."""
        namespace = app.metadata.namespace or ""
        limit = self._quotas.of(namespace).apps
        if limit is None or not self._cluster.index.is_beyond(app, self._quotas):
            return None
        refusal = beyond_quota(namespace, counted_as(app), limit)
        return None if is_told(app, refusal) else refusal

    def _forget(self, key: str) -> None:
        namespace = key.partition("/")[0]
        waiting = self._waiting.get(namespace, {})
        waiting.pop(key, None)
        if not waiting:
            self._waiting.pop(namespace, None)
