"""Whether windows of the week are open at a moment, and until when. Pure.

A window is open while the clock on the wall says so, whatever the clock does: an hour that is skipped in spring is
never open, one that comes twice in autumn is open twice, and a window across a change is longer or shorter by it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from mainstream.api.active_hours import DAYS, ActiveHours, ActiveWindow

_AHEAD = timedelta(days=15)
"""a window of one day a week that is skipped by a change of clocks opens within that"""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Opening:
    """What holds from a moment on."""

    is_open: bool
    until: datetime | None
    """UTC, when that changes next; None: it never does"""


def opening(active: ActiveHours, at: datetime) -> Opening:
    """Of the windows at a moment (with a time zone)."""
    now = at.astimezone(UTC)
    is_open = _is_open(active, now)
    ahead = (change for change in _changes(active, now.date()) if change > now)
    return Opening(is_open, next((each for each in ahead if _is_open(active, each) != is_open), None))


def opening_of_all(several: tuple[ActiveHours, ...], at: datetime) -> Opening:
    """Open while all of them are; none at all is always open."""
    each = [opening(active, at) for active in several]
    until = [one.until for one in each if one.until is not None]
    return Opening(all(one.is_open for one in each), min(until, default=None))


@lru_cache(maxsize=4096)
def _changes(active: ActiveHours, day: date) -> tuple[datetime, ...]:
    """Moments (UTC) from a day on at which a window may open or close, ascending."""
    zone = ZoneInfo(active.time_zone)
    start = datetime.combine(day - _DAY, time(), UTC)
    found = set(_clock_changes(zone, start, start + _AHEAD + 2 * _DAY))
    for number in range(_AHEAD.days + 3):
        for window in active.windows:
            local = day - _DAY + number * _DAY
            for minutes in (_minutes(window.opens), _minutes(window.closes)):
                wall = datetime.combine(local, time()) + timedelta(minutes=minutes)
                found |= {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(found))


def _clock_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """When the zone's clocks are changed, to the second."""
    while start < end:
        low, high = start, start + _DAY
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                changed = middle.astimezone(zone).utcoffset() != start.astimezone(zone).utcoffset()
                low, high = (low, middle) if changed else (middle, high)
            yield high
        start += _DAY


def _is_open(active: ActiveHours, now: datetime) -> bool:
    wall = now.astimezone(ZoneInfo(active.time_zone))
    return any(_holds(window, wall) for window in active.windows)


def _holds(window: ActiveWindow, wall: datetime) -> bool:
    opens, closes = _minutes(window.opens), _minutes(window.closes)
    now = wall.hour * 60 + wall.minute
    today, yesterday = DAYS[wall.weekday()], DAYS[wall.weekday() - 1]
    if opens < closes:
        return today in window.days and opens <= now < closes
    return (today in window.days and now >= opens) or (yesterday in window.days and now < closes)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)
