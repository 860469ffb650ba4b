"""Geometry of the picture of F1 over the number of apps: plain numbers that the template turns into SVG.

Pure: what is drawn is decided here, how it looks in `report.html.j2`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainstream_demo.result import POLICIES, DemoResult, GrowthPoint, PolicyResult

WIDTH, HEIGHT = 920.0, 300.0
"""of the picture, in SVG units"""
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 130.0, 12.0, 36.0
_LINE = 15.0
"""between two names"""
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Dot:
    """One value of a policy."""

    x: float
    y: float
    text: str
    """what it is, in words"""


@dataclass(frozen=True)
class Curve:
    """One policy."""

    policy: str
    played: list[Dot]
    live: Dot | None
    name_y: float
    """where its name is written, apart from those of the others"""

    @property
    def path(self) -> str:
        """The played dots as points of a line."""
        return " ".join(f"{dot.x:.1f},{dot.y:.1f}" for dot in self.played)


@dataclass(frozen=True)
class AxisTick:
    """A place on an axis, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True)
class GrowthChart:
    """The whole picture."""

    left: float
    right: float
    bottom: float
    columns: list[AxisTick]
    rows: list[AxisTick]
    curves: list[Curve]


def growth_chart(result: DemoResult) -> GrowthChart:
    """Numbers of apps from left to right, F1 from 0 to 1 upwards."""
    most = max(point.apps for point in result.growth)

    def x(apps: int) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * apps / most

    def y(f1: float) -> float:
        return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - f1)

    def dots(points: Sequence[GrowthPoint], policy: str) -> list[Dot]:
        return [
            Dot(x(each.apps), y(each.f1_measured[policy]), f"{each.apps} apps: {each.f1_measured[policy]:.3f}")
            for each in points
            if policy in each.f1_measured
        ]

    def live(found: PolicyResult | None) -> Dot | None:
        if found is None:
            return None
        return Dot(x(len(found.apps)), y(found.mean_f1_measured), f"live: {found.mean_f1_measured:.3f}")

    played = {policy: found for policy in POLICIES if (found := dots(result.growth, policy))}
    names = _apart({policy: (found[-1].x, found[-1].y) for policy, found in played.items()})
    return GrowthChart(
        left=_LEFT,
        right=WIDTH - _RIGHT,
        bottom=HEIGHT - _BOTTOM,
        columns=[AxisTick(x(point.apps), str(point.apps)) for point in result.growth],
        rows=[AxisTick(y(tick), f"{tick:.1f}") for tick in _TICKS],
        curves=[Curve(policy, of, live(result.policies.get(policy)), names[policy]) for policy, of in played.items()],
    )


def _apart(ends: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Heights of names at the ends (x, y) of their curves: those of one column no nearer to each other than a line."""
    heights: dict[str, float] = {}
    taken: dict[float, float] = {}
    for policy, (x, y) in sorted(ends.items(), key=lambda item: item[1][1]):
        heights[policy] = taken[x] = max(y, taken.get(x, -_LINE) + _LINE)
    return heights
