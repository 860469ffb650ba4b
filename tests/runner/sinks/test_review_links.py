"""Messages of alerts say where each can be judged, signed by the node alone; what is kept for review does not."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from runner_apps import runner_app

from mainstream.api.sinks.review import Review
from mainstream.api.sinks.sink import Sink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.messages.alert import Alert, AlertPhase
from mainstream.messages.runner_orders import sink_key
from mainstream.review.links import LINK_KEY, LINK_URL, app_key, open_link
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.spool.spool import Spool

KEY = app_key(b"k" * 32, "door", "uid-1")
FILES: Sink = TypeAdapter(Sink).validate_python({"jsonLines": {"path": "log.jsonl"}})
WANTED = runner_app("door", sinks=(FILES, Review(prefix="s3://kept/here")))


@pytest.fixture
def delivery(tmp_path: Path) -> Iterator[AlertDelivery]:
    spool = Spool(tmp_path / "spool")
    recorder = ClipRecorder(tmp_path / "clips", lambda _: PacketRing())
    made = AlertDelivery(spool, recorder, AlertFiles(tmp_path / "files"), node="n")
    yield made
    made.close()
    spool.close()


def _messages(delivery: AlertDelivery, tmp_path: Path) -> list[dict[str, object]]:
    phases: tuple[AlertPhase, ...] = ("opened", "closed")
    for phase in phases:
        delivery.deliver(WANTED, Alert(phase, "id-1", "door", 1000.0, 0.0, 2.0, 0.9, 1))
    log, deadline_s = tmp_path / "files" / "door" / "log.jsonl", time.monotonic() + 20
    while time.monotonic() < deadline_s and not (log.exists() and log.read_text().count("\n") == 2):
        time.sleep(0.02)
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_each_message_has_a_link_that_opens_its_alert(delivery: AlertDelivery, tmp_path: Path) -> None:
    keys = SinkKeys({LINK_URL: "https://console.example.org/", LINK_KEY: KEY.hex()})
    delivery.keep([WANTED], {sink_key("door", 1): keys})
    messages = _messages(delivery, tmp_path)
    urls = {str(each["review_url"]) for each in messages}
    assert len(messages) == 2
    (url,) = urls
    start, _, token = url.rpartition("/")
    assert start == "https://console.example.org/r"
    assert open_link(token, {"door": KEY}.get, 1001.0).alert == "id-1"
    deadline_s = time.monotonic() + 20
    while time.monotonic() < deadline_s and not list((tmp_path / "clips").rglob("*.alert.json")):
        time.sleep(0.02)
    kept = list((tmp_path / "clips").rglob("*.alert.json"))
    assert len(kept) == 1
    assert token not in kept[0].read_text(encoding="utf-8")


def test_without_a_console_there_is_no_link(delivery: AlertDelivery, tmp_path: Path) -> None:
    delivery.keep([WANTED], {})
    assert all("review_url" not in each for each in _messages(delivery, tmp_path))
