"""What a kind of sink gives the runner: a destination, which delivers, and a route, which says how to reach it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mainstream.api.sinks.review import RunnerSink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream_runner.spool.spool import Record


class RefusedError(Exception):
    """The destination says that it will never take this record; the text says why."""


@dataclass(frozen=True)
class AppSink:
    """One sink of one app."""

    name: str
    """the spool knows it by; the same after every restart, another one when what the user wrote changes"""
    app: str
    index: int
    """which of the app's sinks it is"""
    sink: RunnerSink
    keys: SinkKeys


class Destination(Protocol):
    """Takes records of the sinks that one courier serves; `deliver` is called by that courier's thread alone."""

    def serve(self, sinks: Sequence[AppSink]) -> None:
        """Be ready for records of these sinks from now on; may be called while a record is being delivered."""
        ...

    def deliver(self, record: Record) -> str | None:
        """Deliver one record and wait until it was taken; None, or why that failed.

        Raises `RefusedError` where no later attempt would do better.
        """
        ...

    def close(self, *, gone: bool) -> None:
        """Let go of connections; may be called while a record is being delivered.

        `gone`: no app names the place any more, so what was left there is taken back; else the runner ends, or the same
        place is delivered to in another way.
        """
        ...


@dataclass(frozen=True)
class Route:
    """How a sink's records reach it."""

    courier: str
    """sinks with the same share one courier and one destination; it changes when what they need to know does"""
    open: Callable[[], Destination]
    ready: Callable[[Record], bool] | None = None
    """records that are not ready wait without holding up those behind them"""


def digest(*texts: str) -> str:
    """Short and the same for the same texts."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
