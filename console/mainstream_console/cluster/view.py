"""What the API server has of nodes, streams and apps: listed and watched once, whoever many look at pages."""

from __future__ import annotations

import gc
import logging
import threading
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.kinds import RESOURCE_KINDS
from mainstream.api.model import API_VERSION
from mainstream.back_off import back_off_s
from mainstream.errors import MainstreamError
from mainstream_console.cluster.api_server import ApiServer, Body

_log = logging.getLogger(__name__)
_PLURALS = {"EdgeNode": "edgenodes", "VideoStream": "videostreams", "VideoApp": "videoapps"}
_LAST_RETRY_S = 30.0


@dataclass
class ClusterView:
    """Objects by key; replaced one by one by the watches' threads, read by everybody."""

    nodes: dict[str, EdgeNode] = field(default_factory=dict)
    streams: dict[str, VideoStream] = field(default_factory=dict)
    apps: dict[str, VideoApp] = field(default_factory=dict)

    def note(self, kind: str, body: Body, *, gone: bool = False) -> None:
        """Take note of one object; one that cannot be read is left out, and the log says so."""
        metadata = body.get("metadata") or {}
        key = "/".join(each for each in (metadata.get("namespace"), metadata.get("name")) if each)
        known = self._known(kind)
        if gone:
            known.pop(key, None)
            return
        try:
            known[key] = RESOURCE_KINDS[kind].model.model_validate(body)
        except ValidationError:
            known.pop(key, None)
            _log.warning("%s %s is of another version, and not shown", kind, key)

    def replace(self, kind: str, bodies: list[Body]) -> None:
        """Take note of all objects of a kind."""
        fresh = ClusterView()
        for body in bodies:
            fresh.note(kind, body)
        known, now = self._known(kind), fresh._known(kind)
        for key in set(known) - set(now):
            known.pop(key, None)
        known.update(now)

    def namespaces(self) -> list[str]:
        """Of apps and streams, sorted."""
        return sorted({key.partition("/")[0] for each in (self.apps, self.streams) for key in list(each)})

    def _known(self, kind: str) -> dict[str, Any]:
        known: dict[str, dict[str, Any]] = {"EdgeNode": self.nodes, "VideoStream": self.streams, "VideoApp": self.apps}
        return known[kind]


class Watches:
    """Keeps a view as the API server has it, a thread a kind, until the process ends."""

    def __init__(self, api: ApiServer, view: ClusterView) -> None:
        self._api = api
        self._view = view
        self._stopped = threading.Event()
        self._filled = {kind: threading.Event() for kind in _PLURALS}

    def start(self) -> None:
        """Begin to watch."""
        for kind in _PLURALS:
            threading.Thread(target=self._keep, args=(kind,), name=f"watch {kind}", daemon=True).start()

    @property
    def is_filled(self) -> bool:
        """Whether everything was listed once."""
        return all(each.is_set() for each in self._filled.values())

    def stop(self) -> None:
        """Take note of nothing more."""
        self._stopped.set()

    def _keep(self, kind: str) -> None:
        path, failures = f"/apis/{API_VERSION}/{_PLURALS[kind]}", 0
        while not self._stopped.is_set():
            try:
                bodies, version = self._api.list_all(path)
                self._view.replace(kind, bodies)
                self._filled[kind].set()
                if self.is_filled:
                    _settle()
                failures = 0
                while not self._stopped.is_set():
                    version = self._follow(kind, path, version)
            except MainstreamError as error:
                failures += 1
                _log.warning("%s is watched anew: %s", kind, error)
                self._stopped.wait(back_off_s(failures, _LAST_RETRY_S, first_s=0.5))

    def _follow(self, kind: str, path: str, version: str) -> str:
        for change, body in self._api.watch(path, version):
            version = str(body["metadata"]["resourceVersion"])
            if change != "BOOKMARK":
                self._view.note(kind, body, gone=change == "DELETED")
            if self._stopped.is_set():
                break
        return version


def _settle() -> None:
    """Have the garbage collector pass over what is listed: else each full collection walks through it all, and of 1,000
    apps every tenth page took four times as long.
    """
    gc.collect()
    gc.freeze()
