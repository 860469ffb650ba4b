"""The planner as a node's decision uses it: for a bounded number of steps, whoever asks and however busy the machine.

Steps are counted instead of seconds, so that the same input gives the same plan on a laptop and in a cluster, before
and after a restart.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from mainstream.decide.steady import GAP
from mainstream.planner import Plan, Policy, Problem, all_fit, solve

_STEPS = 800
"""looks at the clock; about .3 s for ten apps that are hard to plan for"""
_PATIENCE_S = 20.0
"""after which even a slow step was the last; until then time counts for nothing"""

Answer = TypeVar("Answer")


class Planning(Protocol):
    """Whoever answers the planner's questions; it may remember answers, never change them."""

    def solve(self, problem: Problem, policy: Policy = "mainstream") -> Plan:
        """The plan for a problem."""

    def fits(self, problem: Problem) -> bool:
        """Whether all apps of a problem can be served; `InvalidInputError` where one cannot be used at all."""

    def recall(self, about: str, inputs: object, find: Callable[[], Answer]) -> Answer:
        """What is found for these inputs, whether now or when it was last asked `about` this."""


class StepPlanning:
    """Finds everything anew. `now` is a clock in seconds that never runs backwards."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now

    def solve(self, problem: Problem, policy: Policy = "mainstream") -> Plan:
        """The plan for a problem."""
        return solve(problem, policy, deadline_s=_STEPS, gap=GAP, clock=_Steps(self._now))

    def fits(self, problem: Problem) -> bool:
        """Whether all apps of a problem can be served; `InvalidInputError` where one cannot be used at all."""
        return all_fit(problem, deadline_s=_STEPS, clock=_Steps(self._now))

    def recall(self, about: str, inputs: object, find: Callable[[], Answer]) -> Answer:
        """What is found now."""
        return find()


class _Steps:
    """A clock that counts how often it is asked, unless a step takes far longer than it should."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._steps = 0
        self._start_s = now()

    def __call__(self) -> float:
        self._steps += 1
        return self._steps if self._now() - self._start_s < _PATIENCE_S else float(_STEPS)
