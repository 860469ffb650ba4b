"""Geometry of the stem tree: plain numbers that the template turns into SVG.

Pure: what is drawn is decided here, how it looks in `report.html.j2`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 920.0
"""of the picture, in SVG units"""


@dataclass(frozen=True)
class StemSegment:
    """What runs once for everybody between two branch-points in use."""

    start: int
    """branch-point"""
    end: int
    """branch-point"""
    fps: float
    cost: float
    """CPU-seconds per second"""


@dataclass(frozen=True)
class Head:
    """What one app runs alone."""

    app: str
    branch_point: int
    fps: float
    cost: float
    """CPU-seconds per second"""


@dataclass(frozen=True)
class PlacedHead:
    """A head at its row in the picture."""

    head: Head
    y: float


@dataclass(frozen=True)
class PlacedSegment:
    """A stretch of the stem; its thickness grows with its rate."""

    segment: StemSegment
    x1: float
    x2: float
    thickness: float


@dataclass(frozen=True)
class StemTreePicture:
    """The stem from left to right, heads below the branch-point that they leave it at."""

    height: float
    stem_y: float
    segments: list[PlacedSegment]
    branches: list[tuple[int, float, list[PlacedHead]]]
    """branch-point, x, heads that leave there"""


_ROW = 26.0
_STEM_Y = 60.0
_LEFT = 40.0
_LABEL = 250.0
"""room to the right of the last branch-point, for its heads' names"""


def stem_tree(segments: Sequence[StemSegment], heads: Sequence[Head]) -> StemTreePicture:
    """Place branch-points evenly from left to right, heads in rows below, the deepest on top."""
    points = sorted({0, *(each.end for each in segments), *(head.branch_point for head in heads)})
    step = (WIDTH - _LEFT - _LABEL) / max(len(points) - 1, 1)
    x_of = {point: _LEFT + step * index for index, point in enumerate(points)}
    fastest = max((each.fps for each in segments), default=1.0)
    ordered = sorted(heads, key=lambda head: (-head.branch_point, -head.fps, head.app))
    rows = {head.app: _STEM_Y + 40 + _ROW * index for index, head in enumerate(ordered)}
    return StemTreePicture(
        height=_STEM_Y + 40 + _ROW * len(ordered) + 10,
        stem_y=_STEM_Y,
        segments=[
            PlacedSegment(each, x_of[each.start], x_of[each.end], 2 + 8 * each.fps / fastest) for each in segments
        ],
        branches=[
            (point, x_of[point], [PlacedHead(head, rows[head.app]) for head in ordered if head.branch_point == point])
            for point in points
        ],
    )
