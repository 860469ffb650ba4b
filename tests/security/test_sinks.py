"""Receivers of events and stores of weights that answer as an attacker would, seen from the runner."""

import time
from pathlib import Path

import pytest
from attackers import Start, at_most, dripping, endless, redirecting

from mainstream.api.sinks.sink import WebhookSink
from mainstream.messages.status_report import SignedBlob
from mainstream.mpackage.manifest import Blob
from mainstream_runner.pod import blob_cache
from mainstream_runner.pod.blob_cache import BlobCache
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.sinks.webhook import Webhook
from mainstream_runner.spool.spool import Record

BLOB = Blob(sha256="a" * 64, size_bytes=1000)
SOON_S = 5.0
NO_PICTURES = AlertPictures(Path("/nowhere"))


def message() -> Record:
    return Record(number=1, app="plaza/door", sink="door#0", id="1.opened", body=b"{}", alert="1")


def fetched(folder: Path, url: str) -> bool:
    """Whether anything was kept, when the cache has given up."""
    cache = BlobCache(folder)
    try:
        cache.fetch([SignedBlob(blob=BLOB, url=f"{url}/blob?sig=secret")])
        deadline_s = time.monotonic() + SOON_S
        while cache._attempts.get(BLOB.sha256, None) is None or cache._attempts[BLOB.sha256].running:
            assert time.monotonic() < deadline_s, "still fetching"
            time.sleep(0.02)
        return any((folder / "blobs").iterdir())
    finally:
        cache.close()


def test_an_endless_answer_of_a_webhook_is_not_read(attacker: Start) -> None:
    with at_most(SOON_S):
        assert Webhook(WebhookSink(url=attacker(endless).url), None, NO_PICTURES).deliver(message()) is None


def test_a_webhook_that_sends_elsewhere_is_not_followed(attacker: Start) -> None:
    inside = attacker(endless)
    with at_most(SOON_S):
        webhook = Webhook(WebhookSink(url=attacker(redirecting(inside.url)).url), None, NO_PICTURES)
        assert webhook.deliver(message()) == "the webhook answered 307"
    assert inside.asked == []


def test_an_endless_blob_is_given_up(attacker: Start, tmp_path: Path) -> None:
    assert not fetched(tmp_path, attacker(endless).url)


def test_a_blob_that_drips_is_given_up(attacker: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blob_cache, "_GRACE_S", 0.2)
    monkeypatch.setattr(blob_cache, "_SLOWEST_BYTES_PER_S", 1e9)
    assert not fetched(tmp_path, attacker(dripping).url)


def test_a_store_of_blobs_that_sends_elsewhere_is_not_followed(attacker: Start, tmp_path: Path) -> None:
    inside = attacker(endless)
    assert not fetched(tmp_path, attacker(redirecting(inside.url)).url)
    assert inside.asked == []


def test_a_signed_url_is_not_in_the_log(attacker: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fetched(tmp_path, attacker(endless).url)
    assert "was not fetched" in caplog.text
    assert "sig=secret" not in caplog.text
