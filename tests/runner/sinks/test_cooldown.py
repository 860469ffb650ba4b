"""Alerts that open soon after one that was delivered are muted: counted, kept in files, delivered nowhere else."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from runner_apps import runner_app

from mainstream.api.sinks.sink import Sink
from mainstream.messages.alert import Alert, AlertPhase
from mainstream.messages.runner_plan import RunnerApp
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.cooldown import Cooldowns
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.spool.spool import Spool

SINK: TypeAdapter[Sink] = TypeAdapter(Sink)


def app(cooldown_s: float | None = 10.0, *sinks: dict[str, object]) -> RunnerApp:
    return runner_app("door", cooldown_s=cooldown_s, sinks=tuple(SINK.validate_python(sink) for sink in sinks))


def alert(number: int, due_s: float, phase: AlertPhase = "opened") -> Alert:
    return Alert(phase, f"id-{number}", "door", 1000.0 + due_s, due_s, due_s, 0.9, 1)


def test_alerts_are_muted_until_the_cooldown_after_the_last_delivered_one_is_over() -> None:
    cooldowns = Cooldowns()
    muted = [cooldowns.mutes(app(), alert(number, due_s)) for number, due_s in enumerate((0.0, 4.0, 9.9, 10.0, 19.9))]
    assert muted == [False, True, True, False, True]


def test_what_closes_goes_as_it_opened() -> None:
    cooldowns = Cooldowns()
    cooldowns.mutes(app(), alert(0, 0.0))
    assert not cooldowns.mutes(app(), alert(0, 0.0, "closed"))
    cooldowns.mutes(app(), alert(1, 5.0))
    assert cooldowns.mutes(app(), alert(1, 5.0, "closed"))


def test_an_app_without_a_cooldown_mutes_nothing() -> None:
    cooldowns = Cooldowns()
    assert not any(cooldowns.mutes(app(None), alert(number, 0.1 * number)) for number in range(5))


def test_apps_have_cooldowns_of_their_own() -> None:
    cooldowns = Cooldowns()
    cooldowns.mutes(app(), alert(0, 0.0))
    assert not cooldowns.mutes(runner_app("gate", cooldown_s=10.0), alert(1, 1.0))


@pytest.fixture
def delivery(tmp_path: Path) -> Iterator[AlertDelivery]:
    spool = Spool(tmp_path / "spool")
    recorder = ClipRecorder(tmp_path / "clips", lambda _: PacketRing())
    made = AlertDelivery(spool, recorder, AlertFiles(tmp_path / "files"), node="n")
    yield made
    made.close()
    spool.close()


def test_a_muted_alert_is_counted_and_kept_in_files_alone(delivery: AlertDelivery, tmp_path: Path) -> None:
    # Nothing listens there: a delivery to the webhook waits.
    wanted = app(10.0, {"jsonLines": {"path": "log.jsonl"}}, {"webhook": {"url": "http://127.0.0.1:9/hook"}})
    delivery.keep([wanted], {})
    for number, due_s in enumerate((0.0, 5.0)):
        for phase in ("opened", "closed"):
            delivery.deliver(wanted, alert(number, due_s, phase))
    log = tmp_path / "files" / "door" / "log.jsonl"
    deadline_s = time.monotonic() + 10
    # What the webhook does not take is all that waits in the end.
    while delivery.report("door").undelivered > 2 and time.monotonic() < deadline_s:
        time.sleep(0.02)
    messages = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(message["id"], message.get("muted", False)) for message in messages] == [
        ("id-0", False),
        ("id-0", False),
        ("id-1", True),
        ("id-1", True),
    ]
    report = delivery.report("door")
    assert (report.alerts, report.muted) == (2, 1)
    assert report.undelivered == 2
