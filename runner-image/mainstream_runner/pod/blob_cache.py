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
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import httpx

from mainstream.back_off import back_off_s
from mainstream.hosts.connecting import SaysRules, no_rules
from mainstream.messages.runner_plan import RunnerPlan, blobs_of
from mainstream.messages.status_report import SignedBlob
from mainstream.mpackage.manifest import Blob
from mainstream_runner.pinned_http import tenants_client

_log = logging.getLogger(__name__)
_FETCHERS = 4
_TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_GRACE_S = 10.0
_SLOWEST_BYTES_PER_S = 20_000.0
"""a store that drips must not keep the fetchers from the blobs of others"""
_KEPT_BYTES = 1 << 30


_NOT_GIVEN = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""answers of a store that does not have a blob; without the right to list, S3 forbids instead"""


@dataclass
class _Attempt:
    running: bool = True
    failures: int = 0
    not_before_s: float = 0.0
    not_given: int = 0
    """in a row"""
    stores: int = 1
    """that the blob may come from"""


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

    def is_missing(self, digest: str) -> bool:
        """Whether every store that a blob may come from has answered that it does not give it."""
        with self._lock:
            attempt = self._attempts.get(digest)
            return attempt is not None and attempt.not_given >= attempt.stores

    def fetch(self, signed: Iterable[SignedBlob]) -> None:
        """Start to fetch what is not here, unless that is under way or was tried just now."""
        by_blob: dict[Blob, list[str]] = {}
        for each in signed:
            by_blob.setdefault(each.blob, []).append(each.url)
        for blob, urls in by_blob.items():
            digest = blob.sha256
            if self.has(blob):
                continue
            with self._lock:
                attempt = self._attempts.get(digest, _Attempt(running=False))
                if attempt.running or time.monotonic() < attempt.not_before_s:
                    continue
                self._attempts[digest] = replace(attempt, running=True, stores=len(urls))
            # Whoever has a blob in its store may serve it; one whose store fails or drips holds up no other.
            self._pool.submit(self._fetch, blob, urls[attempt.failures % len(urls)])

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
        try:
            self._stream(blob, url)
        except Exception as error:
            # Of the error its kind alone: its text holds the URL, and that is a key.
            _log.warning("blob %s was not fetched: %s", blob.sha256[:12], type(error).__name__)
            with self._lock:
                before = self._attempts[blob.sha256]
                failures = before.failures + 1
                self._attempts[blob.sha256] = replace(
                    before,
                    running=False,
                    failures=failures,
                    not_before_s=time.monotonic() + back_off_s(failures),
                    not_given=before.not_given + 1 if _is_not_given(error) else 0,
                )
        else:
            with self._lock:
                self._attempts.pop(blob.sha256, None)

    def _stream(self, blob: Blob, url: str) -> None:
        """To the disk as it comes, under its name once all of it is what was announced."""
        hidden = self.folder / "blobs" / f".{uuid4().hex}"
        try:
            with hidden.open("wb") as file:
                self._receive(blob, url, file)
                file.flush()
                os.fsync(file.fileno())
            hidden.replace(self._path(blob.sha256))
        finally:
            hidden.unlink(missing_ok=True)

    def _receive(self, blob: Blob, url: str, file: BinaryIO) -> None:
        digest, received, start_s = hashlib.sha256(), 0, time.monotonic()
        with self._client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
            response.raise_for_status()
            if int(response.headers.get("content-length", blob.size_bytes)) != blob.size_bytes:
                raise ValueError("another size than announced")
            for chunk in response.iter_raw():
                received += len(chunk)
                if received > blob.size_bytes:
                    raise ValueError("more bytes than announced")
                taken_s = time.monotonic() - start_s
                if taken_s > _GRACE_S and received < taken_s * _SLOWEST_BYTES_PER_S:
                    raise TimeoutError("slower than anybody waits for")
                digest.update(chunk)
                file.write(chunk)
        if received != blob.size_bytes or digest.hexdigest() != blob.sha256:
            raise ValueError("not the bytes that were announced")

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


def _is_not_given(error: Exception) -> bool:
    return isinstance(error, httpx.HTTPStatusError) and error.response.status_code in _NOT_GIVEN
