"""What may wait in the spool; beyond it the oldest go, and are counted."""

import contextlib
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from mainstream_runner.spool.alert_ledger import note_loss

_OLDEST = "SELECT number, app, alert, LENGTH(body) FROM records ORDER BY number LIMIT 1"
_OLDEST_OF_SINK = "SELECT number, app, alert, LENGTH(body) FROM records WHERE sink = ? ORDER BY number LIMIT 1"


@dataclass(frozen=True)
class SpoolLimits:
    """What may wait."""

    records: int = 20_000
    records_of_sink: int = 5_000
    """so that one sink that is away can't push out what waits for others"""
    total_bytes: int = 64 << 20
    """of records; the database is at most about twice as large"""


class SpoolSize:
    """How much waits, and room for more."""

    def __init__(self, database: sqlite3.Connection, limits: SpoolLimits) -> None:
        self._database = database
        self._limits = limits
        self.records = self.bytes = 0
        self.recount()

    def recount(self) -> None:
        """After a transaction that left nothing: what was added within it is not there."""
        with contextlib.suppress(sqlite3.Error):
            self.bytes, self.records = self._database.execute(
                "SELECT COALESCE(SUM(LENGTH(body)), 0), COUNT(*) FROM records"
            ).fetchone()

    def added(self, size_bytes: int) -> None:
        """One record more."""
        self.records += 1
        self.bytes += size_bytes

    def removed(self, size_bytes: int) -> None:
        """One record less."""
        self.records -= 1
        self.bytes -= size_bytes

    def make_room(self, sinks: Collection[str], delivered: set[int], *, at_s: float) -> None:
        """Let the oldest go, of `sinks` and of all; those `delivered`, by number, are no loss."""
        # No sink has more than there is: most of the time none need be counted.
        for sink in sinks if self.records > self._limits.records_of_sink else ():
            for _ in range(self._of_sink(sink) - self._limits.records_of_sink):
                self._push_out(_OLDEST_OF_SINK, (sink,), delivered, at_s)
        while self.records > self._limits.records or self.bytes > self._limits.total_bytes:
            self._push_out(_OLDEST, (), delivered, at_s)

    def _of_sink(self, sink: str) -> int:
        (found,) = self._database.execute("SELECT COUNT(*) FROM records WHERE sink = ?", (sink,)).fetchone()
        return int(found)

    def _push_out(self, oldest: str, values: tuple[str, ...], delivered: set[int], at_s: float) -> None:
        number, app, alert, size_bytes = self._database.execute(oldest, values).fetchone()
        self._database.execute("DELETE FROM records WHERE number = ?", (number,))
        self.removed(size_bytes)
        if number in delivered:
            delivered.discard(number)
        else:
            note_loss(self._database, app, alert, "pushed_out", 1, at_s=at_s)
