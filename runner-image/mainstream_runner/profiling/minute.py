"""A minute of a plan: what was achieved, and what it took."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainstream.messages.runner_plan import RunnerPlan


@dataclass(frozen=True)
class Minute:
    """The last one of a plan that is served."""

    plan: RunnerPlan
    rates: Mapping[str, float]
    """analysed frames a second, by app"""
    ran: Mapping[str, float]
    """those of them that networks ran on, where scores stood on the others"""
    used: float
    """CPU-seconds a second, of all processes"""
