"""Blobs on a node's disk, fetched from a real HTTP server."""

import hashlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from runner_apps import runner_app, runner_plan

from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import SignedBlob
from mainstream.mpackage.manifest import Blob
from mainstream_runner.pod import blob_cache
from mainstream_runner.pod.blob_cache import BlobCache

CONTENT = b"weights" * 100
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[str]:
    """Serves /good, and /other with the same number of other bytes; has no /gone, and forbids /secret."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in ("/gone", "/secret"):
                self.send_error(404 if self.path == "/gone" else 403)
                return
            content = {"/good": CONTENT, "/other": CONTENT[::-1]}.get(self.path, CONTENT * 2)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named so by the base class
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()


def fetch(cache: BlobCache, url: str, *, expected: bool) -> bool:
    """Ask for the blob and wait until it is here, or would be."""
    cache.fetch([SignedBlob(blob=Blob(sha256=DIGEST, size_bytes=len(CONTENT)), url=url)])
    path = cache.folder / "blobs" / DIGEST
    deadline_s = time.monotonic() + (5 if expected else 1.0)
    while not path.exists() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return path.exists()


def test_a_blob_is_fetched_and_checked(tmp_path: Path, server: str) -> None:
    cache = BlobCache(tmp_path)
    assert fetch(cache, f"{server}/good", expected=True)
    assert (tmp_path / "blobs" / DIGEST).read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["other", "larger"])
def test_other_bytes_than_announced_are_not_kept(tmp_path: Path, server: str, path: str) -> None:
    cache = BlobCache(tmp_path)
    assert not fetch(cache, f"{server}/{path}", expected=False)
    assert not list((tmp_path / "blobs").iterdir())


def test_a_fetch_that_failed_is_not_tried_again_at_once(
    tmp_path: Path, server: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache = BlobCache(tmp_path)
    assert not fetch(cache, f"{server}/other?X-Amz-Signature=key", expected=False)
    assert "X-Amz-Signature" not in caplog.text
    assert fetch(cache, f"{server}/good", expected=True)


def test_a_blob_comes_from_another_store_where_the_first_fails(tmp_path: Path, server: str) -> None:
    cache, blob = BlobCache(tmp_path), Blob(sha256=DIGEST, size_bytes=len(CONTENT))
    both = [SignedBlob(blob=blob, url=f"{server}/{path}") for path in ("other", "good")]
    deadline_s = time.monotonic() + 10
    while not (tmp_path / "blobs" / DIGEST).exists() and time.monotonic() < deadline_s:
        cache.fetch(both)
        time.sleep(0.01)
    assert (tmp_path / "blobs" / DIGEST).read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["gone", "secret"])
def test_a_blob_is_missing_once_every_store_that_may_have_it_has_said_so(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(blob_cache, "back_off_s", lambda failures: 0.0)
    cache, blob = BlobCache(tmp_path), Blob(sha256=DIGEST, size_bytes=len(CONTENT))

    def ask(*paths: str) -> bool:
        """Once more; whether it is missing after that."""
        before = failures()
        cache.fetch([SignedBlob(blob=blob, url=f"{server}/{each}") for each in paths])
        deadline_s = time.monotonic() + 10
        while failures() == before and not cache.has(blob):
            assert time.monotonic() < deadline_s
            time.sleep(0.01)
        return cache.is_missing(DIGEST)

    def failures() -> int:
        attempt = cache._attempts.get(DIGEST)
        return 0 if attempt is None else attempt.failures

    assert not cache.is_missing(DIGEST)
    assert ask(path)
    assert not ask(path, "other")  # a second store, which fails otherwise
    assert not ask(path, path)
    assert ask(path, path)
    assert not ask("good")
    assert cache.has(blob)


def test_a_store_that_drips_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_cache, "_GRACE_S", 0.3)

    class Dripping(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(b"w")
                self.wfile.flush()
                time.sleep(0.05)

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    cache, blob = BlobCache(tmp_path), Blob(sha256=DIGEST, size_bytes=len(CONTENT))
    start_s = time.monotonic()
    with pytest.raises(TimeoutError):
        cache._stream(blob, f"http://127.0.0.1:{listening.server_port}/")
    assert time.monotonic() - start_s < 3
    assert not list((tmp_path / "blobs").iterdir())
    listening.shutdown()


def plan_with(blob: Blob) -> RunnerPlan:
    return runner_plan(runner_app(head=blob))


@pytest.mark.parametrize("spoil", [lambda content: content[:-1] + b"x", lambda content: content[:100], lambda _: b""])
def test_a_blob_that_was_changed_on_the_disk_is_lacking_and_fetched_again(tmp_path: Path, server: str, spoil) -> None:
    cache, plan = BlobCache(tmp_path), plan_with(Blob(sha256=DIGEST, size_bytes=len(CONTENT)))
    assert fetch(cache, f"{server}/good", expected=True)
    assert cache.lacks(plan) == ()
    assert cache.put_out_spoiled(plan) == 0
    (tmp_path / "blobs" / DIGEST).write_bytes(spoil(CONTENT))
    spoiled = cache.put_out_spoiled(plan)
    assert len(cache.lacks(plan)) == 1
    assert spoiled == (len(spoil(CONTENT)) == len(CONTENT))
    deadline_s = time.monotonic() + 10
    while cache.lacks(plan) and time.monotonic() < deadline_s:
        # Told again and again, as the operator does: one fetch may not have ended when the next is asked for.
        cache.fetch([SignedBlob(blob=Blob(sha256=DIGEST, size_bytes=len(CONTENT)), url=f"{server}/good")])
        time.sleep(0.01)
    assert (tmp_path / "blobs" / DIGEST).read_bytes() == CONTENT
