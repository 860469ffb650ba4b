"""What there is to decide: apps with their candidates, the forest of segments they may share, and what limits a plan.

Plain frozen data without behaviour. `validation.py` says what makes a problem well-formed, `forms.py` gives it its
stable JSON form; the descriptions below end up in that form's schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, PlainSerializer

from mainstream.laws.chain import Compat, EventStatistics
from mainstream.laws.cost import Segment

DEFAULT_VOTES = (1, 2, 3, 4, 5, 6, 7)
SLOW_RATES_FPS = (0.1, 0.2, 0.5)

STRICT_FORM = ConfigDict(extra="forbid")
"""A misspelt field in a file is an error, never silently ignored."""

CandidateKind = Literal["fine-tuned", "micro"]
Metric = Literal["f1", "f-beta", "recall", "precision"]


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold with P(hit) on a frame of an event (`p`) and on a frame outside events (`e`)."""

    __pydantic_config__ = STRICT_FORM
    threshold: float
    p: float
    e: float
    p_interval: Annotated[
        tuple[float, float] | None, Field(description="95 % interval of p as measured; null: not known.")
    ] = None
    e_interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class ReplayedPoint:
    """What the trainer measured by replaying held-out video or pictures at one threshold, rate and number of votes.

    It holds for the merge gap that it was played with, which must be the app's.
    """

    __pydantic_config__ = STRICT_FORM
    threshold: float
    fps: float
    votes: int
    recall: float
    false_share: Annotated[
        float, Field(description="Share of quiet stretches of one merge gap in which a false alert opens.")
    ]


@dataclass(frozen=True)
class Candidate:
    """One trained model of an app; several may have one branch-point."""

    __pydantic_config__ = STRICT_FORM
    name: Annotated[str, Field(description="What the app's pin, and what it runs with, call it by.")]
    branch_point: Annotated[int, Field(description="How far the base network stays frozen; 0: nothing is frozen.")]
    segment: Annotated[str | None, Field(description="Deepest segment that its head hangs on; null: none.")]
    head_s: Annotated[float, Field(description="CPU-seconds per analysed frame of all that is the app's own.")]
    head_bytes: int = 0
    operating_points: tuple[OperatingPoint, ...] = ()
    replayed: Annotated[
        Sequence[ReplayedPoint],
        AfterValidator(tuple),
        PlainSerializer(tuple, return_type=tuple[ReplayedPoint, ...]),
        Field(description="Measured alerts; where given, they stand in for the law."),
    ] = ()
    kind: Annotated[
        CandidateKind,
        Field(description="micro: no layer is specialised, a small head reads the map at the branch-point."),
    ] = "fine-tuned"
    observed_events: Annotated[
        float | None, Field(description="Independent events that it was measured on; null: not known.")
    ] = None
    observed_stretches: Annotated[
        float | None,
        Field(description="Quiet stretches of one merge gap that it was measured on; null: not known."),
    ] = None


@dataclass(frozen=True)
class Objective:
    """What an app wants: its metric of alerts (`beta` for f_beta), the least of it and the most false alerts that it
    accepts.
    """

    __pydantic_config__ = STRICT_FORM
    metric: Metric = "f1"
    beta: float = 1.0
    minimum: float | None = None
    maximum_false_alerts_per_day: float | None = None


@dataclass(frozen=True)
class App:
    """One tenant's app: its events, its candidates, and what it allows the planner to choose from."""

    __pydantic_config__ = STRICT_FORM
    name: str
    stream_fps: float
    events: EventStatistics
    candidates: tuple[Candidate, ...]
    rates: Annotated[
        tuple[float, ...] | None,
        Field(description="Allowed frames a second; null: .1, .2, .5 and every whole number up to the stream's."),
    ] = None
    votes: tuple[int, ...] = DEFAULT_VOTES
    weight: float = 1.0
    objective: Objective = Objective()
    trust: Annotated[
        float,
        Field(description="What recall and precision of all its options are multiplied with, in (0, 1]; 1: believed."),
    ] = 1.0
    note: Annotated[str, Field(description="What its `why` ends with: what the predictions rest on.")] = ""

    @property
    def allowed_rates(self) -> tuple[float, ...]:
        """Allowed rates, ascending, in frames a second."""
        return allowed_rates(self.rates, self.stream_fps)


def allowed_rates(rates: Sequence[float] | None, stream_fps: float) -> tuple[float, ...]:
    """The rates that are named, ascending, or else those that any app on such a stream may have."""
    if rates is not None:
        return tuple(sorted(set(rates)))
    slow = [rate for rate in SLOW_RATES_FPS if rate <= stream_fps]
    return (*slow, *(float(rate) for rate in range(1, int(stream_fps) + 1)))


@dataclass(frozen=True)
class Running:
    """What an app runs with now; an app that is not listed is new, and neither pays for a change nor counts as one."""

    __pydantic_config__ = STRICT_FORM
    app: str
    candidate: str
    fps: float


@dataclass(frozen=True)
class Switching:
    """How much of its own metric an app must gain before it is moved off what it runs with now."""

    __pydantic_config__ = STRICT_FORM
    candidate: Annotated[float, Field(description="Taken off every option with another candidate.")] = 0.0
    fps: Annotated[float, Field(description="Taken off options of the same candidate at another rate.")] = 0.0


@dataclass(frozen=True)
class Pin:
    """What is decided already for an app; null leaves the choice open."""

    __pydantic_config__ = STRICT_FORM
    app: str
    candidate: str | None = None
    fps: float | None = None
    threshold: float | None = None
    votes: int | None = None


@dataclass(frozen=True)
class Problem:
    """All that one node's plan is decided from. Costs are CPU-seconds a second, as the budget is."""

    __pydantic_config__ = STRICT_FORM
    apps: tuple[App, ...]
    segments: tuple[Segment, ...]
    budget: float
    overhead: Annotated[
        float, Field(description="What the node spends whatever is planned: decode, idle processes.")
    ] = 0.0
    memory_bytes: Annotated[int | None, Field(description="Limit on segments and heads in use; null: none.")] = None
    goal: Annotated[
        Literal["mean", "max-min"],
        Field(description="mean: weighted mean of the apps' metrics; max-min: raise the lowest first, then the mean."),
    ] = "mean"
    running: tuple[Running, ...] = ()
    switching: Switching = Switching()
    max_changes: Annotated[int | None, Field(description="At most so many running apps may be moved.")] = None
    pins: tuple[Pin, ...] = ()
    compat: Annotated[
        Compat | None,
        Field(description="'atc18' only to reproduce published figures; never for a real node."),
    ] = None
