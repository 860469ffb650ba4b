"""One plan out of several choices: each part of the forest by one of them.

Two parts (cameras with all that hangs on them) share nothing but memory, so each may go by a choice of its own. Apps
that are alike change all at once where a price passes what a step is worth to them, and no swap of a single app leads
from one side to the other: the first that asks a camera for more frames pays for all who look at it.

The budget is kept by dynamic programming; memory and changes by a price on what each part takes of them by itself,
raised until they are kept (Lagrangian relaxation: what is found is worth most of all that take no more).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from mainstream.arrays import FloatArray, IntArray
from mainstream.planner.exact.bound import CHANGES, COST, MEMORY, segment_costs, true_use
from mainstream.planner.exact.incumbent import keeps_limits, slack_of
from mainstream.planner.exact.instance import Instance

STEPS = 4000
"""that the budget is counted in; what a part takes is rounded up, so that a sum never passes the budget"""
MOST_CHOICES = 256
"""that are kept; the oldest goes first"""
LEAST_PRICE, DEAREST_PRICE = 2.0**-7, 2.0**9
"""of all that a limit allows, in worth of all apps together"""
PRICE_STEP = 4.0
PRICE_HALVINGS = 4


@dataclass(frozen=True)
class _Choice:
    """Rows of the instance's options (A,). For each part (P,): what they are worth, and take of the budget; and what
    they take of the other limits, each of those as 1, memory that is shared apart.
    """

    rows: IntArray
    value: FloatArray
    cost: FloatArray
    taken: FloatArray


class Assembly:
    """Choices of one instance, whether they keep its limits or not."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._parts = int(instance.parts.of_app.max()) + 1
        self._choices: deque[_Choice] = deque(maxlen=MOST_CHOICES)
        others = instance.limits[[MEMORY, CHANGES]]
        self._share = np.where(np.isfinite(others), 1.0 / np.maximum(others, 1e-12), 0.0)
        self._price = LEAST_PRICE

    def add(self, rows: IntArray) -> None:
        """Remember a choice (rows of the instance's options)."""
        options, parts = self._instance.options, self._instance.parts
        value, cost, taken = np.zeros((3, self._parts))
        np.add.at(value, parts.of_app, options.value[rows])
        np.add.at(cost, parts.of_app, options.use[rows, COST])
        np.add.at(cost, parts.of_segment, segment_costs(self._instance, options, rows))
        np.add.at(taken, parts.of_app, options.use[rows][:, [MEMORY, CHANGES]] @ self._share)
        self._choices.append(_Choice(rows, value, cost, taken))

    def best(self) -> IntArray | None:
        """Every part by one of the choices, within all limits: worth most of what the budget holds, in whole steps, at
        the lowest price of the other limits at which they are kept. None if nothing fits, or at no price.
        """
        step = float((self._instance.limits + slack_of(self._instance))[COST]) / STEPS
        if not self._choices or step <= 0.0:
            return None
        value, cost, taken = (
            np.stack([getattr(choice, what) for choice in self._choices]) for what in ("value", "cost", "taken")
        )
        weight = np.ceil(cost / step).astype(np.int64)
        found = self._together(value, weight)
        if found is None or self._keeps(found):
            return found
        return self._at_a_price(value, weight, taken)

    def _at_a_price(self, value: FloatArray, weight: IntArray, taken: FloatArray) -> IntArray | None:
        """The same where memory or changes are short: from the last price on, raised until they do, then between."""
        low, high, found = 0.0, self._price, None
        while found is None:
            trial = self._together(value - high * taken, weight)
            if trial is not None and self._keeps(trial):
                found = trial
            elif high >= DEAREST_PRICE:
                return None
            else:
                low, high = high, high * PRICE_STEP
        for _ in range(PRICE_HALVINGS):
            middle = (low + high) / 2.0
            trial = self._together(value - middle * taken, weight)
            if trial is not None and self._keeps(trial):
                high, found = middle, trial
            else:
                low = middle
        self._price = max(high, LEAST_PRICE)
        return found

    def _keeps(self, rows: IntArray) -> bool:
        return keeps_limits(self._instance, true_use(self._instance, self._instance.options, rows))

    def _together(self, value: FloatArray, weight: IntArray) -> IntArray | None:
        """Every part by one of the choices, worth most of what the budget holds; None if it holds nothing.

        A knapsack with one item of each class, by dynamic programming over the budget (Kellerer et al., Knapsack
        Problems, 2004, section 11.5). `value` and `weight` (C, P): choices by parts, weights in steps.
        """
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
        of_app = of_part[self._instance.parts.of_app]
        rows: IntArray = np.stack([choice.rows for choice in self._choices])[of_app, np.arange(self._instance.apps)]
        return rows


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
