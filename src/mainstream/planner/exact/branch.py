"""Branching: what a box can do without, and how it is split in two.

Invariant: the plans that `thin` and `split` leave out of all the boxes they return cannot exceed the floor (for `thin`,
`Thinned.dropped` bounds them), or do not exist. Every split makes both halves strictly smaller: one has paid a cell or
group that was not paid for, or both have fewer options.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mainstream.arrays import IntArray
from mainstream.planner.exact.bound import COST, MEMORY, Relaxation, used_cells, used_groups
from mainstream.planner.exact.box import Box


@dataclass(frozen=True)
class Thinned:
    """A box without its hopeless options, None if an app is left without any; `dropped` bounds what was left out."""

    box: Box | None
    dropped: float


def thin(relaxation: Relaxation, floor: float) -> Thinned:
    """Leave out every option with which even the bound does not exceed the floor."""
    options = relaxation.box.options
    reduced = relaxation.reduced()
    best = np.maximum.reduceat(reduced, options.starts)
    bound = float(best.sum() + relaxation.multipliers.prices @ relaxation.left)
    at_best = bound - (np.repeat(best, options.counts) - reduced)
    keep = at_best > floor
    dropped = float(at_best[~keep].max()) if not keep.all() else -np.inf
    return Thinned(relaxation.box.keep(keep), dropped)


def split(relaxation: Relaxation, rows: IntArray) -> list[Box]:
    """Split where the choice `rows` uses most that its apps' shares do not pay for; else by the options of one app."""
    box, instance, prices = relaxation.box, relaxation.instance, relaxation.multipliers.prices
    tree = instance.tree
    unpaid_cost = unpaid_memory = 0.0
    if len(tree.segment):
        used = used_cells(relaxation, rows)
        anybody = np.maximum.reduceat(used, tree.first, axis=0)
        shared = np.add.reduceat(used * relaxation.multipliers.cells, tree.first, axis=0)
        segments = tree.segment[tree.first]
        missing = box.cell_cost[segments] * (anybody - shared)
        by_segment = missing.sum(axis=1)
        place = int(by_segment.argmax())
        unpaid_cost = float(by_segment[place])
    if len(instance.group_memory):
        used = used_groups(relaxation, rows)
        lacking = box.group_memory * (used.max(axis=1) - (used * relaxation.multipliers.groups).sum(axis=1))
        group = int(lacking.argmax())
        unpaid_memory = float(lacking[group])
    if max(unpaid_cost, unpaid_memory) <= 1e-13:
        return _split_app(relaxation, rows)
    if unpaid_cost * max(prices[COST], 1e-9) >= unpaid_memory * max(prices[MEMORY], 1e-9):
        running = np.cumsum(missing[place])
        segment = int(segments[place])
        level = int(np.searchsorted(running, 0.5 * running[-1]))
        halves = [box.at_least(instance, segment, level), box.below(instance, segment, level)]
    else:
        halves = [box.holding(instance, group), box.without(instance, group)]
    return [half for half in halves if half is not None]


def _split_app(relaxation: Relaxation, rows: IntArray) -> list[Box]:
    """Halve the options of the app that has most, in order of effective cost, apart from each other."""
    options = relaxation.box.options
    widest = int(options.counts.argmax())
    start, count = int(options.starts[widest]), int(options.counts[widest])
    if count == 1:
        return []
    order = start + np.argsort(relaxation.use[start : start + count, COST], kind="stable")
    halves = []
    for mine in (order[: count // 2], order[count // 2 :]):
        keep = np.ones(len(options), dtype=bool)
        keep[start : start + count] = False
        keep[mine] = True
        halves.append(relaxation.box.keep(keep))
    return [half for half in halves if half is not None]
