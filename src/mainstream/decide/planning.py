"""The planner as the operator uses it: one plan at a time, for a bounded number of steps, with the last answers kept.

Steps are counted instead of seconds, so that a plan does not depend on how busy the machine is: the same input gives
the same plan, before and after a restart. What is kept is a cache alone; without it everything is found again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from mainstream.decide.steady import GAP
from mainstream.planner import Plan, Policy, Problem, all_fit, solve

_STEPS = 800
"""looks at the clock; about .3 s for ten apps that are hard to plan for"""
_PATIENCE_S = 20.0
"""after which even a slow step was the last; until then time counts for nothing"""
_KEPT = 4096

_Answer = TypeVar("_Answer")


class Watcher(Protocol):
    """Whoever wants to know how planning goes."""

    def planned(self, policy: Policy, seconds: float) -> None:
        """A plan was made."""


class Planning:
    """Plans for all nodes; may be used from several threads, one of which plans at a time."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self._watcher = watcher
        self._answers: OrderedDict[str, tuple[object, Any]] = OrderedDict()
        self._lock = threading.Lock()
        # Planning is Python: two at a time would only make both slower.
        self._one = threading.Lock()

    def recall(self, about: str, inputs: object, find: Callable[[], _Answer]) -> _Answer:
        """What was found for these inputs the last time that it was asked `about` this, or else is found now."""
        with self._lock:
            known = self._answers.get(about)
            if known is not None:
                self._answers.move_to_end(about)
        if known is not None and known[0] == inputs:
            answer: _Answer = known[1]
            return answer
        answer = find()
        with self._lock:
            self._answers[about] = (inputs, answer)
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        return answer

    def solve(self, problem: Problem, policy: Policy = "mainstream") -> Plan:
        """The plan for a problem."""
        with self._one:
            start_s = time.monotonic()
            plan = solve(problem, policy, deadline_s=_STEPS, gap=GAP, clock=_Steps())
            seconds = time.monotonic() - start_s
        if self._watcher is not None:
            self._watcher.planned(policy, seconds)
        return plan

    def fits(self, problem: Problem) -> bool:
        """Whether all apps of a problem can be served; `InvalidInputError` where one cannot be used at all."""
        with self._one:
            return all_fit(problem, deadline_s=_STEPS, clock=_Steps())


class _Steps:
    """A clock that counts how often it is asked, unless a step takes far longer than it should."""

    def __init__(self) -> None:
        self._steps = 0
        self._start_s = time.monotonic()

    def __call__(self) -> float:
        self._steps += 1
        return self._steps if time.monotonic() - self._start_s < _PATIENCE_S else float(_STEPS)
