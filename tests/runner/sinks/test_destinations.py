"""What arrives where: webhooks, an MQTT broker, files and a bucket, through the couriers."""

import base64
import hashlib
import hmac
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import TypeAdapter
from runner_apps import runner_app

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from fault_surroundings import Broker, Receiver, Store
from fault_tools import MissingToolError, wait_for

from mainstream.api.sinks.sink import MqttSink, Sink, WebhookSink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.errors import InvalidInputError
from mainstream.hosts.connecting import no_rules
from mainstream.messages.alert import Alert, AlertMessage, AlertPhase, alert_message
from mainstream.messages.runner_orders import sink_key
from mainstream.messages.runner_plan import RunnerApp
from mainstream.messages.status_report import SignedUpload
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.file_names import clip_names
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.courier import Courier
from mainstream_runner.sinks.destination import AppSink
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.sinks.mqtt import MqttTopic
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.sinks.webhook import signature, webhook_route
from mainstream_runner.spool.spool import Spool

DIGEST = "0" * 64
KEY = "shared-secret"
SINK: TypeAdapter[Sink] = TypeAdapter(Sink)
NO_PICTURES = AlertPictures(Path("/nowhere"))


def app_with(*sinks: dict[str, Any], name: str = "plaza/crossing") -> RunnerApp:
    return runner_app(name, sinks=tuple(SINK.validate_python(sink) for sink in sinks))


def alert(number: int, phase: AlertPhase = "opened", app: str = "plaza/crossing") -> Alert:
    return Alert(phase, f"id-{number}", app, 1.0, 0.0, 1.0, 0.9, 1)


def message(number: int) -> AlertMessage:
    return alert_message(alert(number), node="n", stream="s", view="full")


def courier_to(receiver: Receiver, spool: Spool) -> Courier:
    """Delivers for the sink `s`."""
    sink = WebhookSink(url=receiver.url)
    return Courier(
        spool, [AppSink("s", "a", 0, sink, SinkKeys())], webhook_route(sink, SinkKeys(), NO_PICTURES, no_rules)
    )


Make = Callable[..., AlertDelivery]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[tuple[AlertDelivery, Spool]] = []

    def sinks_of(*apps: RunnerApp, keys: dict[str, SinkKeys] | None = None) -> AlertDelivery:
        spool = Spool(tmp_path / f"spool{len(made)}")
        sinks = AlertDelivery(
            spool,
            ClipRecorder(tmp_path / "clips", lambda _: PacketRing()),
            AlertFiles(tmp_path / "files"),
            node="n",
        )
        made.append((sinks, spool))
        sinks.keep(apps, keys or {})
        return sinks

    yield sinks_of
    for sinks, spool in made:
        sinks.close()
        spool.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.stop()


def test_a_webhooks_signature_is_what_standard_webhooks_says() -> None:
    # The example of the specification (standardwebhooks.com, version 1.0).
    body = b'{"test": 2432232314}'
    signed = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_webhook_gets_each_line_once_in_order_signed_with_its_key(make: Make, receiver: Receiver) -> None:
    app = app_with({"webhook": {"url": receiver.url}})
    sinks = make(app, keys={sink_key(app.name, 0): SinkKeys({"hmac_key": KEY})})
    sinks.deliver(app, alert(1))
    sinks.deliver(app, alert(1, "closed"))
    assert sinks.drain(10.0) == 0
    assert [(each.line["id"], each.line["event"]) for each in receiver.received] == [
        ("id-1", "opened"),
        ("id-1", "closed"),
    ]
    for each in receiver.received:
        signed = f"{each.headers['webhook-id']}.{each.headers['webhook-timestamp']}.".encode() + each.body
        wanted = base64.b64encode(hmac.new(KEY.encode(), signed, hashlib.sha256).digest()).decode()
        assert hmac.compare_digest(each.headers["webhook-signature"], f"v1,{wanted}")
        assert abs(int(each.headers["webhook-timestamp"]) - time.time()) < 60
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 2
    assert sinks.report(app.name).alerts == 1


def test_two_apps_with_one_url_and_keys_of_their_own_are_signed_each_with_its_own(
    make: Make, receiver: Receiver
) -> None:
    apps = [app_with({"webhook": {"url": receiver.url}}, name=name) for name in ("a/x", "b/x")]
    sinks = make(*apps, keys={sink_key(app.name, 0): SinkKeys({"hmac_key": app.name}) for app in apps})
    for app in apps:
        sinks.deliver(app, alert(1, app=app.name))
    assert sinks.drain(10.0) == 0
    for each in receiver.received:
        headers = each.headers
        wanted = signature(each.line["app"], headers["webhook-id"], headers["webhook-timestamp"], each.body)
        assert headers["webhook-signature"] == wanted


def test_a_line_that_a_webhook_will_never_take_is_given_up_and_counted(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstream_runner.sinks.courier.back_off_s", lambda _failures: 0.01)
    spool = Spool(tmp_path)
    spool.put("a", ["s"], message(1), at_s=1.0)
    receiver.status = 422
    courier = courier_to(receiver, spool)
    wait_for(lambda: spool.depth() == 0, 10.0)
    assert spool.counts("a").losses.refused == 1
    receiver.status = 200
    spool.put("a", ["s"], message(2), at_s=1.0)
    wait_for(lambda: len(receiver.received) == 1, 10.0)
    courier.stop()
    courier.join(5.0)
    spool.close()


def test_a_redirect_is_not_followed_and_the_line_waits(tmp_path: Path, receiver: Receiver) -> None:
    spool = Spool(tmp_path)
    spool.put("a", ["s"], message(1), at_s=1.0)
    receiver.status = 307
    courier = courier_to(receiver, spool)
    wait_for(lambda: courier.problem is not None, 10.0)
    assert courier.problem == "the webhook answered 307"
    assert spool.depth() == 1
    courier.stop()
    courier.join(5.0)
    spool.close()


def test_an_alert_that_a_webhook_refuses_is_reported_as_refused_and_once_whatever_else_takes_it(
    make: Make, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstream_runner.sinks.courier._REFUSALS", 1)
    receiver.status = 400
    app = app_with({"webhook": {"url": receiver.url}}, {"jsonLines": {"path": "a.jsonl"}})
    sinks = make(app)
    sinks.deliver(app, alert(1))
    sinks.deliver(app, alert(1, "closed"))
    assert sinks.drain(10.0) == 0
    report = sinks.report(app.name)
    assert (report.alerts, report.lost_alerts, report.lost_alerts_last_hour, report.lost) == (1, 1, 1, 2)
    assert report.loss == "2 deliveries are lost so far: 2 refused (the webhook answered 400; see its log)"
    assert report.problem is None


def test_what_waits_for_a_slow_webhook_is_reported_with_its_age(make: Make, receiver: Receiver) -> None:
    receiver.delay_s = 0.3
    app = app_with({"webhook": {"url": receiver.url}})
    sinks = make(app)
    for number in range(4):
        sinks.deliver(app, alert(number))
    wait_for(lambda: (sinks.report(app.name).oldest_undelivered_s or 0.0) > 0.2, 10.0)
    report = sinks.report(app.name)
    assert report.undelivered > 1
    assert report.problem is None
    receiver.delay_s = 0.0
    assert sinks.drain(10.0) == 0
    assert sinks.report(app.name).oldest_undelivered_s is None


def test_files_of_two_tenants_lie_apart_and_none_leads_out(make: Make, tmp_path: Path) -> None:
    apps = [app_with({"jsonLines": {"path": "events.jsonl"}}, name=name) for name in ("a/x", "b/x")]
    sinks = make(*apps)
    for app in apps:
        sinks.deliver(app, alert(1, app=app.name))
    assert sinks.drain(10.0) == 0
    written = {path.parent.name: json.loads(path.read_text()) for path in (tmp_path / "files").rglob("*.jsonl")}
    assert {name: each["app"] for name, each in written.items()} == {"a.x": "a/x", "b.x": "b/x"}
    with pytest.raises(InvalidInputError, match="leads out"):
        make(app_with({"jsonLines": {"path": "../../b.x/events.jsonl"}}))


def test_what_an_earlier_life_left_open_is_closed_and_says_so(make: Make, receiver: Receiver, tmp_path: Path) -> None:
    app = app_with({"webhook": {"url": receiver.url}})
    first = make(app)
    first.deliver(app, alert(1))
    assert first.drain(10.0) == 0
    first.close()
    first._spool.close()
    spool = Spool(tmp_path / "spool0")
    again = AlertDelivery(
        spool, ClipRecorder(tmp_path / "clips", lambda _: None), AlertFiles(tmp_path / "files"), node="n"
    )
    again.keep([app], {})
    wait_for(lambda: len(receiver.received) == 2, 10.0)
    assert receiver.received[1].line["event"] == "closed"
    assert receiver.received[1].line["interrupted"] is True
    assert spool.left_open() == []
    again.close()
    spool.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    try:
        started = Broker(tmp_path)
    except MissingToolError as missing:
        pytest.skip(str(missing))
    yield started
    started.stop()


def listen(broker: Broker, topic: str, heard: list[tuple[str, bytes, bool]]) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _u, message: heard.append((message.topic, bytes(message.payload), message.retain))
    client.on_connect = lambda connected, *_: connected.subscribe(topic, 1)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    return client


def test_mqtt_messages_arrive_and_the_state_follows_the_app(make: Make, broker: Broker) -> None:
    heard: list[tuple[str, bytes, bool]] = []
    client = listen(broker, "plaza/#", heard)
    app = app_with({"mqtt": {"host": "127.0.0.1", "port": broker.port, "topic": "plaza/crossing"}})
    sinks = make(app)
    sinks.deliver(app, alert(1))
    wait_for(lambda: any(topic == "plaza/crossing" for topic, *_ in heard), 15.0)
    assert ("plaza/crossing/state", b"online", False) in heard
    assert sinks.drain(5.0) == 0
    sinks.keep([], {})
    wait_for(lambda: ("plaza/crossing/state", b"offline", False) in heard, 10.0)
    client.disconnect()
    client.loop_stop()


def test_the_broker_tells_of_a_runner_that_was_killed(broker: Broker) -> None:
    heard: list[tuple[str, bytes, bool]] = []
    client = listen(broker, "t/state", heard)
    script = (
        "import sys,time\nfrom mainstream.api.sinks.sink import MqttSink\n"
        "from mainstream.api.sinks.sink_kind import SinkKeys\n"
        "from mainstream_runner.sinks.mqtt import MqttTopic\n"
        "sink = MqttSink(host='127.0.0.1', port=int(sys.argv[1]), topic='t')\n"
        "topic = MqttTopic(sink, SinkKeys(), 'c', None)\ntime.sleep(60)\n"
    )
    runner = subprocess.Popen([sys.executable, "-c", script, str(broker.port)])
    wait_for(lambda: heard and heard[-1][1] == b"online", 20.0)
    runner.kill()
    runner.wait()
    wait_for(lambda: heard[-1][1] == b"offline", 10.0)
    assert [payload for _, payload, _ in heard][-2:] == [b"online", b"offline"]
    client.disconnect()
    client.loop_stop()


def test_a_broker_that_is_not_there_is_told_of_and_holds_nobody_up() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    topic = MqttTopic(MqttSink(host="127.0.0.1", port=port, topic="t"), SinkKeys(), "c", NO_PICTURES)
    wait_for(lambda: topic.problem == "the broker does not answer", 10.0)
    start_s = time.monotonic()
    topic.close(gone=False)
    assert time.monotonic() - start_s < 2.0


def test_clips_are_put_where_the_operator_says_and_nowhere_else(make: Make, tmp_path: Path) -> None:
    store = Store(tmp_path)
    app = app_with({"clips": {"prefix": "s3://bucket/clips"}})
    sinks = make(app)
    (tmp_path / "clips/plaza.crossing").mkdir(parents=True)
    names = clip_names("id-1", 1.0)
    for name in names:
        (tmp_path / "clips/plaza.crossing" / name).write_bytes(name.encode())
        sinks._file_is_there(app.name, name)
    wanted = sinks.wanted_uploads()
    assert [(each.app, each.sink, each.name) for each in wanted] == [(app.name, 0, name) for name in names]
    # The second first: nothing waits for what nobody has signed.
    url = f"http://127.0.0.1:{store.port}/bucket/{names[1]}?X-Amz-Signature=s"
    sinks.take_uploads((SignedUpload(upload=wanted[1], url=url),))
    wait_for(lambda: names[1] in store.put, 10.0)
    wait_for(lambda: [each.name for each in sinks.wanted_uploads()] == [names[0]], 5.0)
    assert store.put == {names[1]: names[1].encode()}
    store.stop()


def test_a_clip_that_is_gone_or_whose_sink_is_gone_is_asked_for_no_more(make: Make, tmp_path: Path) -> None:
    app = app_with({"clips": {"prefix": "s3://bucket/clips"}})
    sinks = make(app)
    (tmp_path / "clips/plaza.crossing").mkdir(parents=True)
    for name in ("1.mp4", "2.mp4"):
        (tmp_path / "clips/plaza.crossing" / name).write_bytes(b"x")
        sinks._file_is_there(app.name, name)
    assert [each.name for each in sinks.wanted_uploads()] == ["1.mp4", "2.mp4"]
    (record, _) = sinks._spool.oldest([sinks._sinks[app.name][0].name], 2)
    (tmp_path / "clips/plaza.crossing/2.mp4").unlink()
    assert [each.name for each in sinks.wanted_uploads()] == ["1.mp4"]
    sinks._uploads.serve([])
    assert sinks._uploads.wanted(record) is None
