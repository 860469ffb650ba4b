"""One plan out of several choices: each part of the forest by one of them.

Two parts (cameras with all that hangs on them) share nothing but memory, so each may go by a choice of its own. Apps
that are alike change all at once where a price passes what a step is worth to them, and no swap of a single app leads
from one side to the other: the first that asks a camera for more frames pays for all who look at it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from mainstream.arrays import FloatArray, IntArray
from mainstream.planner.exact.bound import COST, segment_costs, true_use
from mainstream.planner.exact.incumbent import keeps_limits, slack_of
from mainstream.planner.exact.instance import Instance

STEPS = 4000
"""that the budget is counted in; what a part takes is rounded up, so that a sum never passes the budget"""
MOST_CHOICES = 256
"""that are kept; the oldest goes first"""


@dataclass(frozen=True)
class _Choice:
    """Rows of the instance's options (A,); what they are worth and take of the budget for each part (P,)."""

    rows: IntArray
    value: FloatArray
    cost: FloatArray


class Assembly:
    """Choices of one instance, whether they keep its limits or not."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._parts = int(instance.parts.of_app.max()) + 1
        self._choices: deque[_Choice] = deque(maxlen=MOST_CHOICES)

    def add(self, rows: IntArray) -> None:
        """Remember a choice (rows of the instance's options)."""
        options, parts = self._instance.options, self._instance.parts
        value, cost = np.zeros(self._parts), np.zeros(self._parts)
        np.add.at(value, parts.of_app, options.value[rows])
        np.add.at(cost, parts.of_app, options.use[rows, COST])
        np.add.at(cost, parts.of_segment, segment_costs(self._instance, options, rows))
        self._choices.append(_Choice(rows, value, cost))

    def best(self) -> IntArray | None:
        """Every part by one of the choices, worth most within the budget in whole steps; None if nothing fits, or if it
        does not keep the other limits.

        A knapsack with one item of each class, by dynamic programming over the budget (Kellerer et al., Knapsack
        Problems, 2004, section 11.5).
        """
        instance = self._instance
        step = float((instance.limits + slack_of(instance))[COST]) / STEPS
        if not self._choices or step <= 0.0:
            return None
        value = np.stack([choice.value for choice in self._choices])
        weight = np.ceil(np.stack([choice.cost for choice in self._choices]) / step).astype(np.int64)
        worth, taken = np.zeros(STEPS + 1), []
        for part in range(self._parts):
            worth, choice = _with_part(worth, weight[:, part], value[:, part])
            taken.append(choice)
        if worth[-1] == -np.inf:
            return None
        left, of_part = STEPS, np.zeros(self._parts, dtype=np.int64)
        for part in reversed(range(self._parts)):
            of_part[part] = taken[part][left]
            left -= int(weight[of_part[part], part])
        of_app = of_part[instance.parts.of_app]
        rows: IntArray = np.stack([choice.rows for choice in self._choices])[of_app, np.arange(instance.apps)]
        return rows if keeps_limits(instance, true_use(instance, instance.options, rows)) else None


def _with_part(worth: FloatArray, weight: IntArray, value: FloatArray) -> tuple[FloatArray, IntArray]:
    """The most that each budget in steps holds with one part more, and the part's choice there; of the choices those
    alone are tried that no other beats.
    """
    more, chosen = np.full(len(worth), -np.inf), np.zeros(len(worth), dtype=np.int64)
    highest = -np.inf
    for choice in np.lexsort((-value, weight)).tolist():
        if weight[choice] >= len(worth):
            break
        if value[choice] <= highest:
            continue
        highest = value[choice]
        trial = worth[: len(worth) - weight[choice]] + value[choice]
        beyond, better = slice(weight[choice], None), trial > more[weight[choice] :]
        more[beyond][better], chosen[beyond][better] = trial[better], choice
    return more, chosen
