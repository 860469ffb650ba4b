"""The replayed curve of a candidate: a blob of its own, so that a manifest stays small, and compact in memory.

The blob is a safetensors file with one tensor `curve` (points, 5), float64: threshold, frames per second, votes,
recall, share of quiet stretches with a false alert. One point is a `ReplayedRate` only while somebody looks at it.
"""

import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from mainstream.arrays import FloatArray
from mainstream.errors import InvalidInputError

MAX_POINTS = 65536
"""of one candidate"""
MAX_THRESHOLDS = 255
"""of one candidate: each is a curve of its own to whoever plans"""
_POINT = struct.Struct("<5d")
_NAME = "curve"


class ReplayedRate(NamedTuple):
    """What was replayed at one threshold, rate and number of votes: on held-out video, over several phases; or, where
    event statistics are declared, on a stream of such statistics made of held-out pictures. Holds for the package's own
    merge gap.
    """

    threshold: float
    fps: float
    votes: int
    recall: float
    """share of events, after merging, for which an alert opened"""
    false_share: float
    """share of quiet stretches of one merge gap in which a false alert opened"""


@dataclass(frozen=True)
class ReplayedCurve:
    """Points in the order in which they were replayed."""

    data: bytes = b""

    @classmethod
    def of(cls, points: "Iterable[ReplayedRate] | ReplayedCurve") -> "ReplayedCurve":
        """The curve of these points."""
        return points if isinstance(points, ReplayedCurve) else cls(b"".join(_POINT.pack(*point) for point in points))

    def __iter__(self) -> Iterator[ReplayedRate]:
        for threshold, fps, votes, recall, false_share in _POINT.iter_unpack(self.data):
            yield ReplayedRate(threshold, fps, int(votes), recall, false_share)

    def __len__(self) -> int:
        return len(self.data) // _POINT.size

    def numbers(self) -> FloatArray:
        """The points (n, 5), in the order of `ReplayedRate`; not to be written to."""
        return np.frombuffer(self.data, "<f8").reshape(-1, 5)

    def pack(self) -> bytes:
        """The blob."""
        return save({_NAME: self.numbers()})


def unpack_curve(data: bytes) -> ReplayedCurve:
    """The curve that a blob holds; `InvalidInputError` where it holds none."""
    try:
        tensors = deserialize(data)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise InvalidInputError(f"is not a safetensors file ({error})", field="curve") from error
    if [name for name, _ in tensors] != [_NAME] or tensors[0][1]["dtype"] != "F64":
        raise InvalidInputError(f"does not hold one tensor {_NAME!r} of float64", field="curve")
    shape = tensors[0][1]["shape"]
    if len(shape) != 2 or shape[1] != 5 or not 0 < shape[0] <= MAX_POINTS:
        raise InvalidInputError(f"has shape {shape}, not (1 to {MAX_POINTS}, 5)", field="curve")
    curve = ReplayedCurve(bytes(tensors[0][1]["data"]))
    for number, point in enumerate(_POINT.iter_unpack(curve.data)):
        if not _is_sound(*point):
            raise InvalidInputError("is beyond what such a number can be", field=f"curve[{number}]")
    thresholds = len({point[0] for point in _POINT.iter_unpack(curve.data)})
    if thresholds > MAX_THRESHOLDS:
        raise InvalidInputError(f"has {thresholds} thresholds, more than {MAX_THRESHOLDS}", field="curve")
    return curve


def _is_sound(threshold: float, fps: float, votes: float, recall: float, false_share: float) -> bool:
    shares = all(0 <= each <= 1 for each in (threshold, recall, false_share))
    return shares and 0 < fps < math.inf and votes in range(1, 8)
