"""A box: the part of all plans that one node of the search stands for.

Invariant: a box's plans choose only options of the box, and every plan of the box (that can still beat the plan in
hand) pays the cells and groups that the box has paid. The boxes of the search's open nodes together hold every plan
that could still beat the plan in hand by more than the gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mainstream.arrays import BoolArray, FloatArray, IntArray
from mainstream.planner.exact.instance import Instance, Options


@dataclass(frozen=True)
class Box:
    """One box of plans.

    `options`: those still allowed, `origin` (O,) their rows in the instance, `share` (O,) their shares; `levels` (S,):
    how many cells of each segment are paid; `held` (G,): which memory groups are; `paid` (3,): what these take of the
    limits; `cell_cost` (S, J) and `group_memory` (G,): what the others still cost, 0 for the paid.
    """

    options: Options
    origin: IntArray
    share: IntArray
    levels: IntArray
    held: BoolArray
    paid: FloatArray
    cell_cost: FloatArray
    group_memory: FloatArray

    @classmethod
    def whole(cls, instance: Instance) -> Box:
        """All plans."""
        levels = np.zeros(len(instance.parent), dtype=np.int64)
        held = np.zeros(len(instance.group_memory), dtype=bool)
        origin = np.arange(len(instance.options))
        return _with_paid(instance, instance.options, origin, instance.tree.of_option, levels, held)

    def keep(self, rows: BoolArray) -> Box | None:
        """Only these options; None if an app is left without any."""
        options = self.options.take(rows)
        if len(options.starts) < len(self.options.starts):
            return None
        return replace(self, options=options, origin=self.origin[rows], share=self.share[rows])

    def at_least(self, instance: Instance, segment: int, level: int) -> Box:
        """Only plans that run `segment`, and so all above it, at `level` or faster."""
        levels = self.levels.copy()
        while segment >= 0:
            levels[segment] = max(levels[segment], level + 1)
            segment = int(instance.parent[segment])
        return _with_paid(instance, self.options, self.origin, self.share, levels, self.held)

    def below(self, instance: Instance, segment: int, level: int) -> Box | None:
        """Only plans that run `segment`, and so all below it, slower than `level`."""
        beyond = np.zeros(len(instance.parent) + 1, dtype=bool)
        beyond[segment] = True
        for s in range(segment + 1, len(instance.parent)):
            beyond[s] = beyond[instance.parent[s]] if instance.parent[s] >= 0 else False
        return self.keep(~(beyond[self.options.segment] & (self.options.level >= level)))

    def holding(self, instance: Instance, group: int) -> Box:
        """Only plans that hold this memory group."""
        held = self.held.copy()
        held[group] = True
        return _with_paid(instance, self.options, self.origin, self.share, self.levels, held)

    def without(self, instance: Instance, group: int) -> Box | None:
        """Only plans that do not hold this memory group."""
        return self.keep(~instance.covers[self.options.cover, group])


def _with_paid(
    instance: Instance, options: Options, origin: IntArray, share: IntArray, levels: IntArray, held: BoolArray
) -> Box:
    of_segment = np.arange(len(instance.rates))[None, :] < levels[:, None]
    paid = np.array([float(instance.cell_cost[of_segment].sum()), float(instance.group_memory[held].sum()), 0.0])
    cell_cost = np.where(of_segment, 0.0, instance.cell_cost)
    return Box(options, origin, share, levels, held, paid, cell_cost, np.where(held, 0.0, instance.group_memory))
