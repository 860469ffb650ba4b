"""The cost law: what a plan uses of a node (docs/design.md, "Cost").

    cost = sum_a head(k_a) * f_a  +  sum_s [ seconds(s) * F_s + step(s, F_s) ]  +  overhead
    F_s = max{ f_a : s on the stem of a }

A camera is decoded in one of several modes, each with a cost of its own and the frames that it yields: those are the
steps of a segment above its views, and step(s, F) is the cheapest that allows the rate F. The maximum holds because
sampling is nested: slower apps analyse a subset of the frames of the faster ones beyond the same segment. Costs are
CPU-seconds a second (on a GPU: busy share), the same unit as the budget. Memory is what every segment and head in use
weighs, each once.

Invariant: what is computed here depends on the chosen candidates and rates alone, never on how they were found; the
search keeps its own books and is checked against this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Annotated

from pydantic import Field


@dataclass(frozen=True)
class CostStep:
    """One way in which a segment can run: what it takes whatever the rate, and the highest rate that it allows."""

    name: str
    fps: Annotated[float, Field(description="Highest rate that it allows, in frames a second.")]
    cost: Annotated[float, Field(description="CPU-seconds a second while the segment is in use.")]


@dataclass(frozen=True)
class Segment:
    """One node of the forest of shared work: the input of a view (a root), or a segment of a network below it."""

    key: Annotated[str, Field(description="Unique name, for example view and prefix hash.")]
    parent: Annotated[str | None, Field(description="Key of the segment that feeds this one; null for a root.")] = None
    seconds: Annotated[float, Field(description="CPU-seconds per analysed frame.")] = 0.0
    bytes: Annotated[int, Field(description="Memory it takes while in use; a root may carry a base's workspace.")] = 0
    weights: Annotated[
        str | None, Field(description="Segments of equal `weights` take their memory once; default: the key.")
    ] = None
    steps: Annotated[
        tuple[CostStep, ...],
        Field(
            description="Ways to run it, such as a camera's decode modes; the cheapest that allows the rate is taken."
        ),
    ] = ()

    @property
    def most_fps(self) -> float:
        """The highest rate that its steps allow; infinite where there are none."""
        return max((step.fps for step in self.steps), default=inf)

    def step_at(self, fps: float) -> CostStep | None:
        """The cheapest step that allows a rate, the first of equals; None where none does, or where there are none."""
        return min((step for step in self.steps if step.fps >= fps), key=lambda step: step.cost, default=None)

    def cost_at(self, fps: float) -> float:
        """CPU-seconds a second at a rate that some step allows."""
        return self.seconds * fps + self.step_cost(fps)

    def step_cost(self, fps: float) -> float:
        """What of that its step takes, whatever the rate."""
        step = self.step_at(fps)
        return 0.0 if step is None else step.cost

    @property
    def weights_key(self) -> str:
        """What its memory is counted by."""
        return self.key if self.weights is None else self.weights


@dataclass(frozen=True)
class Load:
    """What one app puts on a node: the chain of its segments (root first), its head, its rate. Loads of one app add
    up."""

    app: str
    chain: tuple[Segment, ...]
    head_s: float
    head_bytes: int
    fps: float


@dataclass(frozen=True)
class SegmentCost:
    """A segment in use: the rate it runs at, what that costs (CPU-seconds a second), and by which of its steps."""

    key: str
    fps: float
    cost: float
    step: str | None = None


@dataclass(frozen=True)
class Cost:
    """Cost of a plan, split; `total` = segments + heads + overhead, in CPU-seconds a second."""

    segments: tuple[SegmentCost, ...]
    heads: dict[str, float]
    overhead: float
    total: float
    memory_bytes: int


def chain_of(segments: Mapping[str, Segment], key: str | None) -> tuple[Segment, ...]:
    """The segments from the root down to `key` (empty for None); the forest must be free of cycles."""
    chain: list[Segment] = []
    while key is not None:
        segment = segments[key]
        chain.append(segment)
        key = segment.parent
    return tuple(reversed(chain))


def cost_of(loads: Sequence[Load], overhead: float) -> Cost:
    """Cost and memory of these loads together; segments are listed in the order in which they are first met."""
    rates: dict[str, float] = {}
    met: dict[str, Segment] = {}
    for load in loads:
        for segment in load.chain:
            met[segment.key] = segment
            rates[segment.key] = max(rates.get(segment.key, 0.0), load.fps)
    segments = tuple(_segment_cost(met[key], rates[key]) for key in met)
    heads: dict[str, float] = {}
    for load in loads:
        heads[load.app] = heads.get(load.app, 0.0) + load.head_s * load.fps
    total = sum(s.cost for s in segments) + sum(heads.values()) + overhead
    return Cost(segments, heads, overhead, total, _memory(met.values(), loads))


def _segment_cost(segment: Segment, fps: float) -> SegmentCost:
    step = segment.step_at(fps)
    return SegmentCost(segment.key, fps, segment.cost_at(fps), None if step is None else step.name)


def _memory(segments: Iterable[Segment], loads: Sequence[Load]) -> int:
    by_weights: dict[str, int] = {}
    for segment in segments:
        by_weights[segment.weights_key] = max(by_weights.get(segment.weights_key, 0), segment.bytes)
    return sum(by_weights.values()) + sum(load.head_bytes for load in loads)
