"""Time, injected: the planner never reads a clock of its own accord."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]
"""Seconds that never run backwards, such as `time.monotonic`."""


@dataclass(frozen=True)
class Deadline:
    """A span of `seconds` from `began` on, by `clock`."""

    clock: Clock
    began: float
    seconds: float

    @classmethod
    def start(cls, seconds: float, clock: Clock) -> Deadline:
        """Begin now."""
        return cls(clock, clock(), seconds)

    def passed(self, share: float = 1.0) -> bool:
        """Whether this share of the time is gone."""
        return self.clock() - self.began >= share * self.seconds


def late_after(late: Callable[[], bool], looks: int) -> bool:
    """Whether it is late, asked so many times: a clock that counts how often it is asked measures work by that."""
    is_late = late()
    for _ in range(1, looks):
        is_late = late()
    return is_late
