"""The durable spool: every event line that was reported and not yet delivered, and how many there were of each app.

One SQLite database. A line for all of its app's sinks, the app's count of events and the note of its open report are
one transaction, synced to the disk before `put` returns: whatever ends the process, all of it is there or nothing, and
numbers never repeat. Bounded in records and bytes, for each sink and in all; when full, the oldest go and are counted.
A disk that is full costs lines, which are counted too, and nothing else.
"""

import contextlib
import json
import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mainstream_runner.alert import AlertMessage, decode_alert, encode_alert

_log = logging.getLogger(__name__)
_HOUR_S = 3600.0
_LOOKED_AT = 256
"""records among which one that is ready is looked for"""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS records(
    number INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, sink TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS records_by_sink ON records(sink, number);
CREATE TABLE IF NOT EXISTS apps(
    app TEXT PRIMARY KEY, events INTEGER NOT NULL, lost INTEGER NOT NULL, last_start_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS recent(app TEXT NOT NULL, told_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS open_reports(
    id TEXT PRIMARY KEY, app TEXT NOT NULL, sinks TEXT NOT NULL, line BLOB NOT NULL);
"""


@dataclass(frozen=True)
class SpoolLimits:
    """What may wait."""

    records: int = 20_000
    records_of_sink: int = 5_000
    """so that one sink that is away can't push out what waits for others"""
    total_bytes: int = 64 << 20
    """of lines; the database is at most about twice as large"""


@dataclass(frozen=True)
class Record:
    """One line for one sink."""

    number: int
    app: str
    sink: str
    body: bytes


@dataclass(frozen=True)
class AlertCounts:
    """What became of an app's events."""

    events: int = 0
    events_last_hour: int = 0
    last_start_s: float | None = None
    lost: int = 0
    """deliveries that will never be made"""


@dataclass(frozen=True)
class LeftOpen:
    """An alert that was open when the runner ended."""

    app: str
    sinks: tuple[str, ...]
    message: AlertMessage
    """as it opened"""


class Spool:
    """Lines by sink, oldest first; may be used from any thread."""

    def __init__(self, folder: Path, limits: SpoolLimits | None = None) -> None:
        """Opens what an earlier life left; a database that is broken is put aside, and its loss told in the log."""
        self._limits = limits or SpoolLimits()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._lost: Counter[str] = Counter()
        """not yet written down"""
        self._told: Counter[str] = Counter()
        """events that could not be written down"""
        self._done: set[int] = set()
        """delivered, but the disk would not take it down"""
        self.problem: str | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._database = _open(folder / "spool.db")
        self._bytes, self._records = self._database.execute(
            "SELECT COALESCE(SUM(LENGTH(body)), 0), COUNT(*) FROM records"
        ).fetchone()

    def put(self, app: str, sinks: Collection[str], message: AlertMessage, *, at_s: float) -> bool:
        """Keep a message for each of `sinks`, and count the alert; false where the disk would not take it.

        `at_s` is now, in seconds since 1970.
        """
        body = encode_alert(message)
        with self._changed:
            try:
                with self._transaction() as database:
                    self._count(database, app, message, body, sinks, at_s)
                    for sink in sinks:
                        self._insert(database, app, sink, body)
                    self._make_room(database, sinks)
            except sqlite3.Error as error:
                self._recount()
                self.problem = f"an event could not be kept ({error})"[:512]
                self._told[app] += message.phase == "opened"
                self._lost[app] += len(sinks)
                return False
            self.problem = None
            self._changed.notify_all()
            return True

    def add(self, app: str, sink: str, body: bytes) -> bool:
        """Keep a record that tells of no event of its own; false where the disk would not take it."""
        with self._changed:
            try:
                with self._transaction() as database:
                    self._insert(database, app, sink, body)
                    self._make_room(database, [sink])
            except sqlite3.Error:
                self._recount()
                self._lost[app] += 1
                return False
            self._changed.notify_all()
            return True

    def next(
        self, sinks: Collection[str], timeout_s: float, ready: Callable[[Record], bool] | None = None
    ) -> Record | None:
        """The oldest record for any of `sinks` that is `ready`; None if none came within `timeout_s`."""
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            while True:
                found = self.waiting(sinks, 1 if ready is None else _LOOKED_AT)
                for record in found:
                    if ready is None or ready(record):
                        return record
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    return None
                self._changed.wait(left_s)

    def waiting(self, sinks: Collection[str], limit: int) -> list[Record]:
        """The oldest records for any of `sinks`."""
        marks = ",".join("?" * len(sinks))
        with self._lock:
            try:
                rows = self._database.execute(
                    f"SELECT number, app, sink, body FROM records WHERE sink IN ({marks}) ORDER BY number LIMIT ?",  # noqa: S608 - marks only
                    (*sinks, limit + len(self._done)),
                ).fetchall()
            except sqlite3.Error as error:
                self.problem = f"events could not be read ({error})"[:512]
                return []
            return [Record(*row) for row in rows if row[0] not in self._done][:limit]

    def delivered(self, record: Record) -> None:
        """Let go of a record that arrived."""
        self._forget(record, lost=False)

    def refused(self, record: Record) -> None:
        """Let go of a record that its sink will never take, and count it."""
        self._forget(record, lost=True)

    def depth(self, sinks: Iterable[str] | None = None) -> int:
        """Records that wait, for `sinks` or in all."""
        with self._lock:
            if sinks is None:
                return max(0, int(self._records) - len(self._done))
            named = list(sinks)
            marks = ",".join("?" * len(named))
            try:
                (found,) = self._database.execute(
                    f"SELECT COUNT(*) FROM records WHERE sink IN ({marks})",  # noqa: S608 - marks only
                    named,
                ).fetchone()
            except sqlite3.Error:
                return 0
            return int(found)

    def events(self, app: str) -> AlertCounts:
        """Counts of an app, over all lives of the runner."""
        with self._lock:
            try:
                row = self._database.execute(
                    "SELECT events, lost, last_start_s FROM apps WHERE app = ?", (app,)
                ).fetchone()
                (recent,) = self._database.execute(
                    "SELECT COUNT(*) FROM recent WHERE app = ? AND told_s > ?", (app, time.time() - _HOUR_S)
                ).fetchone()
            except sqlite3.Error:
                row, recent = None, 0
            events, lost, last_s = row or (0, 0, None)
            unwritten = self._told[app]
            return AlertCounts(
                events + unwritten, recent + unwritten, last_s if events else None, lost + self._lost[app]
            )

    def left_open(self) -> list[LeftOpen]:
        """Alerts that an earlier life of the runner opened and never closed."""
        with self._lock:
            rows = self._database.execute("SELECT app, sinks, line FROM open_reports ORDER BY rowid").fetchall()
        return [LeftOpen(app, tuple(json.loads(sinks)), decode_alert(line)) for app, sinks, line in rows]

    def wake(self) -> None:
        """Have everybody who waits for a record look again."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Close the database; what waits stays."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._write_down()
            self._database.close()

    # ---- within the lock ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _transaction(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        """All or nothing; `synced` to the disk before it returns."""
        self._database.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
            self._database.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise
        self._write_down()

    def _write_down(self) -> None:
        """What could not be written when it happened."""
        if not (self._lost or self._told or self._done):
            return
        with contextlib.suppress(sqlite3.Error):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                for app in self._lost.keys() | self._told.keys():
                    _upsert(self._database, app, self._told[app], self._lost[app], None)
                for number in self._done:
                    self._database.execute("DELETE FROM records WHERE number = ?", (number,))
                self._database.execute("COMMIT")
            except sqlite3.Error:
                self._database.execute("ROLLBACK")
                return
            self._lost.clear()
            self._told.clear()
            self._done.clear()
            self._recount()

    def _count(
        self,
        database: sqlite3.Connection,
        app: str,
        message: AlertMessage,
        body: bytes,
        sinks: Collection[str],
        at_s: float,
    ) -> None:
        if message.phase == "opened":
            _upsert(database, app, 1, 0, message.start_s)
            database.execute("DELETE FROM recent WHERE told_s < ?", (at_s - _HOUR_S,))
            database.execute("INSERT INTO recent VALUES (?, ?)", (app, at_s))
            database.execute(
                "INSERT OR REPLACE INTO open_reports VALUES (?, ?, ?, ?)",
                (message.id, app, json.dumps(list(sinks)), body),
            )
        else:
            database.execute("DELETE FROM open_reports WHERE id = ?", (message.id,))

    def _insert(self, database: sqlite3.Connection, app: str, sink: str, body: bytes) -> None:
        database.execute("INSERT INTO records(app, sink, body) VALUES (?, ?, ?)", (app, sink, body))
        self._bytes += len(body)
        self._records += 1

    def _make_room(self, database: sqlite3.Connection, sinks: Iterable[str]) -> None:
        for sink in sinks:
            excess = self._of_sink(database, sink) - self._limits.records_of_sink
            for _ in range(max(0, excess)):
                self._push_out(
                    database,
                    "SELECT number, app, LENGTH(body) FROM records WHERE sink = ? ORDER BY number LIMIT 1",
                    (sink,),
                )
        while self._records > self._limits.records or self._bytes > self._limits.total_bytes:
            self._push_out(database, "SELECT number, app, LENGTH(body) FROM records ORDER BY number LIMIT 1", ())

    def _of_sink(self, database: sqlite3.Connection, sink: str) -> int:
        (found,) = database.execute("SELECT COUNT(*) FROM records WHERE sink = ?", (sink,)).fetchone()
        return int(found)

    def _push_out(self, database: sqlite3.Connection, oldest: str, values: tuple[str, ...]) -> None:
        number, app, size = database.execute(oldest, values).fetchone()
        database.execute("DELETE FROM records WHERE number = ?", (number,))
        self._bytes -= size
        self._records -= 1
        if number in self._done:
            self._done.discard(number)
        else:
            _upsert(database, app, 0, 1, None)

    def _forget(self, record: Record, *, lost: bool) -> None:
        with self._changed:
            try:
                # That a record was delivered may be forgotten in a power cut: it is delivered twice then, not lost.
                with self._transaction(synced=False) as database:
                    gone = database.execute("DELETE FROM records WHERE number = ?", (record.number,)).rowcount
                    if gone:
                        self._bytes -= len(record.body)
                        self._records -= 1
                    if lost and gone:
                        _upsert(database, record.app, 0, 1, None)
            except sqlite3.Error:
                self._recount()
                # A disk that is full takes down no deletion either; it is remembered until it does.
                self._done.add(record.number)
                self._lost[record.app] += lost

    def _recount(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._bytes, self._records = self._database.execute(
                "SELECT COALESCE(SUM(LENGTH(body)), 0), COUNT(*) FROM records"
            ).fetchone()


def _upsert(database: sqlite3.Connection, app: str, events: int, lost: int, start_s: float | None) -> None:
    database.execute(
        "INSERT INTO apps VALUES (?, ?, ?, ?) ON CONFLICT(app) DO UPDATE SET events = events + excluded.events, "
        "lost = lost + excluded.lost, last_start_s = COALESCE(?, last_start_s)",
        (app, events, lost, start_s or 0.0, start_s),
    )


def _open(path: Path) -> sqlite3.Connection:
    try:
        return _connect(path)
    except sqlite3.DatabaseError as error:
        _log.error("%s is broken (%s) and put aside; a new one begins", path, error)
    for broken in (path, path.with_name(f"{path.name}-wal")):
        with contextlib.suppress(OSError):
            broken.replace(broken.with_name(f"{broken.name}.broken"))
    return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5.0)
    try:
        # Exclusive: no shared memory file, which a full disk would turn into a crash.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA journal_size_limit = 4194304")
        if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the check found errors")
        database.executescript(_SCHEMA)
    except BaseException:
        database.close()
        raise
    return database
