"""The durable spool: every message of an alert that was not yet delivered, and how many alerts there were of each app.

One SQLite database. A message for all of its app's sinks, the app's count of alerts and the note of its open alert are
one transaction, synced to the disk before `put` returns: whatever ends the process, all of it is there or nothing, and
numbers never repeat. Bounded in records and bytes, for each sink and in all; when full, the oldest go and are counted
(`bounds`). A disk that is full costs messages, which are counted too, and nothing else.
"""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from mainstream.messages.alert import AlertMessage, decode_alert, encode_alert
from mainstream.messages.forgetting import ForgetOrder
from mainstream.messages.status_report import said
from mainstream.times import stamped
from mainstream_runner.spool import alert_ledger
from mainstream_runner.spool.alert_ledger import AlertCounts, LeftOpen, Unwritten
from mainstream_runner.spool.bounds import SpoolLimits, SpoolSize
from mainstream_runner.spool.database import open_database, transaction

_LOOKED_AT = 256
"""records among which one that is ready is looked for"""


@dataclass(frozen=True)
class Record:
    """One delivery: a message of an alert, or a file, for one sink."""

    number: int
    app: str
    sink: str
    id: str
    """of the message (`AlertMessage.message_id`), or the name of the file"""
    body: bytes
    """the message as JSON; nothing for a file"""
    alert: str | None = None
    """the alert that the message is of; None for a file"""

    @property
    def is_file(self) -> bool:
        """Whether it is a clip or a picture, whose content is on the disk."""
        return self.alert is None


@dataclass(frozen=True)
class Waiting:
    """Deliveries that were not made yet."""

    deliveries: int = 0
    oldest_s: float | None = None
    """for how long the oldest has waited, by the wall clock"""
    alerts: int = 0
    """that at least one of them is of"""


class Spool:
    """Records by sink, oldest first; may be used from any thread."""

    def __init__(self, folder: Path, limits: SpoolLimits | None = None) -> None:
        """Opens what an earlier life left; a database that is broken is put aside, and the log says so."""
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._unwritten = Unwritten()
        self._done: set[int] = set()
        """delivered, but the disk would not take it down"""
        self.problem: str | None = None
        """why the disk takes nothing, or gives nothing"""
        folder.mkdir(parents=True, exist_ok=True)
        self._database = open_database(folder / "spool.db")
        (self.identity,) = self._database.execute("SELECT id FROM identity").fetchone()
        """another one wherever a spool begins anew"""
        self._size = SpoolSize(self._database, limits or SpoolLimits())

    def put(self, app: str, sinks: Collection[str], message: AlertMessage, *, at_s: float) -> bool:
        """Keep a message for each of `sinks`, and count the alert; false where the disk would not take it.

        `at_s` is now, in seconds since 1970.
        """
        body = encode_alert(message)
        with self._changed:
            try:
                with transaction(self._database) as database:
                    alert_ledger.note_message(database, app, message, body, sinks, at_s=at_s)
                    for sink in sinks:
                        self._insert(app, sink, message.message_id, message.id, body, at_s)
                    self._size.make_room(sinks, self._done, at_s=at_s)
            except sqlite3.Error as error:
                self._refused_by_disk(error)
                self._unwritten.open(app, message)
                if sinks:
                    self._unwritten.lose(app, message.id, "unwritten", len(sinks))
                return False
            self._written(at_s)
            return True

    def add_file(self, app: str, sink: str, name: str, *, at_s: float) -> bool:
        """Keep a note of a file that waits for `sink`; false where the disk would not take it."""
        with self._changed:
            try:
                with transaction(self._database):
                    self._insert(app, sink, name, None, b"", at_s)
                    self._size.make_room([sink], self._done, at_s=at_s)
            except sqlite3.Error as error:
                self._refused_by_disk(error)
                self._unwritten.lose(app, None, "unwritten", 1)
                return False
            self._written(at_s)
            return True

    def next(
        self, sinks: Collection[str], timeout_s: float, ready: Callable[[Record], bool] | None = None
    ) -> Record | None:
        """The oldest record for any of `sinks` that is `ready`; None if none came within `timeout_s`."""
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            while True:
                found = self.oldest(sinks, 1 if ready is None else _LOOKED_AT)
                for record in found:
                    if ready is None or ready(record):
                        return record
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    return None
                self._changed.wait(left_s)

    def oldest(self, sinks: Collection[str], limit: int) -> list[Record]:
        """The oldest records for any of `sinks`."""
        with self._lock:
            try:
                rows = self._database.execute(
                    f"SELECT number, app, sink, id, body, alert FROM records WHERE sink IN ({_marks(sinks)}) "  # noqa: S608 - marks only
                    "ORDER BY number LIMIT ?",
                    (*sinks, limit + len(self._done)),
                ).fetchall()
            except sqlite3.Error as error:
                self.problem = said(f"the node's disk gives no alerts back ({error})")
                return []
            return [Record(*row) for row in rows if row[0] not in self._done][:limit]

    def delivered(self, record: Record) -> None:
        """Let go of a record that arrived."""
        self._forget(record, lost=False)

    def refused(self, record: Record) -> None:
        """Let go of a record that its sink will never take, and count it."""
        self._forget(record, lost=True)

    def forget(self, order: ForgetOrder) -> tuple[list[int], int]:
        """Let go of what waits of an app's alerts of a span: its numbers, and how many of them are still open.

        Raises `sqlite3.Error` where the disk takes no deletion.
        """
        with self._changed:
            rows = self._database.execute(
                "SELECT number, id, alert, body FROM records WHERE app = ?", (order.app,)
            ).fetchall()
            gone = [number for number, name, alert, body in rows if order.covers(_start_s(name, alert, body))]
            with transaction(self._database) as database:
                database.executemany("DELETE FROM records WHERE number = ?", [(number,) for number in gone])
                still_open = [
                    left.message.id
                    for left in alert_ledger.left_open(database)
                    if left.message.app == order.app and order.covers(left.message.start_s)
                ]
            self._size.recount()
            self._changed.notify_all()
            return gone, len(still_open)

    def waiting(self, sinks: Collection[str], now_s: float) -> Waiting:
        """What waits for `sinks`."""
        with self._lock:
            try:
                found, alerts, put_s = self._database.execute(
                    f"SELECT COUNT(*), COUNT(DISTINCT alert), MIN(put_s) FROM records WHERE sink IN ({_marks(sinks)})",  # noqa: S608 - marks only
                    tuple(sinks),
                ).fetchone()
            except sqlite3.Error:
                return Waiting()
            return Waiting(int(found), None if put_s is None else max(0.0, now_s - put_s), int(alerts))

    def depth(self) -> int:
        """Records that wait, in all."""
        with self._lock:
            return max(0, self._size.records - len(self._done))

    def counts(self, app: str) -> AlertCounts:
        """Counts of an app, over all lives of the runner."""
        with self._lock:
            try:
                return alert_ledger.counts(self._database, app, self._unwritten, time.time())
            except sqlite3.Error:
                return AlertCounts()

    def left_open(self) -> list[LeftOpen]:
        """Alerts that an earlier life of the runner opened and never closed."""
        with self._lock:
            return alert_ledger.left_open(self._database)

    def wake(self) -> None:
        """Have everybody who waits for a record look again."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Close the database; what waits stays."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._write_down(time.time())
            self._database.close()

    # ---- within the lock ------------------------------------------------------------------------------------------

    def _insert(self, app: str, sink: str, identity: str, alert: str | None, body: bytes, at_s: float) -> None:
        self._database.execute(
            "INSERT INTO records(app, sink, id, alert, body, put_s) VALUES (?, ?, ?, ?, ?, ?)",
            (app, sink, identity, alert, body, at_s),
        )
        self._size.added(app, len(body))

    def _written(self, at_s: float) -> None:
        self.problem = None
        self._write_down(at_s)
        self._changed.notify_all()

    def _refused_by_disk(self, error: sqlite3.Error) -> None:
        self._size.recount()
        self.problem = said(f"the node's disk takes no alerts ({error})")

    def _forget(self, record: Record, *, lost: bool) -> None:
        now_s = time.time()
        with self._changed:
            try:
                # That a record was delivered may be forgotten in a power cut: it is delivered twice then, not lost.
                with transaction(self._database, synced=False) as database:
                    gone = database.execute("DELETE FROM records WHERE number = ?", (record.number,)).rowcount
                    if gone and lost:
                        alert_ledger.note_loss(database, record.app, record.alert, "refused", 1, at_s=now_s)
                if gone:
                    self._size.removed(record.app, len(record.body))
            except sqlite3.Error:
                self._size.recount()
                # A disk that is full takes down no deletion either; it is remembered until it does.
                self._done.add(record.number)
                if lost:
                    self._unwritten.lose(record.app, record.alert, "refused", 1)
                return
            self._write_down(now_s)

    def _write_down(self, at_s: float) -> None:
        """What could not be written when it happened."""
        if not (self._unwritten or self._done):
            return
        with contextlib.suppress(sqlite3.Error):
            with transaction(self._database) as database:
                self._unwritten.write(database, at_s)
                for number in self._done:
                    database.execute("DELETE FROM records WHERE number = ?", (number,))
            self._unwritten = Unwritten()
            self._done.clear()
            self._size.recount()


def _start_s(name: str, alert: str | None, body: bytes) -> float:
    """When the alert of a record opened."""
    return stamped(name) if alert is None else decode_alert(body).start_s


def _marks(sinks: Collection[str]) -> str:
    return ",".join("?" * len(sinks))
