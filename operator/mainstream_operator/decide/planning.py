"""Planning for all nodes at once: one plan at a time, with the last answers kept.

What is kept is a cache alone; without it everything is found again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

from mainstream.decide.planning import Answer, StepPlanning, Steps
from mainstream.planner import Plan, Policy, Problem

_KEPT = 4096


class Watcher(Protocol):
    """Whoever wants to know how planning goes."""

    def planned(self, policy: Policy, seconds: float) -> None:
        """A plan was made."""


class KeptPlanning:
    """Remembers what it answered; may be used from several threads, one of which plans at a time."""

    def __init__(self, watcher: Watcher | None = None) -> None:
        self._watcher = watcher
        self._planning = StepPlanning(time.monotonic)
        self._answers: OrderedDict[str, tuple[object, Any]] = OrderedDict()
        self._lock = threading.Lock()
        # Planning is Python: two at a time would only make both slower.
        self._one = threading.Lock()

    def recall(self, about: str, inputs: object, find: Callable[[], Answer]) -> Answer:
        """What was found for these inputs the last time that it was asked `about` this, or else is found now."""
        with self._lock:
            known = self._answers.get(about)
            if known is not None:
                self._answers.move_to_end(about)
        if known is not None and known[0] == inputs:
            answer: Answer = known[1]
            return answer
        answer = find()
        with self._lock:
            self._answers[about] = (inputs, answer)
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
        return answer

    def solve(self, problem: Problem, policy: Policy = "mainstream", steps: Steps | None = None) -> Plan:
        """The plan for a problem."""
        with self._one:
            start_s = time.monotonic()
            plan = self._planning.solve(problem, policy, steps)
            seconds = time.monotonic() - start_s
        if self._watcher is not None:
            self._watcher.planned(policy, seconds)
        return plan

    def fits(self, problem: Problem, steps: Steps | None = None) -> bool:
        """Whether all apps of a problem can be served; `InvalidInputError` where one cannot be used at all."""
        with self._one:
            return self._planning.fits(problem, steps)
