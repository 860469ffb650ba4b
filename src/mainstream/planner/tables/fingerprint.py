"""What tells the measurements of one candidate from those of another: a digest of the numbers that count.

A problem is stated many times with the same thousands of points, and each time the planner asks whether it knows them.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from functools import cached_property
from itertools import chain

from mainstream.planner.problem import Candidate, OperatingPoint
from mainstream.planner.replays import ReplayedPoints, numbers


class Points(tuple[OperatingPoint, ...]):
    """Operating points that work their fingerprint out once."""

    @cached_property
    def fingerprint(self) -> bytes:
        """Equal where equal alerts are predicted from the points."""
        return _digest(self)


def fingerprint(candidate: Candidate) -> tuple[bytes, bytes]:
    """Of its operating points and of what was replayed."""
    points, replayed = candidate.operating_points, candidate.replayed
    played = replayed if isinstance(replayed, ReplayedPoints) else ReplayedPoints(numbers(replayed))
    return points.fingerprint if isinstance(points, Points) else _digest(points), played.fingerprint


def _digest(points: Sequence[OperatingPoint]) -> bytes:
    values = array("d", chain.from_iterable((each.threshold, each.p, each.e) for each in points))
    return hashlib.sha256(values.tobytes()).digest()
