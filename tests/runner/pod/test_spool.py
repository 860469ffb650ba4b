"""The durable queue in front of a destination."""

import threading
import time
from pathlib import Path

from mainstream_runner.pod.spool import Spool


class Destination:
    """Takes records, or refuses them."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.taken: list[bytes] = []
        self.all_taken = threading.Event()

    def deliver(self, record: bytes) -> str | None:
        if self.refusals:
            self.refusals -= 1
            return "the webhook answered 500"
        self.taken.append(record)
        if record == b"last":
            self.all_taken.set()
        return None


def test_records_arrive_in_order_over_refusals(tmp_path: Path) -> None:
    destination = Destination(refusals=2)
    spool = Spool(tmp_path, destination.deliver)
    for record in (b"first", b"second", b"last"):
        spool.put(record)
    assert destination.all_taken.wait(10)
    assert destination.taken == [b"first", b"second", b"last"]
    spool.close()


def test_what_was_not_delivered_is_delivered_after_a_restart(tmp_path: Path) -> None:
    away = Spool(tmp_path, lambda _: "does not answer")
    away.put(b"first")
    away.put(b"last")
    away.close()
    back = Destination()
    Spool(tmp_path, back.deliver)
    assert back.all_taken.wait(10)
    assert back.taken == [b"first", b"last"]


def test_a_full_spool_lets_the_oldest_go_and_counts_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, lambda _: "does not answer", limit=2)
    for number in range(5):
        spool.put(str(number).encode())
    assert len(spool) == 2
    assert spool.lost == 3
    assert sorted(path.read_bytes() for path in tmp_path.glob("[0-9]*.json")) == [b"3", b"4"]
    spool.close()


def test_a_destination_that_fails_is_told_of(tmp_path: Path) -> None:
    spool = Spool(tmp_path, lambda _: "the webhook answered 500")
    spool.put(b"event")
    deadline_s = time.monotonic() + 5
    while spool.problem is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert spool.problem == "the webhook answered 500"
    spool.close()
