"""Why something is not done. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """A stable word for programs, and a sentence for people with the way out."""

    reason: str
    message: str
