"""Spans of time, how long an hour and a day are, and times as names of files begin with them."""

from datetime import UTC, datetime

Span = tuple[float, float]
"""start and end in seconds, the end excluded"""

HOUR_S = 3600.0
DAY_S = 86400.0
HOURS_PER_DAY = 24.0
_STAMP = "%Y%m%dT%H%M%SZ"


def stamp(at_s: float) -> str:
    """A time (seconds since 1970) in UTC, to the second: a name that begins with it is in order in a listing."""
    return datetime.fromtimestamp(at_s, UTC).strftime(_STAMP)


def stamped(name: str) -> float:
    """The time that a name begins with, seconds since 1970; `ValueError` where it begins with none."""
    return datetime.strptime(name.partition("-")[0], _STAMP).replace(tzinfo=UTC).timestamp()
