"""Pictures travel with alerts to a webhook and to a broker, and none is sent that is gone or too large."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from fault_surroundings import Broker, Receiver
from fault_tools import MissingToolError, wait_for
from packets import filled_ring
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import TypeAdapter
from runner_apps import runner_app

from mainstream.api.sinks.sink import Sink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.messages.alert import Alert, AlertPhase
from mainstream.messages.runner_orders import sink_key
from mainstream.messages.runner_plan import RunnerApp
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.destination import RefusedError
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.sinks.pictures import MOST_BYTES, AlertPictures
from mainstream_runner.sinks.webhook import signature
from mainstream_runner.spool.spool import Spool

SINK: TypeAdapter[Sink] = TypeAdapter(Sink)


def app_with(sink: dict[str, Any]) -> RunnerApp:
    return runner_app("plaza/crossing", sinks=(SINK.validate_python(sink),))


def alert(phase: AlertPhase) -> Alert:
    now_s = time.monotonic()
    return Alert(phase, "id-1", "plaza/crossing", 1.0, now_s, now_s, 0.9, 1)


@pytest.fixture
def delivery(clip: Path, tmp_path: Path) -> Iterator[AlertDelivery]:
    with filled_ring(clip, 60) as ring:
        spool = Spool(tmp_path / "spool")
        made = AlertDelivery(spool, ClipRecorder(tmp_path / "clips", lambda _: ring), AlertFiles(tmp_path), node="n")
        yield made
        made.close()
        spool.close()


def test_a_webhook_that_asks_gets_a_signed_picture_while_the_alert_is_open(delivery: AlertDelivery) -> None:
    receiver = Receiver()
    app = app_with({"webhook": {"url": receiver.url, "pictures": True}})
    delivery.keep([app], {sink_key(app.name, 0): SinkKeys({"hmac_key": "k"})})
    delivery.deliver(app, alert("opened"))
    wait_for(lambda: len(receiver.received) == 2, 10.0)
    delivery.deliver(app, alert("closed"))
    assert delivery.drain(10.0) == 0
    opened, picture, closed = receiver.received
    assert opened.line["picture"] == closed.line["picture"] == picture.headers["webhook-id"]
    assert "clip" not in opened.line
    assert picture.headers["Content-Type"] == "image/jpeg"
    assert picture.headers["mainstream-app"] == app.name
    assert picture.body.startswith(b"\xff\xd8")
    signed = signature("k", picture.headers["webhook-id"], picture.headers["webhook-timestamp"], picture.body)
    assert picture.headers["webhook-signature"] == signed
    receiver.stop()


def test_a_webhook_that_does_not_ask_gets_no_picture_and_none_is_made(delivery: AlertDelivery, tmp_path: Path) -> None:
    receiver = Receiver()
    app = app_with({"webhook": {"url": receiver.url}})
    delivery.keep([app], {})
    delivery.deliver(app, alert("opened"))
    assert delivery.drain(10.0) == 0
    time.sleep(0.5)
    assert [each.line.get("picture") for each in receiver.received] == [None]
    assert not (tmp_path / "clips").exists()
    receiver.stop()


def test_a_broker_gets_the_picture_below_the_topic(delivery: AlertDelivery, tmp_path: Path) -> None:
    try:
        broker = Broker(tmp_path)
    except MissingToolError as missing:
        pytest.skip(str(missing))
    heard: dict[str, bytes] = {}
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: heard.__setitem__(message.topic, bytes(message.payload))
    client.on_connect = lambda connected, *_: connected.subscribe("door/#", 1)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    app = app_with({"mqtt": {"host": "127.0.0.1", "port": broker.port, "topic": "door", "pictures": True}})
    delivery.keep([app], {})
    delivery.deliver(app, alert("opened"))
    name = "door/pictures/19700101T000001Z-id-1.jpg"
    wait_for(lambda: name in heard, 15.0)
    assert heard[name].startswith(b"\xff\xd8")
    client.disconnect()
    client.loop_stop()
    broker.stop()


def test_a_picture_that_is_gone_or_too_large_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/large.jpg").write_bytes(bytes(MOST_BYTES + 1))
    with pytest.raises(RefusedError, match="no longer on the node's disk"):
        AlertPictures(tmp_path).read("a", "gone.jpg")
    with pytest.raises(RefusedError, match="more than 1 MiB"):
        AlertPictures(tmp_path).read("a", "large.jpg")
