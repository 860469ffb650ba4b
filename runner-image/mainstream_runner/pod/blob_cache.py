"""Blobs on the node's disk: what a plan lacks, fetching it, and letting go of what nobody needs.

The folder has the form of a folder store, so that the engine loads from it. Nothing is used before its size and sha256
were checked; a fetch that fails is tried again later and later, with whatever URL there is by then.
"""

import contextlib
import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

from mainstream.back_off import back_off_s
from mainstream.hosts.connecting import SaysRules, no_rules
from mainstream.mpackage.manifest import Blob
from mainstream.runner_plan import RunnerPlan, blobs_of
from mainstream.status_report import SignedBlob
from mainstream_runner.pinned_http import tenants_client

_log = logging.getLogger(__name__)
_FETCHERS = 4
_TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_SLOW_S = 30.0
_SLOWEST_BYTES_PER_S = 20_000.0
"""a store that drips must not keep the fetchers from the blobs of others"""
_KEPT_BYTES = 1 << 30


@dataclass
class _Attempt:
    running: bool = True
    failures: int = 0
    not_before_s: float = 0.0


class BlobCache:
    """Blobs by digest; may be used from several threads."""

    def __init__(self, folder: Path, rules: SaysRules = no_rules) -> None:
        self.folder = folder
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        for left_over in (folder / "blobs").glob(".*"):
            left_over.unlink(missing_ok=True)
        self._attempts: dict[str, _Attempt] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_FETCHERS, thread_name_prefix="fetch")
        self._client = tenants_client(_TIMEOUT, rules)

    def lacks(self, plan: RunnerPlan) -> tuple[Blob, ...]:
        """Blobs of the plan that are not here in their full size, each once."""
        return tuple(blob for blob in blobs_of(plan).values() if not self.has(blob))

    def put_out_spoiled(self, plan: RunnerPlan) -> int:
        """Let go of blobs of the plan that are no longer what their digest says, so that they are fetched again.

        Reads them all; how many there were.
        """
        spoiled = [blob for blob in blobs_of(plan).values() if self.has(blob) and not self._is_good(blob)]
        for blob in spoiled:
            _log.warning("blob %s was changed on the disk and is fetched again", blob.sha256[:12])
            self._path(blob.sha256).unlink(missing_ok=True)
        return len(spoiled)

    def fetch(self, signed: Iterable[SignedBlob]) -> None:
        """Start to fetch what is not here, unless that is under way or was tried just now."""
        for each in signed:
            digest = each.blob.sha256
            if self.has(each.blob):
                continue
            with self._lock:
                attempt = self._attempts.get(digest, _Attempt(running=False))
                if attempt.running or time.monotonic() < attempt.not_before_s:
                    continue
                self._attempts[digest] = _Attempt(failures=attempt.failures)
            self._pool.submit(self._fetch, each.blob, each.url)

    def keep(self, *plans: RunnerPlan) -> None:
        """Let go of what none of the plans needs, the longest unused first, beyond what may lie here."""
        needed = {digest for plan in plans for digest in blobs_of(plan)}
        for digest in needed:
            with contextlib.suppress(OSError):
                os.utime(self._path(digest))
        files = sorted((self.folder / "blobs").glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime)
        total = sum(path.stat().st_size for path in files)
        for path in files:
            if total <= _KEPT_BYTES:
                return
            if path.name not in needed:
                total -= path.stat().st_size
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Fetch nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _fetch(self, blob: Blob, url: str) -> None:
        failures = 0
        try:
            self._write(blob, self._read(blob, url))
        except Exception as error:
            # Of the error its kind alone: its text holds the URL, and that is a key.
            with self._lock:
                failures = self._attempts[blob.sha256].failures + 1
            _log.warning("blob %s was not fetched: %s", blob.sha256[:12], type(error).__name__)
        wait_s = back_off_s(failures) if failures else 0.0
        with self._lock:
            if failures:
                self._attempts[blob.sha256] = _Attempt(False, failures, time.monotonic() + wait_s)
            else:
                self._attempts.pop(blob.sha256, None)

    def _read(self, blob: Blob, url: str) -> bytes:
        content = bytearray()
        end_s = time.monotonic() + _SLOW_S + blob.size_bytes / _SLOWEST_BYTES_PER_S
        with self._client.stream("GET", url) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                if time.monotonic() > end_s:
                    raise TimeoutError("slower than anybody waits for")
                content += chunk
                if len(content) > blob.size_bytes:
                    raise ValueError("more bytes than announced")
        if len(content) != blob.size_bytes or hashlib.sha256(content).hexdigest() != blob.sha256:
            raise ValueError("not the bytes that were announced")
        return bytes(content)

    def _write(self, blob: Blob, content: bytes) -> None:
        hidden = self.folder / "blobs" / f".{uuid4().hex}"
        try:
            with hidden.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            hidden.replace(self._path(blob.sha256))
        except OSError:
            hidden.unlink(missing_ok=True)
            raise

    def has(self, blob: Blob) -> bool:
        """Whether it is here in its full size."""
        try:
            return self._path(blob.sha256).stat().st_size == blob.size_bytes
        except OSError:
            return False

    def _is_good(self, blob: Blob) -> bool:
        try:
            with self._path(blob.sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == blob.sha256
        except OSError:
            return False

    def _path(self, digest: str) -> Path:
        return self.folder / "blobs" / digest
