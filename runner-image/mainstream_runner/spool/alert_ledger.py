"""How many alerts an app had, which are open, and what of them will never arrive: kept beside the queue, by its rules.

Deliveries and alerts are counted apart: an alert is two messages to each of its app's sinks. It is lost as soon as one
of them is; a clip that is lost is a delivery that is lost, the alert itself arrived.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from mainstream.messages.alert import AlertMessage, decode_alert

HOUR_S = 3600.0
_REMEMBERED_S = 24 * HOUR_S
"""for so long a further loss of the same alert does not count it again"""
_REMEMBERED = 10_000
"""lost alerts, of all apps"""

Cause = Literal["refused", "pushed_out", "unwritten"]
"""by the destination for good; by newer ones, when the spool was full; not written, as the disk was full"""


@dataclass(frozen=True)
class Losses:
    """What will never arrive."""

    alerts: int = 0
    """with at least one delivery that is lost"""
    alerts_last_hour: int = 0
    refused: int = 0
    """deliveries, here and below"""
    pushed_out: int = 0
    unwritten: int = 0

    @property
    def deliveries(self) -> int:
        """All of them."""
        return self.refused + self.pushed_out + self.unwritten


@dataclass(frozen=True)
class AlertCounts:
    """What became of an app's alerts, over all lives of the runner."""

    alerts: int = 0
    muted: int = 0
    """of these, within the app's cooldown"""
    alerts_last_hour: int = 0
    last_start_s: float | None = None
    losses: Losses = Losses()


@dataclass(frozen=True)
class LeftOpen:
    """An alert that was open when the runner ended."""

    sinks: tuple[str, ...]
    message: AlertMessage
    """as it opened"""


@dataclass
class Unwritten:
    """What the disk would not take, until it does."""

    opened: Counter[str] = field(default_factory=Counter)
    """alerts by app"""
    muted: Counter[str] = field(default_factory=Counter)
    """of these, by app"""
    lost: dict[tuple[str, str | None, Cause], int] = field(default_factory=dict)
    """deliveries by app, alert and cause"""

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.opened or self.lost)

    def open(self, app: str, message: AlertMessage) -> None:
        """Remember an alert that opens."""
        if message.phase == "opened":
            self.opened[app] += 1
            self.muted[app] += message.muted

    def lose(self, app: str, alert: str | None, cause: Cause, deliveries: int) -> None:
        """Remember lost deliveries; of too many alerts the oldest are counted together."""
        key = app, alert, cause
        self.lost[key] = self.lost.get(key, 0) + deliveries
        if len(self.lost) > _REMEMBERED:
            oldest = next(each for each in self.lost if each[1] is not None)
            folded = oldest[0], None, oldest[2]
            self.lost[folded] = self.lost.get(folded, 0) + self.lost.pop(oldest)

    def write(self, database: sqlite3.Connection, at_s: float) -> None:
        """Take down all of it, within a transaction."""
        for app, opened in self.opened.items():
            _add(database, app, "alerts", opened)
        for app, muted in self.muted.items():
            _add(database, app, "muted", muted)
        for (app, alert, cause), deliveries in self.lost.items():
            note_loss(database, app, alert, cause, deliveries, at_s=at_s)


def note_message(
    database: sqlite3.Connection, app: str, message: AlertMessage, body: bytes, sinks: Collection[str], *, at_s: float
) -> None:
    """Count an alert that opens and remember that it is open; forget one that closes."""
    if message.phase == "closed":
        database.execute("DELETE FROM open_alerts WHERE id = ?", (message.id,))
        return
    _add(database, app, "alerts", 1)
    _add(database, app, "muted", int(message.muted))
    database.execute("UPDATE apps SET last_start_s = ? WHERE app = ?", (message.start_s, app))
    database.execute("DELETE FROM recent WHERE opened_s < ?", (at_s - HOUR_S,))
    database.execute("INSERT INTO recent VALUES (?, ?)", (app, at_s))
    database.execute(
        "INSERT OR REPLACE INTO open_alerts VALUES (?, ?, ?, ?)", (message.id, app, json.dumps(list(sinks)), body)
    )


def note_loss(
    database: sqlite3.Connection, app: str, alert: str | None, cause: Cause, deliveries: int, *, at_s: float
) -> None:
    """Count deliveries that will never be made, and their alert once."""
    _add(database, app, cause, deliveries)
    if alert is None:
        return
    database.execute("DELETE FROM lost WHERE at_s < ?", (at_s - _REMEMBERED_S,))
    if database.execute("INSERT OR IGNORE INTO lost VALUES (?, ?, ?)", (app, alert, at_s)).rowcount:
        _add(database, app, "lost_alerts", 1)
        database.execute(
            "DELETE FROM lost WHERE rowid <= (SELECT MAX(rowid) FROM lost) - ?",
            (_REMEMBERED,),
        )


def counts(database: sqlite3.Connection, app: str, unwritten: Unwritten, now_s: float) -> AlertCounts:
    """Counts of an app; raises `sqlite3.Error` where they cannot be read."""
    row = database.execute(
        "SELECT alerts, muted, last_start_s, lost_alerts, refused, pushed_out, unwritten FROM apps WHERE app = ?",
        (app,),
    ).fetchone()
    alerts, muted, last_start_s, lost_alerts, refused, pushed_out, not_written = row or (0, 0, None, 0, 0, 0, 0)
    since_s = now_s - HOUR_S
    (recent,) = database.execute(
        "SELECT COUNT(*) FROM recent WHERE app = ? AND opened_s > ?", (app, since_s)
    ).fetchone()
    (lost_recently,) = database.execute(
        "SELECT COUNT(*) FROM lost WHERE app = ? AND at_s > ?", (app, since_s)
    ).fetchone()
    more: Counter[Cause] = Counter()
    lost_since: set[str] = set()
    for (of_app, alert, cause), deliveries in unwritten.lost.items():
        if of_app == app:
            more[cause] += deliveries
            lost_since |= set() if alert is None else {alert}
    opened = unwritten.opened[app]
    losses = Losses(
        lost_alerts + len(lost_since),
        lost_recently + len(lost_since),
        refused + more["refused"],
        pushed_out + more["pushed_out"],
        not_written + more["unwritten"],
    )
    return AlertCounts(alerts + opened, muted + unwritten.muted[app], recent + opened, last_start_s, losses)


def left_open(database: sqlite3.Connection) -> list[LeftOpen]:
    """Alerts that opened and never closed, in the order in which they opened."""
    rows = database.execute("SELECT sinks, message FROM open_alerts ORDER BY rowid").fetchall()
    return [LeftOpen(tuple(json.loads(sinks)), decode_alert(message)) for sinks, message in rows]


def _add(
    database: sqlite3.Connection, app: str, column: Literal["alerts", "muted", "lost_alerts"] | Cause, more: int
) -> None:
    database.execute(
        f"INSERT INTO apps(app, {column}) VALUES (?, ?) "  # noqa: S608 - columns alone
        f"ON CONFLICT(app) DO UPDATE SET {column} = {column} + excluded.{column}",
        (app, more),
    )
