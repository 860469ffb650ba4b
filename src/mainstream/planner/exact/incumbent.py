"""The plan in hand: from a choice of the relaxation to a plan that keeps every limit.

Invariant: what `polish` returns keeps every limit (or it returns None) and is never worth less than what it was given,
if that kept every limit. All decisions are made on true use, never on effective use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mainstream.arrays import FloatArray, IntArray
from mainstream.planner.exact.bound import COST, MEMORY, true_use
from mainstream.planner.exact.instance import Instance

MOST_SWAPS_PER_APP = 6
"""Repairs and fillings end after so many swaps for each app; they rarely need one."""
APPS_IN_ONE_BATCH = 40
"""With more apps than this, several swaps are made at a time."""
MOST_STEMS = 64
"""So many dearest stems are looked at for a first plan."""


def slack_of(instance: Instance) -> FloatArray:
    """How far a sum may pass its limit by rounding alone (a millionth of a millionth), (3,)."""
    scale = np.where(np.isfinite(instance.limits), np.abs(instance.limits), 0.0)
    return 1e-12 * np.maximum(scale, 1.0)


def keeps_limits(instance: Instance, use: FloatArray) -> bool:
    """Whether a true use is within every limit; the budget does not count where the lowest cost is looked for."""
    over = use > instance.limits + slack_of(instance)
    if instance.cheapest:
        over[COST] = False
    return not bool(over.any())


def worth(instance: Instance, rows: IntArray) -> float:
    """What a choice (rows of the instance's options) adds to the objective; less its cost where cost is priced."""
    value = float(instance.options.value[rows].sum())
    return value - float(true_use(instance, instance.options, rows)[COST]) if instance.cheapest else value


def stems(instance: Instance) -> Iterator[IntArray]:
    """For costs of a shared stem within the budget, from low to high, at most `MOST_STEMS` of them: every app's best
    option whose stem costs no more."""
    options, costs = instance.options, np.cumsum(instance.cell_cost, axis=1)
    for s, above in enumerate(instance.parent.tolist()):
        if above >= 0:
            costs[s] += costs[above]
    of_option = np.where(options.segment >= 0, costs[options.segment, options.level], 0.0) if len(costs) else 0.0
    of_option = np.broadcast_to(of_option, len(options))
    within = np.unique(of_option[of_option <= instance.limits[COST]])
    # Many views have thousands, and a look at each took half of a deadline of a second.
    if len(within) > MOST_STEMS:
        within = within[np.linspace(0, len(within) - 1, MOST_STEMS).astype(np.intp)]
    for most in within.tolist():
        rows, best = options.best(np.where(of_option <= most, options.value, -np.inf))
        if np.isfinite(best).all():
            yield rows


def repair(instance: Instance, rows: IntArray, late: Callable[[], bool]) -> IntArray | None:
    """Swap one app's option at a time, the least loss for the most relief first, until every limit is kept."""
    rows = rows.copy()
    for _ in range(MOST_SWAPS_PER_APP * instance.apps):
        use = true_use(instance, instance.options, rows)
        if keeps_limits(instance, use):
            return rows
        swap = _relief(instance, rows, use)
        if swap is None or late():
            return None
        rows[instance.options.app[swap]] = swap
    return None


def polish(instance: Instance, rows: IntArray, late: Callable[[], bool]) -> IntArray | None:
    """Repair, then swap one app's option at a time for what gains most, while anything gains."""
    repaired = repair(instance, rows, late)
    if repaired is None:
        return None
    for _ in range(MOST_SWAPS_PER_APP * instance.apps):
        swaps = _gains(instance, repaired)
        if not len(swaps) or late():
            break
        # Together they may take more than one by one; a single one never takes more than it was measured to.
        while True:
            trial = repaired.copy()
            trial[instance.options.app[swaps]] = swaps
            if len(swaps) == 1 or keeps_limits(instance, true_use(instance, instance.options, trial)):
                break
            swaps = swaps[: (len(swaps) + 1) // 2]
        repaired = trial
    return repaired


def use_after_swap(instance: Instance, rows: IntArray, use: FloatArray) -> FloatArray:
    """True use after each single swap, (O, 3), given the present choice and its true use."""
    options, tree = instance.options, instance.tree
    after: FloatArray = options.use + (use - options.use[rows[options.app]])
    if len(tree.segment):
        mine = np.zeros((len(tree.segment) + 1, len(instance.rates)))
        mine[tree.of_option[rows], options.level[rows]] = 1.0
        mine = np.cumsum(mine[:-1, ::-1], axis=1)[:, ::-1]
        tree.add_up(mine)
        users = np.add.reduceat(mine, tree.first, axis=0)
        alone = (users[tree.place] - mine <= 0.5) * instance.cell_cost[tree.segment]
        freed = np.bincount(tree.app, weights=(alone * mine).sum(axis=1), minlength=instance.apps)
        along = np.cumsum(alone, axis=1)
        tree.add_down(along)
        along = np.vstack([along, np.zeros((1, along.shape[1]))])
        after[:, COST] += along[tree.of_option, options.level] - freed[options.app]
    if len(instance.group_memory):
        held = instance.covers[options.cover[rows]]  # (A, G)
        alone = (held.sum(axis=0)[None, :] - held == 0) * instance.group_memory
        freed = (alone * held).sum(axis=1)
        after[:, MEMORY] += (instance.covers @ alone.T)[options.cover, options.app] - freed[options.app]
    return after


def _gains(instance: Instance, rows: IntArray) -> IntArray:
    """Swaps that gain and keep the limits, the best first: only the best one, or for many apps a batch of them."""
    options = instance.options
    use = true_use(instance, options, rows)
    after = use_after_swap(instance, rows, use)
    gain = options.value - options.value[rows[options.app]]
    limits = instance.limits.copy()
    if instance.cheapest:
        gain = gain - (after[:, COST] - use[COST])
        limits[COST] = np.inf
    gain = np.where((after <= limits + slack_of(instance)).all(axis=1), gain, -np.inf)
    if instance.apps <= APPS_IN_ONE_BATCH:
        best = int(gain.argmax())
        return np.array([best] if gain[best] > 1e-12 else [], dtype=np.int64)
    bests, gained = options.best(gain)
    firsts = bests[gained > 1e-12]
    ordered = firsts[np.argsort(-gain[firsts], kind="stable")]
    extra = np.cumsum(np.maximum(after[ordered] - use, 0.0), axis=0)
    within = int((use + extra <= limits + slack_of(instance)).all(axis=1).sum())
    batch: IntArray = ordered[: max(within, min(len(ordered), 1))]
    return batch


def _relief(instance: Instance, rows: IntArray, use: FloatArray) -> int | None:
    """The swap that loses least for each bit by which it brings the plan nearer to its limits."""
    options = instance.options
    scale = np.where(np.isfinite(instance.limits), np.maximum(np.abs(instance.limits), 1e-9), 1.0)
    limits = instance.limits.copy()
    if instance.cheapest:
        limits[COST] = np.inf
    over = float((np.maximum(use - limits, 0.0) / scale).sum())
    after = (np.maximum(use_after_swap(instance, rows, use) - limits, 0.0) / scale).sum(axis=1)
    relief = over - after
    loss = np.maximum(options.value[rows[options.app]] - options.value, 0.0)
    score = np.where(relief > 1e-12, (loss + 1e-9) / np.maximum(relief, 1e-15), np.inf)
    best = int(score.argmin())
    return best if np.isfinite(score[best]) else None
