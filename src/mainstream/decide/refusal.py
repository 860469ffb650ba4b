"""Why something is not done. Pure."""

from dataclasses import dataclass

from mainstream.api.reasons import Reason


@dataclass(frozen=True)
class Refusal:
    """A word for programs, which says what follows, and a sentence for people with the way out."""

    reason: Reason
    message: str
