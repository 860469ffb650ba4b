"""The two goals: the highest weighted mean, and the highest lowest value with the highest mean at it.

Invariant: `Outcome.bound` is never below the objective of any plan whose lowest value is that of `rows` or higher (of
any plan at all for the goal "mean"); for "max-min" no plan reaches a higher lowest value if `finished`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mainstream.arrays import FloatArray, IntArray
from mainstream.planner.exact.feasibility import find_fit
from mainstream.planner.exact.instance import Instance
from mainstream.planner.exact.search import search


@dataclass(frozen=True)
class Outcome:
    """`rows`: the choice (rows of the instance's options); `value` its objective, `bound` the bound on it."""

    rows: IntArray
    value: float
    bound: float
    finished: bool


def best_mean(instance: Instance, start: IntArray, gap: float, late: Callable[[], bool]) -> Outcome:
    """Highest sum of values; `start` keeps the limits."""
    found = search(instance, gap=gap, late=late, start=start)
    rows = start if found.rows is None else found.rows
    return Outcome(rows, found.value, found.bound, found.finished)


def best_lowest(instance: Instance, start: IntArray, gap: float, late: Callable[[], bool]) -> Outcome:
    """Bisect the lowest of the apps' own values over all there are, then the highest mean at it."""
    own = instance.options.value / instance.weights[instance.options.app]
    reachable = float(np.maximum.reduceat(own, instance.options.starts).min())
    rows, finished = start, True
    lowest = float(own[rows].min())
    steps = np.unique(own[(own > lowest) & (own <= reachable)])
    low, high = 0, len(steps)  # steps[:low] are reached, steps[high:] are not
    while low < high and not late():
        middle = (low + high) // 2
        above = _at_least(instance, own, float(steps[middle]))
        fit = find_fit(above[0], late)
        if fit.rows is None:
            finished = finished and fit.finished
            high = middle
            continue
        rows = above[1][fit.rows]
        lowest = float(own[rows].min())
        low = int(np.searchsorted(steps, lowest, side="right"))
    finished = finished and low >= high
    restricted, origin = _at_least(instance, own, lowest)
    back = {int(row): i for i, row in enumerate(origin.tolist())}
    begin = np.array([back[int(row)] for row in rows.tolist()])
    outcome = best_mean(restricted, begin, gap, late)
    return Outcome(origin[outcome.rows], outcome.value, outcome.bound, finished and outcome.finished)


def _at_least(instance: Instance, own: FloatArray, lowest: float) -> tuple[Instance, IntArray]:
    """The instance with only those options whose own value is at least `lowest`, and their rows."""
    kept = np.flatnonzero(own >= lowest)
    return replace(instance, options=instance.options.take(kept)), kept
