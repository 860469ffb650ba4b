"""Conditions as the Kubernetes API conventions have them, and how old an observation is."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from mainstream.api.model import StatusModel

ABNORMAL = frozenset(("Degraded", "Stalled", "OutOfMemory", "Cordoned", "MeasuredBelowPredicted"))
"""conditions that are well where they are False, or not there; all others where they are True"""
Truth = Literal["True", "False", "Unknown"]


class Condition(StatusModel):
    """One thing that is true, false or unknown of an object, with the reason and the way out."""

    type: str = Field(max_length=64, description="What is stated.")
    status: Truth = Field(description="Whether it holds.")
    reason: str = Field(max_length=64, description="Stable word for programs.")
    message: str = Field(max_length=1024, description="One sentence for people, with the way out.")
    last_transition_time: AwareDatetime = Field(description="When `status` last changed.")
    observed_generation: int | None = Field(None, description="Generation of the spec that it is about.")


Conditions = Annotated[
    list[Condition],
    Field(
        max_length=16,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    ),
]


class Observed(StatusModel):
    """Something that a runner reported."""

    at: AwareDatetime = Field(
        description="When the runner was last seen as this says; about every 30 s, less often in a large fleet."
    )
