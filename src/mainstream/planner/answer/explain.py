"""Why each app got what it got: what it finds, how often it is wrong, and what a little more would take from whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mainstream.alerts.certainty import told_f1
from mainstream.arrays import IntArray
from mainstream.planner.answer.f1_interval import Interval
from mainstream.planner.answer.wording import false_alerts, finds, more, named, remarks
from mainstream.planner.exact.bound import COST, true_use
from mainstream.planner.exact.incumbent import keeps_limits, slack_of, use_after_swap
from mainstream.planner.exact.instance import Instance
from mainstream.planner.tables.options import OptionTable


def explain(
    instance: Instance,
    tables: Sequence[OptionTable],
    rows: IntArray,
    intervals: Mapping[str, Interval],
    budget: float,
    late: Callable[[], bool],
) -> dict[str, str]:
    """A sentence for each app by name; once it is late, only what the app got."""
    use = true_use(instance, instance.options, rows)
    reasons = {}
    for a, table in enumerate(tables):
        k, f = int(instance.options.candidate[rows[a]]), int(instance.options.rate[rows[a]])
        parts = [_what_it_got(table, k, f, intervals.get(table.app.name)), *_remarks(table, k, f)]
        if table.app.note:
            parts.append(table.app.note)
        if not late():
            parts.insert(1, _more(instance, tables, rows, use, a, budget))
        reasons[table.app.name] = "; ".join(parts)
    return reasons


def _remarks(table: OptionTable, k: int, f: int) -> list[str]:
    return remarks(table.app, table.app.candidates[k], float(table.rates[f]))


def _what_it_got(table: OptionTable, k: int, f: int, interval: Interval | None) -> str:
    candidate = table.app.candidates[k]
    told = f"{finds(float(table.recall[k, f]))}, {false_alerts(float(table.false_per_hour[k, f]))}"
    return f"{named(candidate)} at {table.rates[f]:g} fps {told}, F1 {told_f1(table.f1(k, f), interval)}"


def _more(
    instance: Instance, tables: Sequence[OptionTable], rows: IntArray, use: np.ndarray, a: int, budget: float
) -> str:
    """What the next better rate of the same candidate would cost, and who would have to pay for it."""
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
    gains = _gains(instance, tables[a], row, upgrade)
    moved = rows.copy()
    moved[a] = upgrade
    new_use = true_use(instance, options, moved)
    share = (new_use[COST] - use[COST]) / budget if budget > 0.0 else 0.0
    cost = f"{step_fps:.3g} more fps {gains}, cost {100.0 * share:.2g} % of the budget"
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


def _gains(instance: Instance, table: OptionTable, row: int, upgrade: int) -> str:
    """What an app would have of another option of the same candidate."""
    options, k = instance.options, int(instance.options.candidate[row])
    before, after = int(options.rate[row]), int(options.rate[upgrade])
    found = float(table.recall[k, after] - table.recall[k, before])
    spared = float(table.false_per_hour[k, before] - table.false_per_hour[k, after])
    return more(found, spared, float(table.value[k, after] - table.value[k, before]))
