"""Forgetting a time span of one app: nothing of it is left on the node or in a bucket, and all else stays."""

import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter
from runner_apps import runner_app
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[2] / "core/mpackage"))

from fault_surroundings import Receiver, Store
from fault_tools import wait_for
from s3_server import BUCKET, KEYS, S3Server, versitygw

from mainstream.api.sinks.sink import Sink
from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError
from mainstream.messages.alert import Alert
from mainstream.messages.forgetting import ForgetOrder, Forgotten
from mainstream.messages.runner_plan import RunnerApp
from mainstream.messages.status_report import SignedUpload
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.file_names import clip_names
from mainstream_runner.pod.admin import AdminServer, Answers
from mainstream_runner.pod.status import Health
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.spool.spool import Spool

SINK: TypeAdapter[Sink] = TypeAdapter(Sink)
TEN = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()
ORDER = ForgetOrder(app="plaza/door", from_s=TEN, to_s=TEN + 3600)
WORDS = ["--between", "2026-11-22T10:00", "2026-11-22T11:00"]


def app_with(name: str, *sinks: dict[str, Any]) -> RunnerApp:
    return runner_app(name, sinks=tuple(SINK.validate_python(sink) for sink in sinks))


def alert_at(start_s: float, app: str) -> list[Alert]:
    identity = f"{app}-{start_s:.0f}".replace("/", ".")
    return [Alert(phase, identity, app, start_s, 0.0, 1.0, 0.9, 1) for phase in ("opened", "closed")]  # type: ignore[arg-type]


class Node:
    """What a runner keeps, with the clips of alerts on its disk as if they had been made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spool = Spool(folder / "spool")
        recorder = ClipRecorder(folder / "clips", lambda _: PacketRing())
        self.files = AlertFiles(folder / "files")
        self.delivery = AlertDelivery(self.spool, recorder, self.files, node="n")

    def tell(self, app: RunnerApp, start_s: float) -> None:
        """An alert opened and closed, and its files are there."""
        for alert in alert_at(start_s, app.name):
            self.delivery.deliver(app, alert)
        for name in clip_names(alert.id, start_s):
            path = self.folder / "clips" / app.name.replace("/", ".") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\xff\xd8")
            self.delivery._file_is_there(app.name, name)

    def left(self, app: str) -> list[str]:
        """Everything of an app that tells when it was: names of files and messages."""
        files = [path.name for path in (self.folder / "clips" / app.replace("/", ".")).glob("*")]
        rows = self.spool._database.execute("SELECT id FROM records WHERE app = ?", (app,)).fetchall()
        lines = [line for path in (self.folder / "files").rglob("*.jsonl") for line in path.read_text().splitlines()]
        return [*files, *(row[0] for row in rows), *(line for line in lines if app in line)]

    def close(self) -> None:
        self.delivery.close()
        self.spool.close()


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path)
    yield made
    made.close()


def test_what_waits_and_lies_on_the_disk_of_the_span_goes_and_nothing_else(node: Node) -> None:
    # Nothing listens at the webhook, and nobody signs URLs: all of it waits.
    sinks = (
        {"webhook": {"url": "http://127.0.0.1:9/"}},
        {"clips": {"prefix": "s3://bucket/p"}},
        {"jsonLines": {"path": "a.jsonl"}},
    )
    door, gate = (app_with(name, *sinks) for name in ("plaza/door", "plaza/gate"))
    node.delivery.keep([door, gate], {})
    for at_s in (TEN - 60, TEN + 60, TEN + 120, TEN + 3600):
        node.tell(door, at_s)
        node.tell(gate, at_s)
    wait_for(lambda: len(node.left("plaza/door")) == len(node.left("plaza/gate")) == 4 * 8, 10.0)
    done = node.delivery.forget(ORDER)
    # Two alerts: a message each that opens and closes to the webhook, two files to be uploaded; and lines of the log.
    assert done == Forgotten(deliveries=8, files=4, lines=4)
    left = node.left("plaza/door")
    assert len(left) == 2 * 8
    assert not any(str(int(TEN + after)) in each for after in (60, 120) for each in left)
    assert len(node.left("plaza/gate")) == 4 * 8
    assert node.spool.depth() == 2 * 4 + 4 * 4
    assert node.delivery.forget(ORDER) == Forgotten()


def test_an_upload_that_is_under_way_is_waited_for(node: Node, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    door = app_with(
        "plaza/door", {"clips": {"prefix": "s3://bucket/p"}}, {"webhook": {"url": (slow := Receiver()).url}}
    )
    slow.delay_s = 1.0
    node.delivery.keep([door], {})
    node.tell(door, TEN + 60)
    wanted = node.delivery.wanted_uploads()
    url = f"http://127.0.0.1:{store.port}/b/"
    node.delivery.take_uploads(tuple(SignedUpload(upload=each, url=url + each.name) for each in wanted[:1]))
    wait_for(lambda: any(each.delivering is not None for each in node.delivery._couriers.values()), 5.0)
    done = node.delivery.forget(ORDER)
    assert done.in_flight == 0
    arrived = len(slow.received)
    time.sleep(1.5)
    assert len(slow.received) == arrived
    assert node.left("plaza/door") == []
    slow.stop()
    store.stop()


def test_nothing_of_the_span_is_left_on_node_or_bucket_while_clips_upload(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = S3Server(versitygw(tmp_path), tmp_path)
    server.start()
    bucket = server.store("clips")
    door = app_with("plaza/door", {"clips": {"prefix": f"s3://{BUCKET}/clips"}})
    node.delivery.keep([door], {})
    for minute in range(30):
        node.tell(door, TEN + 60 * minute)
    # As the operator answers a status report: a URL for each file that waits, the newest last.
    wanted = node.delivery.wanted_uploads()
    signed = [
        SignedUpload(upload=each, url=bucket.signed_upload(f"door/{each.name}", each.size_bytes, 60)) for each in wanted
    ]
    node.delivery.take_uploads(tuple(signed))
    wait_for(lambda: bucket.all_keys(), 10.0, "a file in the bucket")
    done = node.delivery.forget(ORDER)
    assert done.in_flight == 0
    assert node.left("plaza/door") == []
    for name, value in (("ACCESS_KEY_ID", KEYS.access_key_id), ("SECRET_ACCESS_KEY", KEYS.secret_access_key)):
        monkeypatch.setenv(f"AWS_{name}", value)
    there = len(bucket.all_keys())
    assert there > 0
    said = forget("--clips", f"s3://{BUCKET}/clips", "--endpoint", server.endpoint)
    assert f"{there} file" in said
    assert bucket.all_keys() == []
    server.kill()


def test_an_alert_that_is_still_open_is_told(node: Node) -> None:
    door = app_with("plaza/door")
    node.delivery.keep([door], {})
    node.delivery.deliver(door, alert_at(TEN + 1, "plaza/door")[0])
    assert node.delivery.forget(ORDER).still_open == 1


def test_a_file_that_is_being_made_is_not_kept(tmp_path: Path) -> None:
    told: list[str] = []
    recorder = ClipRecorder(tmp_path, lambda _: None)
    recorder.start(lambda _app, name: told.append(name))
    making, forgotten = threading.Event(), threading.Event()

    def write(path: Path) -> None:
        making.set()
        forgotten.wait(5.0)
        path.write_bytes(b"clip")

    clip, picture = clip_names("id-1", TEN + 60)
    recorder.begin("plaza/door", "s", picture, clip, 0.0)
    thread = threading.Thread(target=recorder._make, args=("plaza/door", clip, write))
    thread.start()
    making.wait(5.0)
    assert recorder.forget(ORDER) == 2
    forgotten.set()
    thread.join(5.0)
    recorder.close()
    assert told == []
    assert list((tmp_path / "plaza.door").iterdir()) == []


def forget(*words: str) -> str:
    result = CliRunner().invoke(command, ["forget", "--app", "plaza/door", *WORDS, *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_run_that_has_ended_is_asked_by_its_folder_and_one_that_goes_on_is_refused(tmp_path: Path) -> None:
    node = Node(tmp_path)
    door = app_with("plaza/door", {"webhook": {"url": "http://127.0.0.1:9/"}})
    node.delivery.keep([door], {})
    node.tell(door, TEN + 60)
    with pytest.raises(InvalidInputError, match=r"--run: goes on; end it first"):
        forget("--run", str(tmp_path))
    node.close()
    assert f"{tmp_path}: 2 files (clips and pictures), 2 waiting deliveries and 0 lines" in forget(
        "--run", str(tmp_path)
    )


def test_a_runner_is_asked_with_its_token_alone(tmp_path: Path) -> None:
    asked: list[ForgetOrder] = []

    def answer(order: ForgetOrder) -> Forgotten:
        asked.append(order)
        return Forgotten(files=3, in_flight=1)

    def nothing(*_: object) -> Any:
        return None

    answers = Answers(
        alive=lambda: True,
        ready=lambda: True,
        health=lambda: Health(plan=None, stale_s=None),
        report=nothing,
        metrics=nothing,
        take_urls=nothing,
        take_uploads=nothing,
        forget=answer,
        token=lambda: "word",
    )
    server = AdminServer(0, answers)
    url = f"http://127.0.0.1:{server.server_port}"
    (tmp_path / "token").write_text("word\n")
    said = forget("--runner", url, "--token-file", str(tmp_path / "token"))
    assert asked == [ORDER]
    assert "3 files (clips and pictures)" in said
    assert "under way for over a minute: 1 delivery" in said
    assert httpx.post(f"{url}/forget", content=ORDER.model_dump_json()).status_code == 403
    server.shutdown()
    server.server_close()


def test_of_a_bucket_the_apps_files_of_the_span_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = S3Server(versitygw(tmp_path), tmp_path)
    server.start()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS.secret_access_key)
    store = server.store("clips")
    for app in ("door", "gate"):
        for at_s in (TEN - 60, TEN + 60, TEN + 3600):
            store.put(f"{app}/{clip_names('id', at_s)[1]}", b"x")
    said = forget("--clips", f"s3://{BUCKET}/clips", "--endpoint", server.endpoint)
    assert "1 file (clips and pictures) removed" in said
    assert len(store.all_keys()) == 5
    assert not any("door/20261122T1001" in key for key in store.all_keys())
    server.kill()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2026-11-22", "2026-11-21", "--run", "x"], "ends before it begins"),
        (["2026-11-22", "2999-01-01", "--run", "x"], "ends in the future"),
        (["2026-11-22", "2026-11-23"], "say where"),
        (["2026-11-22", "2026-11-23", "--run", "x"], "is no folder of a"),
        (["2026-11-22", "2026-11-23", "--clips", "bucket"], "is not s3://bucket/prefix"),
        (["2026-11-22", "2026-11-23", "--runner", "http://127.0.0.1:9"], "name the file with the node's token"),
    ],
)
def test_what_cannot_be_forgotten_is_told_with_the_way_out(words: list[str], said: str) -> None:
    result = CliRunner().invoke(command, ["forget", "--app", "a", "--between", *words])
    assert isinstance(result.exception, InvalidInputError)
    assert said in str(result.exception)
