"""Operating points that are looked at once: whether they are sound, and what tells them from those of others.

A problem is stated many times with the same thousands of points, and each time the planner asks both.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Sequence
from functools import cached_property
from itertools import chain

from mainstream.planner.problem import Candidate, OperatingPoint
from mainstream.planner.replays import ReplayedPoints, numbers


class Points(tuple[OperatingPoint, ...]):
    """Operating points that remember what was found out about them."""

    @cached_property
    def fingerprint(self) -> bytes:
        """Equal where equal alerts are predicted from the points."""
        return _digest(self)

    @cached_property
    def sound(self) -> bool:
        """See `are_sound`."""
        return _are_sound(self)


def fingerprint(candidate: Candidate) -> tuple[bytes, bytes]:
    """Of its operating points and of what was replayed: a digest of the numbers that count."""
    points, replayed = candidate.operating_points, candidate.replayed
    played = replayed if isinstance(replayed, ReplayedPoints) else ReplayedPoints(numbers(replayed))
    return points.fingerprint if isinstance(points, Points) else _digest(points), played.fingerprint


def are_sound(points: Sequence[OperatingPoint]) -> bool:
    """Whether all numbers are in their range, and no threshold is there twice."""
    return points.sound if isinstance(points, Points) else _are_sound(points)


def is_interval(interval: tuple[float, float] | None) -> bool:
    """Whether it is ascending, of probabilities, or not known."""
    return interval is None or 0.0 <= interval[0] <= interval[1] <= 1.0


def _digest(points: Sequence[OperatingPoint]) -> bytes:
    values = array("d", chain.from_iterable((each.threshold, each.p, each.e) for each in points))
    return hashlib.sha256(values.tobytes()).digest()


def _are_sound(points: Sequence[OperatingPoint]) -> bool:
    try:
        in_range = all(
            0.0 <= point.p <= 1.0
            and 0.0 <= point.e <= 1.0
            and -math.inf < point.threshold < math.inf
            and is_interval(point.p_interval)
            and is_interval(point.e_interval)
            for point in points
        )
    except TypeError:
        return False
    return in_range and len({point.threshold for point in points}) == len(points)
