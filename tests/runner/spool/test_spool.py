"""The durable spool: what was put is there after whatever happens, bounded, and numbered once."""

import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mainstream.messages.alert import AlertMessage, AlertPhase
from mainstream_runner.spool.alert_ledger import LeftOpen, Losses
from mainstream_runner.spool.bounds import SpoolLimits
from mainstream_runner.spool.spool import Record, Spool, Waiting

WRITER = """
import sys
from pathlib import Path
from mainstream.messages.alert import AlertMessage
from mainstream_runner.spool.spool import Spool
spool = Spool(Path(sys.argv[1]))
for number in range(100_000):
    message = AlertMessage("opened", str(number), "a", number, number, 1.0, 1, "n", "s", "full")
    spool.put("a", ["s"], message, at_s=1e9)
    print(number, flush=True)
"""


def message(number: int, phase: AlertPhase = "opened") -> AlertMessage:
    return AlertMessage(phase, f"id-{number}", "a", float(number), float(number), 0.9, 1, "n", "s", "full")


def put(spool: Spool, number: int, app: str = "a", sinks: tuple[str, ...] = ("s",)) -> bool:
    return spool.put(app, sinks, message(number), at_s=time.time())


def bodies(spool: Spool, sink: str = "s") -> list[bytes]:
    return [record.body for record in spool.oldest([sink], 1000)]


def test_what_was_not_delivered_is_there_after_a_restart_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(3):
        assert put(spool, number)
    first = spool.next(["s"], 0.0)
    assert first is not None
    spool.delivered(first)
    spool.close()
    again = Spool(tmp_path)
    assert [b'"id-1"' in body or b'"id-2"' in body for body in bodies(again)] == [True, True]
    assert again.counts("a").alerts == 3
    assert again.counts("a").last_start_s == 2.0
    assert again.counts("a").alerts_last_hour == 3


def test_numbers_never_repeat_even_when_everything_was_delivered(tmp_path: Path) -> None:
    numbers = []
    for number in range(3):
        spool = Spool(tmp_path)
        put(spool, number)
        record = spool.next(["s"], 0.0)
        assert record is not None
        numbers.append(record.number)
        spool.delivered(record)
        spool.close()
    assert numbers == sorted(set(numbers))


def test_every_line_that_was_kept_survives_a_kill_in_the_middle_of_writing(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    kept = [int(writer.stdout.readline()) for _ in range(40)]
    writer.send_signal(signal.SIGKILL)
    kept += [int(text) for text in writer.stdout.read().split()]
    writer.wait()
    spool = Spool(tmp_path)
    there = spool.depth()
    # One more than was told may be there: it was kept, and the process ended before it could say so.
    assert there in (len(kept), len(kept) + 1)
    assert spool.counts("a").alerts == there
    assert put(spool, 7)


def test_a_sink_that_is_away_fills_its_share_and_pushes_out_nobody_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolLimits(records=100, records_of_sink=3))
    put(spool, 0, app="b", sinks=("other",))
    for number in range(5):
        put(spool, number, sinks=("away",))
    assert [body[24:28] for body in bodies(spool, "away")] == [b"id-2", b"id-3", b"id-4"]
    assert len(bodies(spool, "other")) == 1
    assert spool.counts("a").losses.deliveries == 2
    assert spool.counts("b").losses.deliveries == 0


def test_a_tenant_whose_sinks_are_away_pushes_out_nothing_of_its_neighbours(tmp_path: Path) -> None:
    limits = SpoolLimits(records=40, records_of_sink=10, total_bytes=1 << 20)
    spool = Spool(tmp_path, limits)
    for number in range(5):
        put(spool, number, app="plaza/door", sinks=("slow",))
    for number in range(60):
        put(spool, number, app=f"evil/app-{number % 2}", sinks=tuple(f"away-{each}" for each in range(8)))
    assert spool.depth() == limits.records
    assert len(bodies(spool, "slow")) == 5
    assert spool.counts("plaza/door").losses.deliveries == 0
    spool.close()
    small = Spool(tmp_path, replace(limits, total_bytes=2000))
    put(small, 9, app="evil/app-1", sinks=("away-1",))
    assert len(bodies(small, "slow")) == 5
    assert small.counts("plaza/door").losses.deliveries == 0


def test_a_full_spool_lets_the_oldest_go_by_records_and_by_bytes(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolLimits(records=4, records_of_sink=100))
    for number in range(6):
        put(spool, number)
    assert spool.depth() == 4
    assert spool.counts("a").losses.deliveries == 2
    spool.close()
    small = Spool(tmp_path, SpoolLimits(total_bytes=150))
    put(small, 9)
    assert small.depth() < 4
    assert bodies(small)[-1].find(b"id-9") > 0
    small.close()
    assert Spool(tmp_path).counts("a").losses.deliveries > 2


def test_an_alert_that_was_left_open_is_known_after_a_restart(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    put(spool, 1)
    put(spool, 2)
    spool.put("a", ["s"], message(1, "closed"), at_s=time.time())
    spool.close()
    (left,) = Spool(tmp_path).left_open()
    assert left == LeftOpen(("s",), message(2))


def test_a_broken_database_is_put_aside_and_a_new_one_begins(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    put(spool, 1)
    spool.close()
    (tmp_path / "spool.db").write_bytes(b"no database " * 1000)
    fresh = Spool(tmp_path)
    assert fresh.depth() == 0
    assert put(fresh, 2)
    assert (tmp_path / "spool.db.broken").is_file()


def test_a_disk_that_is_full_costs_lines_that_are_counted_and_nothing_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert put(spool, 0)
    (pages,) = spool._database.execute("PRAGMA page_count").fetchone()
    spool._database.execute(f"PRAGMA max_page_count = {pages}")
    kept = [put(spool, number, sinks=("s", "t")) for number in range(1, 300)]
    refused = kept.count(False)
    assert refused > 0
    assert spool.problem is not None
    assert spool.counts("a").losses.deliveries == 2 * refused
    assert spool.counts("a").alerts == 300
    spool._database.execute("PRAGMA max_page_count = 1000000")
    assert put(spool, 300)
    assert spool.problem is None
    spool.close()
    again = Spool(tmp_path)
    assert again.counts("a").alerts == 301
    assert again.counts("a").losses.deliveries == 2 * refused


def test_an_alert_that_the_disk_refuses_counts_as_muted_if_it_was(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    (pages,) = spool._database.execute("PRAGMA page_count").fetchone()
    spool._database.execute(f"PRAGMA max_page_count = {pages}")
    refused = 0
    for number in range(300):
        refused += not spool.put("a", [], replace(message(number), muted=True), at_s=time.time())
        spool.put("a", [], replace(message(number, "closed"), muted=True), at_s=time.time())
    assert refused > 0
    assert (spool.counts("a").alerts, spool.counts("a").muted) == (300, 300)
    spool._database.execute("PRAGMA max_page_count = 1000000")
    assert put(spool, 300)
    spool.close()
    again = Spool(tmp_path)
    assert (again.counts("a").alerts, again.counts("a").muted) == (301, 300)


def test_a_record_that_was_delivered_while_the_disk_was_full_is_not_delivered_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path)
    put(spool, 1)
    record = spool.next(["s"], 0.0)
    assert record is not None

    def full(_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("mainstream_runner.spool.spool.transaction", full)
        spool.delivered(record)
    assert spool.next(["s"], 0.0) is None
    put(spool, 2)
    assert [b"id-2" in body for body in bodies(spool)] == [True]
    assert spool.depth() == 1


def test_a_second_process_cannot_take_up_a_spool_in_use(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    put(spool, 1)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        sqlite3.connect(tmp_path / "spool.db", timeout=0.1).execute("SELECT * FROM records").fetchall()
    spool.close()


def test_lost_deliveries_are_counted_by_cause_and_their_alerts_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolLimits(records_of_sink=3))
    for number in (1, 2):
        for phase in ("opened", "closed"):
            spool.put("a", ["s", "t"], message(number, phase), at_s=time.time())
    # The fourth record for each of the two sinks pushed out the first one, of the first alert.
    assert spool.counts("a").losses == Losses(alerts=1, alerts_last_hour=1, pushed_out=2)
    for record in spool.oldest(["s"], 10):
        spool.refused(record)
    assert spool.counts("a").losses == Losses(alerts=2, alerts_last_hour=2, pushed_out=2, refused=3)
    spool.close()
    assert Spool(tmp_path).counts("a").losses == Losses(alerts=2, alerts_last_hour=2, pushed_out=2, refused=3)


def test_a_clip_that_is_lost_loses_no_alert(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.add_file("a", "s", "1.mp4", at_s=1.0)
    (record,) = spool.oldest(["s"], 10)
    assert record == Record(1, "a", "s", "1.mp4", b"")
    spool.refused(record)
    assert spool.counts("a").losses == Losses(refused=1)


def test_what_waits_is_counted_with_the_age_of_the_oldest(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert spool.waiting(["s"], 100.0) == Waiting(0, None)
    for number in (1, 2):
        spool.put("a", ["s", "t"], message(number), at_s=50.0 + number)
    assert spool.waiting(["s"], 100.0) == Waiting(2, 49.0, 2)
    assert spool.waiting(["s", "t"], 100.0).deliveries == 4
    # A clock that was put back makes nothing older than it is.
    assert spool.waiting(["s"], 0.0).oldest_s == 0.0


def test_tables_of_another_version_are_put_aside(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "spool.db")
    old.execute("CREATE TABLE records(number INTEGER PRIMARY KEY, app TEXT, sink TEXT, body BLOB)")
    old.close()
    assert put(Spool(tmp_path), 1)
    assert (tmp_path / "spool.db.broken").is_file()


def test_a_spool_has_one_identity_for_life_and_another_one_where_it_begins_anew(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a")
    first = spool.identity
    spool.close()
    again = Spool(tmp_path / "a")
    assert again.identity == first
    assert Spool(tmp_path / "b").identity != first


def test_alerts_that_wait_are_counted_apart_from_their_deliveries(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for phase in ("opened", "closed"):
        spool.put("a", ["s", "t"], message(1, phase), at_s=time.time())
    waiting = spool.waiting(["s", "t"], time.time())
    assert (waiting.deliveries, waiting.alerts) == (4, 1)
