"""Replayed points as numbers: an app may bring hundreds of thousands of them, which are objects only while somebody
looks at one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import overload

import numpy as np

from mainstream.arrays import FloatArray, IntArray
from mainstream.planner.problem import ReplayedPoint

THRESHOLD, FPS, VOTES, RECALL, FALSE_SHARE = range(5)
"""columns of `numbers`"""


class ReplayedPoints(Sequence[ReplayedPoint]):
    """Points (n, 5) with the columns above; never written to."""

    def __init__(self, numbers: FloatArray) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[ReplayedPoint]:
        return (_point(row) for row in self.numbers.tolist())

    @overload
    def __getitem__(self, place: int) -> ReplayedPoint: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[ReplayedPoint, ...]: ...

    def __getitem__(self, place: int | slice) -> ReplayedPoint | tuple[ReplayedPoint, ...]:
        if isinstance(place, slice):
            return tuple(_point(row) for row in self.numbers[place].tolist())
        return _point(self.numbers[place].tolist())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ReplayedPoints):
            return self is other or bool(np.array_equal(self.numbers, other.numbers))
        return isinstance(other, tuple) and tuple(self) == other

    def __hash__(self) -> int:
        return hash(tuple(self))

    @cached_property
    def fingerprint(self) -> bytes:
        """Equal of equal points alone."""
        return hashlib.sha256(self.numbers.tobytes()).digest()


def numbers(points: Sequence[ReplayedPoint]) -> FloatArray:
    """The points (n, 5) as numbers."""
    if isinstance(points, ReplayedPoints):
        return points.numbers
    rows = [(each.threshold, each.fps, each.votes, each.recall, each.false_share) for each in points]
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def played_with(points: Sequence[ReplayedPoint], votes: Sequence[int] | IntArray) -> FloatArray:
    """Those that were replayed with one of these votes, as numbers."""
    rows = numbers(points)
    return rows if not len(rows) else rows[np.isin(rows[:, VOTES], votes)]


def _point(row: Sequence[float]) -> ReplayedPoint:
    threshold, fps, votes, recall, false_share = row
    return ReplayedPoint(threshold, fps, int(votes), recall, false_share)
