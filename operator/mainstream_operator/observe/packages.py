"""M-Packages of apps, read in the background: a slow store, or one that is away, holds up nobody.

`read_all` answers soon with what is known. What has to be read is read by a few threads, for one namespace after the
other; then `changed` is called for the nodes that asked. What no app needs any more is not read, is given up where that
has begun, and goes first where memory is short. A failure is kept with its reason and tried again later and later; a
package that was read is read again now and then, since a tag may name another one by now. What was read once stays in
use while its store is away.
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from mainstream.api import VideoApp
from mainstream.api.reasons import Reason
from mainstream.api.sinks.review import Review
from mainstream.api.sinks.sink import ClipsSink
from mainstream.back_off import back_off_s
from mainstream.decide.inputs import PackageState
from mainstream.decide.refusal import Refusal
from mainstream.decide.refuse import refuse_package
from mainstream.errors import InvalidInputError
from mainstream.messages.status_report import WantedUpload
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.reading import open_package
from mainstream.mpackage.reference import parse_reference
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.review.objects import key_of
from mainstream_operator.observe.fair_queue import FairQueue
from mainstream_operator.observe.package_memory import SPARE_BYTES, has_room, size_bytes
from mainstream_operator.observe.stores import SecretProblemError, StoreOpener

_READERS = 8
_READ_AGAIN_S = 300.0
_FIRST_RETRY_S = 5.0
_LAST_RETRY_S = 300.0
_PATIENCE_S = 0.3
_URL_LIFETIME_S = 300
_MOST_SPARE = 1000
"""packages that are remembered though no app needs them, however small"""
_BEING_READ = PackageState()
_NO_ROOM = Refusal(
    Reason.PACKAGES_TOO_LARGE,
    "The packages of this namespace take more of the operator's memory than is left for it; suspend or delete an app, "
    "or publish packages with fewer candidates.",
)


@dataclass(frozen=True)
class _Entry:
    app: VideoApp | None = None
    """one of those that need it, for whom it is read"""
    state: PackageState = _BEING_READ
    due_s: float = 0.0
    failures: int = 0
    reading: bool = False
    nodes: frozenset[str] = frozenset()
    """that asked for it"""
    first: threading.Event = field(default_factory=threading.Event)
    """set once it was read, or could not be"""
    size_bytes: int = 0


class PackageReader:
    """Reads packages for the whole operator."""

    def __init__(self, opener: StoreOpener, changed: Callable[[str], None]) -> None:
        self._opener = opener
        self._changed = changed
        self._entries: dict[str, _Entry] = {}
        self._needed: dict[str, frozenset[str]] = {}
        """keys by the node that asked for them last"""
        self._queue = FairQueue()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="packages")

    def read_all(self, apps: Iterable[VideoApp], node: str) -> dict[str, PackageState]:
        """What is known of the packages of all apps of a node that need theirs, by key of the app.

        Starts reading what is due, and calls `changed(node)` if it then knows other things. Those that were never read
        are waited for a little: most stores answer at once, and one reconcile is enough.
        """
        asking = list(apps)
        wanted = {app.key: _key(app) for app in asking}
        with self._lock:
            self._needed[node] = frozenset(wanted.values())
            for app in asking:
                self._ask(app, node)
            self._let_go()
            pending = [self._entries[key] for key in wanted.values() if self._entries[key].state.pending]
        deadline_s = time.monotonic() + _PATIENCE_S
        for entry in pending:
            if not entry.first.wait(max(0.0, deadline_s - time.monotonic())):
                break
        with self._lock:
            # One that nobody needs any more by now may be gone.
            return {app: self._entries.get(key, _Entry()).state for app, key in wanted.items()}

    def forget(self, node: str) -> None:
        """Nothing is read any more for a node that is gone."""
        with self._lock:
            if self._needed.pop(node, None) is not None:
                self._let_go()

    def _ask(self, app: VideoApp, node: str) -> None:
        """Note who needs it; under the lock."""
        key = _key(app)
        entry = self._entries.pop(key, None) or _Entry(app)
        start = not entry.reading and time.monotonic() >= entry.due_s
        self._entries[key] = replace(entry, app=app, reading=entry.reading or start, nodes=entry.nodes | {node})
        if start:
            self._queue.put(app.metadata.namespace or "", key)
            self._pool.submit(self._work)

    def _let_go(self) -> None:
        """Of what no app needs, the longest unused first; what was not begun to be read is not read. Under the lock."""
        needed = frozenset().union(*self._needed.values())
        unneeded = [(key, entry) for key, entry in self._entries.items() if key not in needed]
        spare_bytes = sum(entry.size_bytes for _, entry in unneeded)
        for number, (key, entry) in enumerate(unneeded):
            if entry.app is not None and self._queue.drop(entry.app.metadata.namespace or "", key):
                self._entries[key] = replace(entry, reading=False)
            if entry.state.pending or spare_bytes > SPARE_BYTES or len(unneeded) - number > _MOST_SPARE:
                spare_bytes -= entry.size_bytes
                del self._entries[key]

    def signed_url(self, app: VideoApp, blob: Blob) -> str:
        """URL that reads one blob of the app's package for some minutes."""
        return self._open(app).signed_url(blob_key(blob), _URL_LIFETIME_S)

    def close(self) -> None:
        """Read nothing more, and give up what is being read."""
        with self._lock:
            self._needed.clear()
            self._let_go()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _open(self, app: VideoApp) -> S3Store:
        reference = parse_reference(app.spec.package.reference)
        if reference.store is None or not reference.store.startswith("s3://"):
            raise InvalidInputError("in a cluster a package lies in S3: write s3://bucket/prefix/name@version")
        return self._opener.open(reference.store, app.spec.package.store, app.metadata.namespace or "")

    def signed_upload(self, app: VideoApp, wanted: WantedUpload) -> str | None:
        """URL that writes one file of the app for some minutes, below the prefix that its sink, or what is kept for
        review, names; None where the app has no such place.
        """
        places = app.spec.destinations
        place = places[wanted.sink] if wanted.sink < len(places) else None
        match place:
            case ClipsSink():
                key = f"{app.metadata.name}/{wanted.name}"
            case Review():
                key = key_of(app.metadata.name, wanted.name)
            case _:
                return None
        store = self._opener.open(place.prefix, place.store, app.metadata.namespace or "")
        return store.signed_upload(key, wanted.size_bytes, _URL_LIFETIME_S)

    def _work(self) -> None:
        """Read for whoever's turn it is, until it is nobody's."""
        while True:
            with self._lock:
                turn = self._queue.take()
                entry = None if turn is None else self._entries.get(turn[1])
            if turn is None:
                return
            try:
                if entry is not None and entry.app is not None:
                    self._read(turn[1], entry.app)
            finally:
                with self._lock:
                    self._queue.done(turn[0])

    def _read(self, key: str, app: VideoApp) -> None:
        size = 0
        try:
            reference = parse_reference(app.spec.package.reference)
            store = self._open(app).while_wanted(lambda: self._is_needed(key))
            state = PackageState(manifest=open_package(store, reference))
        except Exception as error:
            state = _failed(error)
        if state.manifest is not None:
            size = size_bytes(state.manifest)
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return
            namespace = app.metadata.namespace or ""
            if state.manifest is not None and not has_room(namespace, size, self._taken(but=key)):
                state, size = PackageState(refusal=_NO_ROOM), 0
            if state == entry.state:
                # What was worked out of a manifest is kept beside it.
                state = entry.state
            failures = 0 if state.manifest is not None else entry.failures + 1
            if state.unknown and entry.state.manifest is not None:
                state, size = entry.state, entry.size_bytes
            wait_s = back_off_s(failures, _LAST_RETRY_S, first_s=_FIRST_RETRY_S) if failures else _READ_AGAIN_S
            # Nodes that still need it ask again.
            self._entries[key] = _Entry(
                app, state, time.monotonic() + wait_s, failures, first=entry.first, size_bytes=size
            )
        entry.first.set()
        if state != entry.state:
            for node in entry.nodes:
                self._changed(node)

    def _is_needed(self, key: str) -> bool:
        """Whether some app still needs it; else what was begun to be read is given up."""
        with self._lock:
            return any(key in keys for keys in self._needed.values())

    def _taken(self, *, but: str) -> dict[str, int]:
        """Bytes of what apps need, by namespace, without one package; under the lock."""
        taken: dict[str, int] = {}
        for key in frozenset().union(*self._needed.values()) - {but}:
            entry = self._entries.get(key)
            if entry is not None and entry.app is not None and entry.size_bytes:
                namespace = entry.app.metadata.namespace or ""
                taken[namespace] = taken.get(namespace, 0) + entry.size_bytes
        return taken


def _key(app: VideoApp) -> str:
    return f"{app.metadata.namespace} {app.spec.package.model_dump_json()}"


def _failed(error: Exception) -> PackageState:
    """What a tenant reads; nothing in it comes from a secret."""
    if isinstance(error, SecretProblemError):
        return PackageState(refusal=Refusal(error.reason, error.message))
    return PackageState(refusal=refuse_package(error))
