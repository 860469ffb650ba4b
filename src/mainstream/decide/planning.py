"""The planner as a node's decision uses it: for a bounded number of steps, whoever asks and however busy the machine.

Steps are counted instead of seconds, so that the same input gives the same plan on a laptop and in a cluster, before
and after a restart. What works through more counts as more steps, so that no tenant's apps make one of them long.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mainstream.decide.steady import GAP
from mainstream.planner import Plan, Policy, Problem, all_fit, solve

_MOST_STEPS = 800
"""of one question: looks at the clock; about .3 s for ten apps that are hard to plan for, and at most a second"""
_PATIENCE_S = 20.0
"""after which even a slow step was the last; until then time counts for nothing"""

Answer = TypeVar("Answer")


@dataclass
class Steps:
    """How many steps a question may take, and how many it has taken."""

    most: int = _MOST_STEPS
    taken: int = 0


class Planning(Protocol):
    """Whoever answers the planner's questions; it may remember answers, never change them."""

    def solve(self, problem: Problem, policy: Policy = "mainstream", steps: Steps | None = None) -> Plan:
        """The plan for a problem."""

    def fits(self, problem: Problem, steps: Steps | None = None) -> bool:
        """Whether all apps of a problem can be served; `InvalidInputError` where one cannot be used at all."""

    def recall(self, about: str, inputs: object, find: Callable[[], Answer]) -> Answer:
        """What is found for these inputs, whether now or when it was last asked `about` this."""


class StepPlanning:
    """Finds everything anew. `now` is a clock in seconds that never runs backwards."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def solve(self, problem: Problem, policy: Policy = "mainstream", steps: Steps | None = None) -> Plan:
        """The plan for a problem."""
        clock = _StepClock(self._now, steps or Steps())
        return solve(problem, policy, deadline_s=clock.steps.most, gap=GAP, clock=clock)

    def fits(self, problem: Problem, steps: Steps | None = None) -> bool:
        """Whether all apps of a problem can be served; `InvalidInputError` where one cannot be used at all."""
        clock = _StepClock(self._now, steps or Steps())
        return all_fit(problem, deadline_s=clock.steps.most, clock=clock)

    def recall(self, about: str, inputs: object, find: Callable[[], Answer]) -> Answer:
        """What is found now."""
        return find()


class _StepClock:
    """A clock that counts how often it is asked, unless a step takes far longer than it should."""

    def __init__(self, now: Callable[[], float], steps: Steps) -> None:
        self._now = now
        self.steps = steps
        self._start_s = now()

    def __call__(self) -> float:
        self.steps.taken += 1
        return float(self.steps.taken if self._now() - self._start_s < _PATIENCE_S else self.steps.most)
