"""M-Packages of apps, read in the background: a slow store, or one that is away, holds up nobody.

`read` answers at once with what is known. What has to be read is read by a few threads; then `changed` is called for
the nodes that asked. A failure is kept with its reason and tried again later and later; a package that was read is read
again now and then, since a tag may name another one by now. What was read once stays in use while its store is away.
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from mainstream.api import VideoApp
from mainstream.api.sinks import ClipsSink
from mainstream.back_off import back_off_s
from mainstream.decide.inputs import PackageState
from mainstream.decide.refusal import Refusal
from mainstream.decide.refuse import refuse_package
from mainstream.errors import InvalidInputError
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.reading import open_package
from mainstream.mpackage.reference import parse_reference
from mainstream.mpackage.s3_store import S3Store
from mainstream.status_report import WantedUpload
from mainstream_operator.observe.stores import SecretProblemError, StoreOpener

_READERS = 4
_READ_AGAIN_S = 300.0
_FIRST_RETRY_S = 5.0
_LAST_RETRY_S = 300.0
_PATIENCE_S = 0.3
_URL_LIFETIME_S = 300
_KEPT = 2000
"""packages remembered; the one longest unused goes first"""


_BEING_READ = PackageState()


@dataclass(frozen=True)
class _Entry:
    state: PackageState = _BEING_READ
    due_s: float = 0.0
    failures: int = 0
    reading: bool = False
    nodes: frozenset[str] = frozenset()
    """that asked for it"""
    first: threading.Event = field(default_factory=threading.Event)
    """set once it was read, or could not be"""


class PackageReader:
    """Reads packages for the whole operator."""

    def __init__(self, opener: StoreOpener, changed: Callable[[str], None]) -> None:
        self._opener = opener
        self._changed = changed
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="packages")

    def read(self, app: VideoApp, node: str) -> PackageState:
        """What is known; starts reading where that is due, and calls `changed(node)` if it then knows other things."""
        key = _key(app)
        with self._lock:
            entry = self._entries.pop(key, _Entry())
            start = not entry.reading and time.monotonic() >= entry.due_s
            self._entries[key] = replace(entry, reading=entry.reading or start, nodes=entry.nodes | {node})
            while len(self._entries) > _KEPT:
                self._entries.pop(next(iter(self._entries)))
        if start:
            self._pool.submit(self._read, key, app)
        return entry.state

    def read_all(self, apps: Iterable[VideoApp], node: str) -> dict[str, PackageState]:
        """What is known of the packages of several apps, by key.

        Those that were never read are waited for a little: most stores answer at once, and one reconcile is enough.
        """
        wanted = list(apps)
        states = {app.key: self.read(app, node) for app in wanted}
        pending = [app for app in wanted if states[app.key].pending]
        deadline_s = time.monotonic() + _PATIENCE_S
        for app in pending:
            with self._lock:
                entry = self._entries.get(_key(app))
            if entry is None or not entry.first.wait(max(0.0, deadline_s - time.monotonic())):
                break
        return states | {app.key: self.read(app, node) for app in pending}

    def signed_url(self, app: VideoApp, blob: Blob) -> str:
        """URL that reads one blob of the app's package for some minutes."""
        return self._open(app).signed_url(blob_key(blob), _URL_LIFETIME_S)

    def close(self) -> None:
        """Start no more reading."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _open(self, app: VideoApp) -> S3Store:
        reference = parse_reference(app.spec.package.reference)
        if reference.store is None or not reference.store.startswith("s3://"):
            raise InvalidInputError("in a cluster a package lies in S3: write s3://bucket/prefix/name@version")
        return self._opener.open(reference.store, app.spec.package.store, app.metadata.namespace or "")

    def signed_upload(self, app: VideoApp, wanted: WantedUpload) -> str | None:
        """URL that writes one clip of the app for some minutes, below the prefix that the sink names; None where the
        app has no such sink.
        """
        sinks = app.spec.sinks
        sink = sinks[wanted.sink] if wanted.sink < len(sinks) else None
        if not isinstance(sink, ClipsSink):
            return None
        store = self._opener.open(sink.prefix, sink.store, app.metadata.namespace or "")
        return store.signed_upload(f"{app.metadata.name}/{wanted.name}", wanted.size_bytes, _URL_LIFETIME_S)

    def _read(self, key: str, app: VideoApp) -> None:
        try:
            reference = parse_reference(app.spec.package.reference)
            state = PackageState(manifest=open_package(self._open(app), reference))
        except Exception as error:
            state = _failed(error)
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return
            failures = 0 if state.manifest is not None else entry.failures + 1
            if state.unknown and entry.state.manifest is not None:
                state = entry.state
            wait_s = back_off_s(failures, _LAST_RETRY_S, first_s=_FIRST_RETRY_S) if failures else _READ_AGAIN_S
            # Nodes that still need it ask again.
            self._entries[key] = _Entry(state, time.monotonic() + wait_s, failures, first=entry.first)
        entry.first.set()
        if state != entry.state:
            for node in entry.nodes:
                self._changed(node)


def _key(app: VideoApp) -> str:
    return f"{app.metadata.namespace} {app.spec.package.model_dump_json()}"


def _failed(error: Exception) -> PackageState:
    """What a tenant is told; nothing in it comes from a secret."""
    if isinstance(error, SecretProblemError):
        return PackageState(refusal=Refusal(error.reason, error.message))
    return PackageState(refusal=refuse_package(error))
