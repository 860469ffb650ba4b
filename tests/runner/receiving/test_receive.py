"""`mainstream receive`: alerts from a runner's own sinks, with their pictures, on a page that is bounded."""

import io
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import httpx
import pytest
from fault_surroundings import Broker
from fault_tools import MissingToolError, wait_for
from screen import Screen
from typer.testing import CliRunner

from mainstream.api.sinks.sink import MqttSink, WebhookSink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError
from mainstream.messages.alert import AlertMessage, AlertPhase, encode_alert
from mainstream_runner.receiving.board import MOST_ALERTS, AlertBoard
from mainstream_runner.receiving.broker import AlertTopics
from mainstream_runner.receiving.web import AlertWebhook, draw_page
from mainstream_runner.sinks.mqtt import MqttTopic
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.sinks.webhook import Webhook
from mainstream_runner.spool.spool import Record

CLIP = Path(__file__).parents[3] / "examples/plaza/plaza.mp4"
PICTURE = "20261122T120000Z-id-1.jpg"


def record(number: int, phase: AlertPhase = "opened") -> Record:
    message = AlertMessage(phase, f"id-{number}", "plaza/<door>", 1e9, 1e9 + 2, 0.9, 3, "n", "s", "full", None, PICTURE)
    return Record(number, "plaza/door", "s", message.message_id, encode_alert(message), message.id)


@pytest.fixture
def pictures(tmp_path: Path) -> AlertPictures:
    (tmp_path / "plaza.door").mkdir()
    (tmp_path / "plaza.door" / PICTURE).write_bytes(b"\xff\xd8picture")
    return AlertPictures(tmp_path)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def board(said: list[str]) -> AlertBoard:
    return AlertBoard(said.append)


@pytest.fixture
def webhook(board: AlertBoard) -> Iterator[AlertWebhook]:
    made = AlertWebhook(board, "127.0.0.1", 0, "the key")
    yield made
    made.close()


def test_a_crowd_of_connections_is_turned_away_and_alerts_are_taken_again_after_it(
    webhook: AlertWebhook, board: AlertBoard, pictures: AlertPictures
) -> None:
    crowd = [socket.create_connection(webhook.server_address[:2], timeout=5) for _ in range(40)]
    turned_away = [each for each in crowd if _is_closed(each)]
    assert len(turned_away) == 24
    for each in crowd:
        each.close()
    runner = Webhook(WebhookSink(url=webhook.address), "the key", pictures)
    wait_for(lambda: runner.deliver(record(1)) is None, 10, "an alert is taken after the crowd")
    assert [each.message.id for each in board.alerts()] == ["id-1"]
    runner.close(gone=False)


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.3)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_what_a_runners_webhook_sends_is_on_the_page_with_its_picture(
    webhook: AlertWebhook, pictures: AlertPictures, said: list[str]
) -> None:
    runner = Webhook(WebhookSink(url=webhook.address, pictures=True), "the key", pictures)
    for each in (record(1), Record(2, "plaza/door", "s", PICTURE, b""), record(1), record(1, "closed")):
        assert runner.deliver(each) is None
    page = httpx.get(webhook.address).text
    assert "plaza/&lt;door&gt;: over" in page
    assert page.count("<article>") == 1
    assert f'src="/pictures/{PICTURE}"' in page
    assert httpx.get(f"{webhook.address}pictures/{PICTURE}").content == b"\xff\xd8picture"
    assert [line.split()[0] for line in said] == ["opened", "picture", "closed"]
    runner.close(gone=False)


def test_the_page_is_whole_in_a_browser(board: AlertBoard, screen: Screen) -> None:
    for number, (frame, phase) in enumerate(((420, "closed"), (520, "closed"), (610, "opened"))):
        start_s = 1_795_348_800.0 + 60 * number
        message = AlertMessage(
            phase,
            f"{number}",
            "plaza/crossing",
            start_s,
            start_s + 2.4,
            0.9,
            12,
            "edge-1",
            "plaza",
            "crossing",
            None,
            None,
        )
        board.take(encode_alert(message))
        board.take_picture(f"20261122T12000{number}Z-{number}.jpg", jpeg_of(frame))
    webhook = AlertWebhook(board, "127.0.0.1", 0)
    shown = screen.show("receive", webhook.address)
    webhook.close()
    assert shown.count("plaza/crossing: over") == 2
    assert "plaza/crossing: open" in shown


def jpeg_of(number: int) -> bytes:
    """A frame of the plaza clip."""
    made = io.BytesIO()
    with av.open(str(CLIP)) as clip:
        frame = next(each for index, each in enumerate(clip.decode(video=0)) if index == number)
    frame.to_image().resize((640, 480)).save(made, "JPEG")
    return made.getvalue()


def test_a_post_with_another_key_or_none_is_refused(
    webhook: AlertWebhook, board: AlertBoard, pictures: AlertPictures
) -> None:
    for key in ("another key", None):
        runner = Webhook(WebhookSink(url=webhook.address), key, pictures)
        assert runner.deliver(record(1)) == "the webhook answered 401"
        runner.close(gone=False)
    assert board.alerts() == []


def test_a_cloud_event_is_taken_and_other_formats_are_said_as_they_came(
    board: AlertBoard, pictures: AlertPictures, said: list[str]
) -> None:
    open_to_all = AlertWebhook(board, "127.0.0.1", 0)
    for number, form in enumerate(("cloudEvents", "slack")):
        sink = WebhookSink.model_validate({"url": open_to_all.address, "format": form})
        runner = Webhook(sink, None, pictures)
        assert runner.deliver(record(number)) is None
        runner.close(gone=False)
    assert len(board.alerts()) == 1
    assert said[1].startswith("not an alert's JSON: b'{\"text\"")
    assert httpx.post(open_to_all.address, content=bytes(3 << 20)).status_code == 413
    open_to_all.close()


def test_what_a_runner_publishes_arrives_over_a_broker(
    board: AlertBoard, pictures: AlertPictures, tmp_path: Path
) -> None:
    try:
        broker = Broker(tmp_path)
    except MissingToolError as missing:
        pytest.skip(str(missing))
    topics = AlertTopics(board, "127.0.0.1", broker.port, "plaza/door")
    time.sleep(0.5)
    sink = MqttSink(host="127.0.0.1", port=broker.port, topic="plaza/door", pictures=True)
    runner = MqttTopic(sink, SinkKeys(), "c", pictures)
    assert runner.deliver(record(1)) is None
    assert runner.deliver(Record(2, "plaza/door", "s", PICTURE, b"")) is None
    wait_for(lambda: [each.picture for each in board.alerts()] == [PICTURE], 10.0)
    runner.close(gone=False)
    topics.close()
    broker.stop()
    with pytest.raises(InvalidInputError, match=r"--mqtt: .* does not answer"):
        AlertTopics(board, "127.0.0.1", broker.port, "plaza/door")


def test_the_board_keeps_the_newest(board: AlertBoard) -> None:
    for number in range(MOST_ALERTS + 5):
        board.take(record(number).body)
    assert len(board.alerts()) == MOST_ALERTS
    assert board.alerts()[0].message.id == f"id-{MOST_ALERTS + 4}"
    assert "None has arrived" in draw_page(AlertBoard(lambda _: None))


def test_the_command_says_where_its_page_is_and_ends_with_ctrl_c() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mainstream.cli.main", "receive", "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert httpx.get(line.split()[3].rstrip(";")).status_code == 200
    process.send_signal(2)
    assert process.wait(10) == 0


@pytest.mark.parametrize("words", [["--listen", "8088"], ["--listen", "a:b"], ["--mqtt", "broker:x"]])
def test_a_place_that_is_none_is_named_with_its_option(words: list[str]) -> None:
    if words[0] == "--mqtt":
        words = [*words, "--listen", "127.0.0.1:0"]
    result = CliRunner().invoke(command, ["receive", *words])
    assert isinstance(result.exception, InvalidInputError)
    assert result.exception.field == words[0]


@pytest.mark.parametrize("words", [["--topic", "plaza/door"], ["--username", "viewer"]])
def test_what_is_for_a_broker_asks_for_one(words: list[str]) -> None:
    result = CliRunner().invoke(command, ["receive", "--listen", "127.0.0.1:0", *words])
    assert isinstance(result.exception, InvalidInputError)
    assert str(result.exception) == f"{words[0]}: is for a broker; name it with --mqtt HOST"
