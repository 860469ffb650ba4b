"""Clips, pictures and what is kept for review, to a bucket.

The runner holds no key of it, so it reports what waits, and the operator signs URLs. A file that waits is a record of
the spool; the signed URL stays in memory and is used once.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from mainstream.hosts.connecting import HostNotAllowedError, SaysRules, no_rules
from mainstream.messages.status_report import SignedUpload, WantedUpload
from mainstream_runner.file_names import app_folder
from mainstream_runner.pinned_http import tenants_client
from mainstream_runner.sinks.destination import AppSink, Destination, RefusedError, Route
from mainstream_runner.spool.spool import Record

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
_URLS = 1024
_NO_SINK = -1
"""of a record whose sink nobody names any more"""
_CHUNK_BYTES = 1 << 16
MEDIA_TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".json": "application/json"}


@dataclass(frozen=True)
class _Key:
    app: str
    sink: int
    name: str


def clips_route(uploads: "ClipUploads") -> Route:
    """One courier for all uploads; what is not signed yet waits aside."""
    return Route("uploads", lambda: _KeptOpen(uploads), uploads.ready)


class ClipUploads:
    """Writes files to where the operator said."""

    def __init__(self, folder: Path, rules: SaysRules = no_rules) -> None:
        self._folder = folder
        self._urls: dict[_Key, str] = {}
        self._index: dict[str, int] = {}
        self._lock = threading.Lock()
        self._client = tenants_client(_TIMEOUT, rules)

    def serve(self, sinks: Sequence[AppSink]) -> None:
        """Upload for these sinks."""
        with self._lock:
            self._index = {each.name: each.index for each in sinks}

    def take(self, uploads: tuple[SignedUpload, ...]) -> None:
        """Use these URLs for what waits."""
        with self._lock:
            for each in uploads:
                wanted = each.upload
                self._urls[_Key(wanted.app, wanted.sink, wanted.name)] = each.url
            while len(self._urls) > _URLS:
                self._urls.pop(next(iter(self._urls)))

    def wanted(self, record: Record) -> WantedUpload | None:
        """What the operator is asked for; None where it has said already, or where file or sink is gone."""
        size_bytes = self._size_bytes(record)
        with self._lock:
            key = self._key(record)
            signed = key in self._urls
        if size_bytes is None or signed or key.sink == _NO_SINK:
            return None
        return WantedUpload(app=key.app, sink=key.sink, name=key.name, size_bytes=size_bytes)

    def ready(self, record: Record) -> bool:
        """Whether it is known where to write the file; one that is gone waits for nothing."""
        with self._lock:
            signed = self._key(record) in self._urls
        return signed or self._size_bytes(record) is None

    def deliver(self, record: Record) -> str | None:
        """PUT one file."""
        size_bytes = self._size_bytes(record)
        if size_bytes is None:
            raise RefusedError("the clip is no longer on the node's disk, which keeps the newest")
        with self._lock:
            url = self._urls.pop(self._key(record), None)
        if url is None:
            return "the operator has not said where to write the clip"
        path = self._path(record)
        headers = {
            "Content-Length": str(size_bytes),
            "Content-Type": MEDIA_TYPES[path.suffix],
        }
        try:
            with path.open("rb") as file:
                chunks = iter(lambda: file.read(_CHUNK_BYTES), b"")
                status = self._client.put(url, content=chunks, headers=headers).status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            # Its kind alone: its text may hold the URL, and that is a key.
            return f"the clip was not uploaded ({type(error).__name__})"
        except HostNotAllowedError as error:
            return f"the store of clips {error.message}"
        return None if 200 <= status < 300 else f"the store answered {status} to a clip"

    def close(self, *, gone: bool = False) -> None:
        """Close the connection."""
        self._client.close()

    def _size_bytes(self, record: Record) -> int | None:
        try:
            return self._path(record).stat().st_size
        except OSError:
            return None

    def _path(self, record: Record) -> Path:
        return app_folder(self._folder, record.app) / record.id

    def _key(self, record: Record) -> _Key:
        return _Key(record.app, self._index.get(record.sink, _NO_SINK), record.id)


class _KeptOpen:
    """Outlives its courier: the connection stays open when no app names it for a while."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination

    def serve(self, sinks: Sequence[AppSink]) -> None:
        """Pass it on."""
        self._destination.serve(sinks)

    def deliver(self, record: Record) -> str | None:
        """Pass it on."""
        return self._destination.deliver(record)

    def close(self, *, gone: bool) -> None:
        """Stay open."""
