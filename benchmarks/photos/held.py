"""Whether what is measured lies in what was predicted, nine times in ten: alone, and where the test may be off too.

A test has few photos, so what is measured wanders about what is true. Prediction and measurement are estimates that are
independent of each other: what either may be off by is added as such errors are (Zou and Donner, 2008).
"""

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from mainstream.alerts.merging import MergedEvents
from mainstream.arrays import BoolArray
from mainstream.planner.answer.f1_interval import Z90, Interval, moves_by_counts


@dataclass(frozen=True)
class Promise:
    """What one app's F1 was predicted to be, and was."""

    predicted: float
    interval: Interval
    """90 %, of what is predicted"""
    measured: float
    test_moves: Interval
    """how far down and up the measured F1 may be off, 90 %, by chance of so few test photos"""

    @property
    def held(self) -> bool:
        """Whether the interval holds what was measured."""
        return self.interval[0] <= self.measured <= self.interval[1]

    @property
    def held_together(self) -> bool:
        """Whether prediction and measurement agree, as estimates."""
        below, above = self._together
        return self.predicted - below <= self.measured <= self.predicted + above

    @property
    def held_if_perfect(self) -> float:
        """With what chance an interval that holds the truth nine times in ten holds what so few photos say of it."""
        below, above = self._together
        low, high = self.interval
        sides = ((self.predicted - low) / max(below, 1e-9), (high - self.predicted) / max(above, 1e-9))
        return sum(erf(Z90 * share / sqrt(2)) / 2 for share in sides)

    @property
    def _together(self) -> Interval:
        (low, high), (down, up) = self.interval, self.test_moves
        return float(np.hypot(self.predicted - low, up)), float(np.hypot(high - self.predicted, down))


def moves_of_test(recall: float, false: float, events: MergedEvents, shown: BoolArray) -> Interval:
    """How far down and up a measured F1 may be off, of `false` alerts an event; which photos (n,) show the event."""
    moves = moves_by_counts(recall, false, events, (float(shown.sum()), float((~shown).sum())))
    down, up = np.sqrt(np.square(moves).sum(axis=0)).tolist()
    return down, up
