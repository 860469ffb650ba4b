"""Conditions: what is stated now, laid over what was stated before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mainstream.api.conditions import Condition, Truth
from mainstream.api.reasons import Effect, Reason
from mainstream.decide.refusal import Refusal

_LONGEST_MESSAGE = 1024


@dataclass(frozen=True)
class Stated:
    """One condition, without its history."""

    type: str
    status: Truth
    reason: Reason
    message: str


def is_true(kind: str, reason: Reason, message: str) -> Stated:
    """It holds."""
    return Stated(kind, "True", reason, message)


def is_false(kind: str, reason: Reason, message: str) -> Stated:
    """It does not hold."""
    return Stated(kind, "False", reason, message)


def is_refused(kind: str, refusal: Refusal) -> Stated:
    """It does not hold, because of a refusal."""
    return Stated(kind, "False", refusal.reason, refusal.message)


def is_unknown(kind: str, reason: Reason, message: str) -> Stated:
    """Nobody knows at the moment."""
    return Stated(kind, "Unknown", reason, message)


def stalled(refusal: Refusal | None) -> list[Stated]:
    """Condition Stalled where only another spec helps, so that nobody waits; else none, as kstatus has it."""
    if refusal is None or refusal.reason.effect is not Effect.STALLS:
        return []
    return [is_true("Stalled", refusal.reason, refusal.message)]


def condition_of(conditions: Sequence[Condition], kind: str) -> Condition | None:
    """The condition of that type, where there is one."""
    return next((each for each in conditions if each.type == kind), None)


def settle(
    before: Sequence[Condition], stated: Sequence[Stated | Condition], generation: int | None, now: datetime
) -> list[Condition]:
    """The conditions to write; the time of a transition moves only when the status does.

    A condition from before among `stated` is left as it was.
    """
    settled = []
    for each in stated:
        old = condition_of(before, each.type)
        since = old.last_transition_time if old is not None and old.status == each.status else now
        settled.append(
            Condition(
                type=each.type,
                status=each.status,
                reason=each.reason,
                message=written(each.message),
                last_transition_time=since,
                observed_generation=generation,
            )
        )
    return settled


def written(message: str) -> str:
    """A message as it stands in the condition that says it."""
    return printable(message)[:_LONGEST_MESSAGE]


def printable(text: str) -> str:
    """On one line and without control characters: parts of it come from users and cameras."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text)
