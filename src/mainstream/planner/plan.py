"""What was decided: a plan with its prediction, its cost and its certificate. Plain frozen data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from mainstream.laws.cost import Cost
from mainstream.planner.problem import CandidateKind

Status = Literal["optimal", "within-gap", "deadline", "heuristic", "infeasible"]


@dataclass(frozen=True)
class AppPlan:
    """What one app gets. One that did not fit has null for all that was to be chosen, and counts as F1 0."""

    name: str
    candidate: Annotated[str | None, Field(description="Its name.")]
    kind: CandidateKind | None
    branch_point: int | None
    threshold: float | None
    fps: float | None
    votes: int | None
    f1: Annotated[float, Field(description="Of alerts: harmonic mean of recall and precision.")]
    recall: Annotated[float, Field(description="Share of events for which an alert opens.")]
    precision: Annotated[float, Field(description="Found events over found events and false alerts.")]
    false_alerts_per_hour: float
    value: Annotated[float, Field(description="Predicted metric of the app's own objective; f1 unless it says else.")]
    why: str = ""
    f1_interval: Annotated[
        tuple[float, float] | None,
        Field(description="90 % interval of f1, by what was measured on how much; null where that is not known."),
    ] = None

    @property
    def fits(self) -> bool:
        """Whether the app is part of the plan."""
        return self.fps is not None


@dataclass(frozen=True)
class Plan:
    """A plan for one node.

    `status`: "optimal" (proved, no better plan exists), "within-gap" (proved to the gap that was asked for),
    "deadline" (time was up; `gap` says what is not proved), "heuristic" (a policy that proves nothing), "infeasible"
    (not all apps fit: `shed` is the set of least weight without which the others do, and the plan serves those).
    """

    policy: str
    status: Status
    apps: tuple[AppPlan, ...]
    cost: Cost
    budget: float
    objective: Annotated[float, Field(description="What was maximised: weighted mean less switching costs, or lowest.")]
    bound: Annotated[float | None, Field(description="No plan can have a higher objective; null: not proved.")]
    gap: Annotated[float | None, Field(description="bound - objective, at least 0.")]
    mean_f1: Annotated[float, Field(description="Weighted mean of the apps' F1; an app that did not fit counts as 0.")]
    lowest: Annotated[
        float, Field(description="Lowest value of the apps that fit; what the goal max-min raises first.")
    ]
    shed: tuple[str, ...] = ()

    def app(self, name: str) -> AppPlan:
        """The plan of one app."""
        return next(app for app in self.apps if app.name == name)
