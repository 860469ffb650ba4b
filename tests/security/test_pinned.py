"""A tenant whose name says one address when it is judged and another when it is called (DNS rebinding)."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from attackers import Attacker, Start, endless

from mainstream.api.reasons import Reason
from mainstream.api.sinks.sink import MqttSink, WebhookSink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.api.store_access import StoreAccess
from mainstream.decide.refuse import refuse_package
from mainstream.hosts.connecting import HostNotAllowedError, HostNotFoundError, connect, pinned_url
from mainstream.hosts.rules import HostRules
from mainstream.messages.runner_orders import Login
from mainstream.messages.runner_plan import RunnerStream
from mainstream.mpackage.stores.s3_client import S3Keys, s3_client
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream.mpackage.stores.store import StoreHostError
from mainstream_runner.feeder.camera import Camera
from mainstream_runner.sinks.mqtt import MqttTopic
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.sinks.webhook import Webhook
from mainstream_runner.spool.spool import Record

NAME = "s3.evil.example"
CLIP = Path(__file__).parents[2] / "examples" / "plaza" / "plaza.mp4"
Resolve = Callable[..., None]
RULES = HostRules()
LISTED = HostRules(allowed=(NAME, "127.0.0.1"))
MESSAGE = Record(number=1, app="plaza/door", sink="door#0", id="1.opened", body=b"{}", alert="1")
NO_PICTURES = AlertPictures(Path("/nowhere"))


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """What `NAME` resolves to, look after look; the last for ever."""
    real, answers = socket.getaddrinfo, list[str]()

    def look(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host != NAME:
            return real(host, port, *args, **options)
        return real(answers.pop(0) if len(answers) > 1 else answers[0], port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return lambda *given: answers.extend(given)


def url_of(attacker: Attacker) -> str:
    return f"http://{NAME}:{attacker.server_address[1]}"


def webhook_problem(url: str, rules: HostRules) -> str | None:
    webhook = Webhook(WebhookSink(url=url), None, NO_PICTURES, lambda: rules)
    try:
        return webhook.deliver(MESSAGE)
    finally:
        webhook.close(gone=False)


def test_a_webhook_whose_name_leads_inside_is_not_called_and_that_is_said(resolve: Resolve, attacker: Start) -> None:
    resolve("127.0.0.1")
    inside = attacker(endless)
    problem = webhook_problem(url_of(inside), RULES)
    assert inside.asked == []
    assert problem is not None
    assert problem.startswith("the webhook must not be called: the address of its host is internal")
    assert "127.0.0.1" not in problem


def test_a_name_with_one_address_inside_is_not_called_at_all(resolve: Resolve, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def both(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        return real("192.0.2.1", port, *args, **options) + real("127.0.0.1", port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(HostNotAllowedError, match="internal"):
        connect(NAME, 80, RULES, timeout=1.0)


def test_what_was_checked_is_what_is_called_whatever_the_name_says_next(resolve: Resolve, attacker: Start) -> None:
    """The second look would lead inside: there is none."""
    resolve("192.0.2.1", "127.0.0.1")
    inside = attacker(endless)
    with pytest.raises(OSError, match=r"timed out|unreachable|refused"):
        connect(NAME, inside.server_address[1], RULES, timeout=0.3)
    assert inside.asked == []


def test_an_allowed_name_is_called_by_name_and_without_rules_everything_is(resolve: Resolve, attacker: Start) -> None:
    resolve("127.0.0.1")
    listed, without = attacker(endless), attacker(endless)
    assert webhook_problem(url_of(listed), LISTED) is None
    assert Webhook(WebhookSink(url=url_of(without)), None, NO_PICTURES).deliver(MESSAGE) is None
    assert listed.asked == without.asked == ["/"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_store_whose_name_leads_inside_is_not_called(resolve: Resolve, attacker: Start, scheme: str) -> None:
    resolve("127.0.0.1")
    inside = attacker(endless)
    access = StoreAccess(endpoint=url_of(inside).replace("http", scheme, 1))
    store = S3Store("s3://packages/a", s3_client(access, S3Keys("id", "key"), None, rules=RULES))
    with pytest.raises(StoreHostError, match="the address of its host is internal") as failure:
        store.read("blob", 100)
    refusal = refuse_package(failure.value)
    assert refusal.reason is Reason.HOST_NOT_ALLOWED
    assert "127.0.0.1" not in refusal.message
    assert inside.asked == []


def test_a_listed_store_is_read_over_a_checked_connection(resolve: Resolve, attacker: Start) -> None:
    def hello(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "5")
        handler.end_headers()
        handler.wfile.write(b"hello")

    resolve("127.0.0.1")
    inside = attacker(hello)
    access = StoreAccess(endpoint=url_of(inside))
    store = S3Store("s3://packages/a", s3_client(access, S3Keys("id", "key"), None, rules=LISTED))
    assert store.read("blob", 100) == b"hello"
    assert inside.asked == ["/packages/a/blob"]


def test_a_broker_whose_name_leads_inside_is_not_called_and_that_is_said(resolve: Resolve, attacker: Start) -> None:
    resolve("127.0.0.1")
    inside = attacker(endless)
    sink = MqttSink(host=NAME, port=inside.server_address[1], topic="a")
    topic = MqttTopic(sink, SinkKeys(), "me", NO_PICTURES, lambda: RULES)
    try:
        deadline_s = time.monotonic() + 5.0
        while "must not be called" not in (topic.problem or "") and time.monotonic() < deadline_s:
            time.sleep(0.02)
        assert (topic.problem or "").startswith("the broker must not be called")
    finally:
        topic.close(gone=False)
    assert inside.asked == []


def test_a_camera_whose_name_leads_inside_is_not_opened_and_that_is_said(resolve: Resolve, tmp_path: Path) -> None:
    resolve("127.0.0.1")
    opened: list[str] = []
    stream = RunnerStream(name="plaza/hall", url=f"rtsp://{NAME}/a", fps=10.0, crops={"full": None})
    camera = Camera(
        stream, None, lambda *_: None, open_source=lambda each, **_: opened.append(each.url), rules=lambda: RULES
    )
    try:
        deadline_s = time.monotonic() + 5.0
        while camera.report().state != "failing" and time.monotonic() < deadline_s:
            time.sleep(0.02)
        assert "must not be called" in (camera.report().problem or "")
    finally:
        camera.stop()
    assert opened == []


def opened_as(url: str, rules: HostRules) -> str:
    """The URL that FFmpeg gets for a camera."""
    opened: list[str] = []
    stream = RunnerStream(name="plaza/hall", url=url, fps=10.0, crops={"full": None})
    login = Login(username="user", password="word")  # noqa: S106 - nobody's
    camera = Camera(
        stream, login, lambda *_: None, open_source=lambda each, **_: opened.append(each.url), rules=lambda: rules
    )
    try:
        deadline_s = time.monotonic() + 5.0
        while not opened and time.monotonic() < deadline_s:
            time.sleep(0.02)
    finally:
        camera.stop()
    return opened[0]


def test_a_camera_is_opened_at_the_address_that_was_checked_and_its_name_asked_once(resolve: Resolve) -> None:
    resolve("192.0.2.7", "127.0.0.1")
    assert opened_as(f"rtsp://{NAME}:8554/a?b=c", HostRules(allowed=(NAME, "192.0.2.0/24"))) == (
        "rtsp://user:word@192.0.2.7:8554/a?b=c"
    )


def test_a_camera_with_several_addresses_is_opened_at_one_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        both = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (each, port)) for each in ("127.0.0.2", "127.0.0.1")]
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, *rest, **more: both if host == NAME else real(host, *rest, **more)
        )
        rules = HostRules(allowed=(NAME, "127.0.0.1", "127.0.0.2"))
        assert pinned_url(f"rtsp://{NAME}:{port}/a", rules, 2.0) == f"rtsp://127.0.0.1:{port}/a"


def test_a_name_that_does_not_resolve_is_not_left_to_whoever_opens_it() -> None:
    with pytest.raises(HostNotFoundError, match="cannot be reached by its host's name"):
        pinned_url("rtsp://nowhere.invalid/a", RULES, 1.0)


def test_a_camera_that_is_named_on_a_command_line_is_opened_as_it_is_written() -> None:
    assert pinned_url("rtsp://nowhere.invalid/a", None, 1.0) == "rtsp://nowhere.invalid/a"


def test_a_camera_whose_certificate_is_known_by_its_name_keeps_it(resolve: Resolve) -> None:
    resolve("192.0.2.7")
    assert pinned_url(f"rtsps://{NAME}/a", HostRules(), 1.0) == f"rtsps://{NAME}/a"


def test_a_real_camera_plays_at_the_address_that_was_checked(
    real_camera: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = urlsplit(real_camera(CLIP))
    real, asked = socket.getaddrinfo, list[str]()

    def look(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(str(host))
        return real("127.0.0.1" if host == NAME else host, *rest, **more)

    # FFmpeg asks the system's resolver, which knows no such name: frames come only if it need not ask.
    monkeypatch.setattr(socket, "getaddrinfo", look)
    stream = RunnerStream(
        name="plaza/hall", url=f"rtsp://{NAME}:{where.port}{where.path}", fps=10.0, crops={"full": None}
    )
    camera = Camera(stream, None, lambda *_: None, rules=lambda: LISTED)
    try:
        deadline_s = time.monotonic() + 30.0
        while camera.report().state != "decoding" and time.monotonic() < deadline_s:
            time.sleep(0.05)
        assert camera.report().state == "decoding"
    finally:
        camera.stop()
        camera.join()
    assert asked.count(NAME) == 1
