"""How many statuses may be written only because they are old: as many a second, however large the fleet."""

import threading
from collections.abc import Callable

PER_S = 10.0
"""of the whole operator: 300 apps and streams are refreshed every half minute, 3,000 every five minutes"""
MOST_AT_ONCE = 8
"""of one node: with its reconciles every 5 s, no node takes the others' room"""


class Refreshes:
    """A bucket that fills with time, up to a second's worth; may be used from several threads."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._room = PER_S
        self._at_s = now()
        self._lock = threading.Lock()

    def take(self, wanted: int) -> int:
        """How many of those that a node wants it may have now."""
        with self._lock:
            at_s = self._now()
            self._room = min(PER_S, self._room + PER_S * (at_s - self._at_s))
            self._at_s = at_s
            granted = min(wanted, MOST_AT_ONCE, int(self._room))
            self._room -= granted
        return granted
