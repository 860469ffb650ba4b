"""Why each app got what it got, in one sentence: what a little more would take from whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mainstream.planner.bound import COST, true_use
from mainstream.planner.incumbent import keeps_limits, slack_of, use_after_swap
from mainstream.planner.instance import Instance, IntArray
from mainstream.planner.options import OptionTable


def explain(
    instance: Instance, tables: Sequence[OptionTable], rows: IntArray, budget: float, late: Callable[[], bool]
) -> dict[str, str]:
    """A sentence for each app by name; once it is late, only what the app got."""
    use = true_use(instance, instance.options, rows)
    reasons = {}
    for a, table in enumerate(tables):
        got = _what_it_got(instance, table, int(rows[a]))
        reasons[table.app.name] = got if late() else f"{got}: {_more(instance, tables, rows, use, a, budget)}"
    return reasons


def _what_it_got(instance: Instance, table: OptionTable, row: int) -> str:
    k, f = int(instance.options.candidate[row]), int(instance.options.rate[row])
    point = table.app.candidates[k].branch_point
    depth = f"frozen to branch-point {point}" if point > 0 else "nothing frozen"
    return f"{depth} at {table.rates[f]:g} fps"


def _more(
    instance: Instance, tables: Sequence[OptionTable], rows: IntArray, use: np.ndarray, a: int, budget: float
) -> str:
    """What the next better rate at the same branch-point would cost, and who would have to pay for it."""
    options, row = instance.options, int(rows[a])
    faster = np.flatnonzero(
        (options.app == a)
        & (options.candidate == options.candidate[row])
        & (options.level > options.level[row])
        & (options.value > options.value[row])
    )
    if not len(faster):
        return "no faster rate there would gain it anything"
    upgrade = int(faster[options.level[faster].argmin()])
    step_fps = instance.rates[options.level[upgrade]] - instance.rates[options.level[row]]
    gain = (options.value[upgrade] - options.value[row]) / instance.weights[a]
    moved = rows.copy()
    moved[a] = upgrade
    new_use = true_use(instance, options, moved)
    share = (new_use[COST] - use[COST]) / budget if budget > 0.0 else 0.0
    cost = f"{step_fps:.3g} more fps would gain it {gain:.2g}, cost {100.0 * share:.2g} % of the budget"
    if keeps_limits(instance, new_use):
        return f"{cost}, and is within what the plan leaves unproved"
    after = use_after_swap(instance, moved, new_use)
    enough = (after <= instance.limits + slack_of(instance)).all(axis=1) & (options.app != a)
    if not enough.any():
        return f"{cost}, and more than any one app could give up"
    loss = np.where(enough, options.value[rows[options.app]] - options.value, np.inf)
    payer = int(loss.argmin())
    other = int(options.app[payer])
    lost = float(loss[payer]) / float(instance.weights[other])
    return f"{cost} and lose app '{tables[other].app.name}' {lost:.2g}"
