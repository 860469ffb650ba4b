"""What may wait in the spool; beyond it the oldest of whoever has most there go, and are counted.

So a tenant whose sinks are away loses what waits for them, and nobody else's alerts make room for it.
"""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from mainstream_runner.spool.alert_ledger import note_loss

_NAMESPACE = "substr(app, 1, instr(app, '/'))"
"""of a record's app, with its slash; nothing where it has none"""
_OLDEST_OF_NAMESPACE = (
    f"SELECT number, app, alert, LENGTH(body) FROM records WHERE {_NAMESPACE} = ? ORDER BY number LIMIT 1"  # noqa: S608 - no input
)
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
        self._records: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        """by namespace"""
        self.recount()

    @property
    def records(self) -> int:
        """That wait, in all."""
        return self._records.total()

    def recount(self) -> None:
        """After a transaction that left nothing: what was added within it is not there."""
        with contextlib.suppress(sqlite3.Error):
            rows = self._database.execute(
                f"SELECT {_NAMESPACE} AS namespace, COUNT(*), SUM(LENGTH(body)) FROM records GROUP BY namespace"  # noqa: S608 - no input
            ).fetchall()
            self._records = Counter({namespace: count for namespace, count, _ in rows})
            self._bytes = Counter({namespace: size_bytes for namespace, _, size_bytes in rows})

    def added(self, app: str, size_bytes: int) -> None:
        """One record of an app more."""
        namespace = _namespace_of(app)
        self._records[namespace] += 1
        self._bytes[namespace] += size_bytes

    def removed(self, app: str, size_bytes: int) -> None:
        """One record of an app less."""
        namespace = _namespace_of(app)
        self._records[namespace] -= 1
        self._bytes[namespace] -= size_bytes

    def make_room(self, sinks: Collection[str], delivered: set[int], *, at_s: float) -> None:
        """Let the oldest go, of `sinks` and of the namespace that has most in all.

        Those `delivered`, by number, are no loss.
        """
        # No sink has more than there is: most of the time none need be counted.
        for sink in sinks if self.records > self._limits.records_of_sink else ():
            for _ in range(self._of_sink(sink) - self._limits.records_of_sink):
                self._push_out(_OLDEST_OF_SINK, (sink,), delivered, at_s)
        while self.records > self._limits.records:
            self._push_out(_OLDEST_OF_NAMESPACE, (_most(self._records),), delivered, at_s)
        while self._bytes.total() > self._limits.total_bytes:
            self._push_out(_OLDEST_OF_NAMESPACE, (_most(self._bytes),), delivered, at_s)

    def _of_sink(self, sink: str) -> int:
        (found,) = self._database.execute("SELECT COUNT(*) FROM records WHERE sink = ?", (sink,)).fetchone()
        return int(found)

    def _push_out(self, oldest: str, values: tuple[str, ...], delivered: set[int], at_s: float) -> None:
        number, app, alert, size_bytes = self._database.execute(oldest, values).fetchone()
        self._database.execute("DELETE FROM records WHERE number = ?", (number,))
        self.removed(app, size_bytes)
        if number in delivered:
            delivered.discard(number)
        else:
            note_loss(self._database, app, alert, "pushed_out", 1, at_s=at_s)


def _namespace_of(app: str) -> str:
    """As `_NAMESPACE` has it."""
    namespace, slash, _ = app.partition("/")
    return f"{namespace}/" if slash else ""


def _most(taken: Counter[str]) -> str:
    """Whoever has most; of equal ones the first by name."""
    return min(taken, key=lambda namespace: (-taken[namespace], namespace))
