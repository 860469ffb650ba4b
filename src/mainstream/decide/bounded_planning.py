"""The planner's questions of one decision, bounded together: whatever a tenant's apps are, a node is planned soon.

A decision asks one question where all fit, and hundreds where many do not. Each may take a part of the steps that are
left, and never fewer than a plan in hand needs; then its answer is less sure, which its plan's gap says.
"""

from mainstream.decide.planning import Planning, Steps
from mainstream.planner import Plan, Problem

_MOST_STEPS = 4000
"""of a decision: about four seconds of a core where its questions are as hard as they can be made"""
_MOST_OF_ONE = 800
_PART = 4
"""A question may take one part in so many of what is left."""
_LEAST, _LEAST_OF_APP = 60, 6
"""steps of a question, and more of them for each app: enough to repair what the apps would choose by themselves"""
_CHOICES_OF_A_STEP = 500
"""candidates by rates: stating a problem, and taking it in, takes as long"""


class BoundedPlanning:
    """Asks the planner on behalf of one decision."""

    def __init__(self, planning: Planning, most_steps: int = _MOST_STEPS) -> None:
        self._planning = planning
        self._most = most_steps
        self.taken = 0
        """steps of all questions until now"""

    def solve(self, problem: Problem) -> Plan:
        """The plan for a problem."""
        steps = self._steps(problem, _MOST_OF_ONE)
        try:
            return self._planning.solve(problem, steps=steps)
        finally:
            self._note(problem, steps)

    def fits(self, problem: Problem, most_steps: int = _MOST_OF_ONE) -> bool:
        """Whether all apps of a problem can be served; `InvalidInputError` where one cannot be used at all."""
        steps = self._steps(problem, most_steps)
        try:
            return self._planning.fits(problem, steps=steps)
        finally:
            self._note(problem, steps)

    def _steps(self, problem: Problem, most: int) -> Steps:
        least = _LEAST + _LEAST_OF_APP * len(problem.apps)
        return Steps(max(least, min(most, (self._most - self.taken) // _PART)))

    def _note(self, problem: Problem, steps: Steps) -> None:
        choices = sum(len(app.candidates) * len(app.allowed_rates) for app in problem.apps)
        self.taken += steps.taken + choices // _CHOICES_OF_A_STEP
