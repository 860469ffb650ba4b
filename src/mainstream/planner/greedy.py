"""The paper's greedy planner, as published and as the authors' code does it (Jiang et al., ATC 2018, section 5).

Both begin with every app at its lowest rate and most frozen candidate and take one move (another candidate, rate of one
app) at a time while it raises that app's value and keeps the limits. Published: the move of highest benefit per cost,
gain over what the whole plan costs more. Coded: the move with the highest (1 - value) per cost of the new head, which
is what the released scheduler computes and prefers small moves of poor apps; and it never asks whether the beginning
keeps the budget. Both work on all options, the dominated too (`compile_problem(..., bare=True)`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mainstream.arrays import FloatArray, IntArray
from mainstream.planner.exact.bound import COST, true_use
from mainstream.planner.exact.incumbent import slack_of, use_after_swap
from mainstream.planner.exact.instance import Instance


def as_published(instance: Instance, branch_points: Sequence[IntArray], late: Callable[[], bool]) -> IntArray:
    """Rows chosen by benefit per cost; `branch_points[a][k]` is that of candidate k of app a."""
    options = instance.options
    rows = _beginning(instance, branch_points)
    while True:
        use = true_use(instance, options, rows)
        after = use_after_swap(instance, rows, use)
        gain = options.value - options.value[rows[options.app]]
        extra = after[:, COST] - use[COST]
        allowed = (gain > 1e-12) & (after <= instance.limits + slack_of(instance)).all(axis=1)
        if late() or not allowed.any():
            return rows
        # a move that costs nothing more, or less, comes before all others
        ratio = np.where(extra > 1e-15, gain / np.maximum(extra, 1e-15), np.inf)
        best = _first_highest(ratio, allowed, instance)
        rows[options.app[best]] = best


def as_coded(
    instance: Instance, branch_points: Sequence[IntArray], late: Callable[[], bool], twins: Sequence[int] = ()
) -> IntArray:
    """Rows chosen as by the released code.

    The code knows apps by their content, so it moves apps that are alike together: `twins[a]` is the first app like a.
    """
    options = instance.options
    rows = _beginning(instance, branch_points)
    own = 1.0 - options.value / instance.weights[options.app]
    ratio = own / np.maximum(options.use[:, COST], 1e-300)
    first = np.array(twins if len(twins) else range(instance.apps))
    paired = np.bincount(first, minlength=instance.apps)[first] > 1
    while True:
        use = true_use(instance, options, rows)
        after = use_after_swap(instance, rows, use)
        improves = (own < own[rows[options.app]]) & (ratio > 0.0)
        for row in np.flatnonzero(improves & paired[options.app]).tolist():
            after[row] = true_use(instance, options, _moved(instance, rows, row, first))
        allowed = improves & (after <= instance.limits + slack_of(instance)).all(axis=1)
        if late() or not allowed.any():
            return rows
        rows = _moved(instance, rows, _first_highest(ratio, allowed, instance), first)


def _moved(instance: Instance, rows: IntArray, row: int, first: IntArray) -> IntArray:
    """The choice after the app of `row`, and all that are alike, took that option."""
    options, moved = instance.options, rows.copy()
    app = int(options.app[row])
    for twin in np.flatnonzero(first == first[app]).tolist():
        moved[twin] = row - options.starts[app] + options.starts[twin]
    return moved


def _beginning(instance: Instance, branch_points: Sequence[IntArray]) -> IntArray:
    """Every app at its lowest rate, and there at its most frozen candidate, of several that with the cheapest head."""
    options = instance.options
    frozen = np.concatenate(
        [
            branch_points[int(options.app[start])][options.candidate[start : start + count]]
            for start, count in zip(options.starts.tolist(), options.counts.tolist(), strict=True)
        ]
    )
    rows: IntArray = np.lexsort((options.use[:, COST], -frozen, options.level, options.app))[options.starts]
    return rows.copy()


def _first_highest(ratio: FloatArray, allowed: np.ndarray, instance: Instance) -> int:
    """Highest ratio; of equals the first in order of app, rate, candidate."""
    options = instance.options
    rows = np.flatnonzero(allowed)
    top = rows[ratio[rows] >= ratio[rows].max()]
    order = np.lexsort((options.candidate[top], options.level[top], options.app[top]))
    return int(top[order[0]])
