"""A problem boiled down to arrays: what the search works on.

One *option* is a (candidate, rate) of an app with its best threshold and votes. A *cell* is a (segment, level): a plan
pays it if any app beyond the segment runs at that level's rate or faster. A *share* is a (segment, app): the app has
options beyond the segment.

Invariants: options are sorted by app; segments stand after their parents; what an app shares with no other is part of
its options' own cost; an option that another of its app beats in everything (value, own cost, stem) is left out. Costs
are CPU-seconds a second; memory is a part of its limit; the values of a plan's options add up to its objective.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from mainstream.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Options:
    """Options as columns of length O, sorted by app.

    `segment` is -1 where nothing is shared; `level` indexes `Instance.rates`; `candidate` and `rate` index the app's
    option table; `use` (O, 3) is what the option itself takes of budget, memory and changes; `cover` indexes the rows
    of `Instance.covers`.
    """

    app: IntArray
    candidate: IntArray
    rate: IntArray
    segment: IntArray
    level: IntArray
    cover: IntArray
    value: FloatArray
    use: FloatArray

    def __len__(self) -> int:
        return len(self.app)

    def take(self, rows: IntArray | BoolArray) -> Options:
        """Some of the options; `rows` keep their order by app."""
        return Options(*(getattr(self, field.name)[rows] for field in fields(self)))

    @cached_property
    def starts(self) -> IntArray:
        """First row of every app, for reductions by app."""
        firsts: IntArray = np.flatnonzero(np.r_[True, self.app[1:] != self.app[:-1]])
        return firsts

    @cached_property
    def counts(self) -> IntArray:
        """Number of options of every app."""
        lengths: IntArray = np.diff(np.r_[self.starts, len(self.app)])
        return lengths

    def best(self, value: FloatArray) -> tuple[IntArray, FloatArray]:
        """Row of every app's best option (the first of equals) by a value of every option, and that value."""
        best: FloatArray = np.maximum.reduceat(value, self.starts)
        hits = np.flatnonzero(value >= np.repeat(best, self.counts))
        rows: IntArray = hits[np.r_[True, self.app[hits[1:]] != self.app[hits[:-1]]]]
        return rows, best


@dataclass(frozen=True)
class Instance:
    """What the search works on.

    Apps 0..A-1, segments 0..S-1 (`parent` -1 for a root), levels 0..J-1 (`rates`, ascending, frames a second).
    `weights` (A,): what an app's own value is multiplied by in the objective. `limits` (3,): budget less overhead,
    memory, changes; inf where nothing limits. `cell_cost` (S, J): cost of a cell. `group_memory` (G,): memory of each
    weight group; `covers` (C, G): which groups a stem holds. `cheapest`: look for the plan of lowest cost instead; then
    all values are 0, the budget is 0, and the price of cost is 1.
    """

    apps: int
    weights: FloatArray
    options: Options
    parent: IntArray
    cell_cost: FloatArray
    rates: FloatArray
    limits: FloatArray
    group_memory: FloatArray
    covers: BoolArray
    cheapest: bool = False

    @cached_property
    def tree(self) -> ShareTree:
        """The shares of all options."""
        return ShareTree.of(self)

    @cached_property
    def parts(self) -> Parts:
        """Of the forest."""
        return Parts.of(self)


@dataclass(frozen=True)
class Parts:
    """Parts of the forest that have no app and no segment in common, numbered: that of each app (A,) and each segment
    (S,).
    """

    of_app: IntArray
    of_segment: IntArray

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return bool(self.of_app.any())

    @classmethod
    def of(cls, instance: Instance) -> Parts:
        """Find them: an app joins the trees that it has options in."""
        options, root = instance.options, np.arange(len(instance.parent))
        for s, above in enumerate(instance.parent.tolist()):
            root[s] = s if above < 0 else root[above]
        shared = options.segment >= 0
        pairs = np.unique(np.stack([root[options.segment[shared]], options.app[shared]]), axis=1)
        of_app, of_root = np.arange(instance.apps), np.arange(len(root)) + instance.apps
        for tree, app in pairs.T.tolist():
            joined, kept = of_root[tree], of_app[app]
            of_app[of_app == joined], of_root[of_root == joined] = kept, kept
        _, numbers = np.unique(np.r_[of_app, of_root[root]], return_inverse=True)
        return cls(numbers[: instance.apps], numbers[instance.apps :])


@dataclass(frozen=True)
class ShareTree:
    """Shares in order of segment; Q of them, and one more that stands for "nothing shared".

    `segment`, `app` (Q,); `first`: first share of every segment that has any, for reductions by segment; `place` (Q,):
    where the share's segment is among those; `depths`: for every depth below the roots, the
    shares there and the shares of their parents, which stand in order; `of_option` (O,): share of each option of the
    instance.
    """

    segment: IntArray
    app: IntArray
    first: IntArray
    place: IntArray
    depths: tuple[tuple[IntArray, IntArray], ...]
    of_option: IntArray

    @classmethod
    def of(cls, instance: Instance) -> ShareTree:
        """Find the shares of an instance."""
        options, parent = instance.options, instance.parent
        segments = len(parent)
        has = np.zeros((segments, instance.apps), dtype=bool)
        shared = options.segment >= 0
        has[options.segment[shared], options.app[shared]] = True
        for s in range(segments - 1, -1, -1):
            if parent[s] >= 0:
                has[parent[s]] |= has[s]
        segment, app = (index.astype(np.int64) for index in np.nonzero(has))
        number = np.full((segments + 1, instance.apps), len(segment), dtype=np.int64)
        number[segment, app] = np.arange(len(segment))
        depth = np.zeros(segments, dtype=np.int64)
        for s in range(segments):
            if parent[s] >= 0:
                depth[s] = depth[parent[s]] + 1
        depths = []
        for d in range(1, int(depth.max(initial=0)) + 1):
            here = np.flatnonzero(depth[segment] == d)
            if not len(here):
                continue  # what is this deep, nobody has options beyond
            above = number[parent[segment[here]], app[here]]
            by_parent = np.argsort(above, kind="stable")
            depths.append((here[by_parent], above[by_parent]))
        first = np.flatnonzero(np.r_[True, segment[1:] != segment[:-1]]) if len(segment) else segment
        place = np.searchsorted(first, np.arange(len(segment)), side="right") - 1
        return cls(segment, app, first, place, tuple(depths), number[options.segment, options.app])

    def add_down(self, values: FloatArray) -> None:
        """Add to the row of every share those of all shares above it, in place."""
        for here, above in self.depths:
            values[here] += values[above]

    def add_up(self, values: FloatArray) -> None:
        """Add to the row of every share those of all shares below it, in place; an app may have several below one."""
        for here, above in reversed(self.depths):
            firsts = np.flatnonzero(np.r_[True, above[1:] != above[:-1]])
            values[above[firsts]] += np.add.reduceat(values[here], firsts, axis=0)
