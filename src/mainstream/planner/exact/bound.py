"""The bound: no plan of a box can have a higher value.

Two relaxations, each valid for any multipliers, so that stopping early costs tightness and never correctness:

1. *Shares.* What a cell costs is split among the apps that have options beyond it: with shares w(s, j, a) >= 0 that add
   up to at most 1 over a, sum_a w(s, j, a) * [a uses the cell] <= [anybody does]. Every option then has a cost of its
   own, `effective use` = its own + its shares of the cells of its stem, and a plan's true use is never below the sum of
   its options' effective uses. Memory groups are split alike. Cells that a box has paid for cost nothing more.
2. *Prices.* With a price >= 0 on each limit, each app takes its best option by itself:
   bound = sum_a max_o (value - price . use) + price . (limits - paid).

Both are minimised in turn: prices together (the bound is convex and piecewise linear in them); shares by
moving them towards the apps that use the cell (subgradient on an average of the apps' choices, as in the volume
algorithm: Barahona and Anbil 2000). A bound that charges no stem to the apps beyond it is the case of all
shares 0: valid, and much looser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mainstream.arrays import FloatArray, IntArray
from mainstream.planner.exact.box import Box
from mainstream.planner.exact.instance import Instance, Options

MEMORY_OF_CHOICES = 0.85
"""How much of the average of earlier choices stays when a new one is averaged in."""
STEP = 0.3
STEP_DECAY = 0.1
PRICE_STEPS = 24
"""At most so many tangents when one price is minimised."""
WORK_OF_A_SHARE = 8
"""numbers that moving one share works through"""
HIGHEST_PRICE = 1e12
HIGHEST_PRICE_MULTIPLE = 1e6
PRICE_HALVINGS = 6
NUMBERS_OF_A_LOOK = 50_000
"""that are worked through between two looks at the clock; where one step takes more, it counts as so many looks"""
COST, MEMORY, CHANGES = range(3)
"""Positions in `Instance.limits`, in prices and in uses."""


@dataclass
class Multipliers:
    """`cells` (Q, J): shares of cells; `groups` (G, A): shares of memory groups; `prices` (3,)."""

    cells: FloatArray
    groups: FloatArray
    prices: FloatArray

    @classmethod
    def even(cls, instance: Instance) -> Multipliers:
        """Equal shares of everybody who may use a cell or a group."""
        tree = instance.tree
        users = np.bincount(tree.segment, minlength=len(instance.parent)) if len(tree.segment) else np.ones(0)
        cells = np.repeat((1.0 / users[tree.segment])[:, None], len(instance.rates), axis=1)
        groups = np.full((len(instance.group_memory), instance.apps), 1.0 / instance.apps)
        prices = np.where(np.isfinite(instance.limits), 1.0, 0.0)
        return cls(cells, groups, prices)

    def copy(self) -> Multipliers:
        """An independent copy."""
        return Multipliers(self.cells.copy(), self.groups.copy(), self.prices.copy())


@dataclass(frozen=True)
class Choice:
    """Every app's best option at some prices: rows of the box's options, and the bound at these prices."""

    rows: IntArray
    bound: float


@dataclass
class Relaxation:
    """The relaxation of one box at its present multipliers.

    `use` (O, 3): effective use of every option of the box; `left` (3,): what the box has not paid out of the limits (0
    where there is no limit).
    """

    instance: Instance
    box: Box
    multipliers: Multipliers
    use: FloatArray
    left: FloatArray
    worked: int = 0
    """numbers that were worked through since `looks` were last asked for"""

    def looks(self) -> int:
        """How many looks at the clock stand for what was done since this was last asked."""
        worked, self.worked = self.worked, 0
        return 1 + worked // NUMBERS_OF_A_LOOK

    @classmethod
    def of(cls, instance: Instance, box: Box, multipliers: Multipliers) -> Relaxation:
        """The relaxation of `box`, starting from `multipliers` (which are copied)."""
        left = np.where(np.isfinite(instance.limits), instance.limits - box.paid, 0.0)
        made = cls(instance, box, multipliers.copy(), box.options.use, left)
        made.refresh()
        return made

    def refresh(self) -> None:
        """Recompute effective uses after the shares moved."""
        options, tree = self.box.options, self.instance.tree
        self.worked += len(options) + WORK_OF_A_SHARE * (self.multipliers.cells.size + self.multipliers.groups.size)
        use = options.use.copy()
        if len(tree.segment):
            paid_out = self.multipliers.cells * self.box.cell_cost[tree.segment]
            along = np.cumsum(paid_out, axis=1)
            tree.add_down(along)
            along = np.vstack([along, np.zeros((1, along.shape[1]))])
            use[:, COST] += along[self.box.share, options.level]
        if len(self.instance.group_memory):
            held = self.instance.covers @ (self.box.group_memory[:, None] * self.multipliers.groups)
            use[:, MEMORY] += held[options.cover, options.app]
        self.use = use

    def reduced(self, prices: FloatArray | None = None) -> FloatArray:
        """Value less priced use of every option."""
        priced: FloatArray = self.use @ (self.multipliers.prices if prices is None else prices)
        return self.box.options.value - priced

    def choose(self, prices: FloatArray | None = None) -> Choice:
        """Every app's best option (the first of equals) and the bound."""
        at = self.multipliers.prices if prices is None else prices
        reduced, options = self.reduced(at), self.box.options
        self.worked += len(options)
        rows, best = options.best(reduced)
        return Choice(rows, float(best.sum() + at @ self.left))

    def within_limits(self, keeps: Callable[[IntArray], bool]) -> tuple[Choice, Choice] | None:
        """The choice at the lowest multiple of the prices (a power of 2, then halved into) that `keeps` its limits, and
        that at the highest which does not; twice the same one where these prices keep them.
        """
        low, high = 1.0, 1.0
        choice = dearer = self.choose()
        while not keeps(choice.rows):
            low, high, dearer = high, high * 2.0, choice
            if high > HIGHEST_PRICE_MULTIPLE:
                return None
            choice = self.choose(high * self.multipliers.prices)
        for _ in range(PRICE_HALVINGS if high > 1.0 else 0):
            middle = 0.5 * (low + high)
            trial = self.choose(middle * self.multipliers.prices)
            if keeps(trial.rows):
                high, choice = middle, trial
            else:
                low, dearer = middle, trial
        return choice, dearer

    def minimise_prices(self) -> list[tuple[float, Choice]]:
        """Minimise the bound over all prices; choices with weights (adding up to 1) that keep the limits on average."""
        limits = np.flatnonzero(np.isfinite(self.instance.limits)).tolist()
        return self._minimise([limit for limit in limits if not (self.instance.cheapest and limit == COST)])

    def _minimise(self, limits: list[int]) -> list[tuple[float, Choice]]:
        """Minimise over the prices of these limits, the last one outermost, cutting off by tangents.

        The bound, minimised over the other prices, is convex in one price; its slope is what is left of that limit less
        what the weighted choices use.
        """
        if not limits:
            return [(1.0, self.choose())]
        *inner, limit = limits
        began = max(float(self.multipliers.prices[limit]), 1e-9)

        def at(price: float) -> _Cut:
            self.multipliers.prices[limit] = price
            mixture = self._minimise(inner)
            used = sum(weight * float(self.use[choice.rows, limit].sum()) for weight, choice in mixture)
            return _Cut(
                price, self.choose().bound, float(self.left[limit]) - used, mixture, self.multipliers.prices.copy()
            )

        low = at(0.0)
        if low.slope >= 0.0:
            return low.mixture
        high = at(began)
        while high.slope < 0.0 and high.price <= HIGHEST_PRICE:
            low, high = high, at(high.price * 4.0)
        best = min(low, high, key=lambda cut: cut.bound)
        for _ in range(PRICE_STEPS):
            if not low.slope < 0.0 < high.slope:
                break
            rise = high.slope - low.slope
            crossing = (low.bound - high.bound + high.slope * high.price - low.slope * low.price) / rise
            if not low.price < crossing < high.price:
                break
            floor = low.bound + low.slope * (crossing - low.price)
            middle = at(crossing)
            best = min(best, middle, key=lambda cut: cut.bound)
            if middle.bound <= floor + 1e-13:
                break
            if middle.slope >= 0.0:
                high = middle
            else:
                low = middle
        self.multipliers.prices[:] = best.prices
        return _mixed(low, high)


@dataclass(frozen=True)
class _Cut:
    """The bound and its slope at one price; the weighted choices there, and all prices."""

    price: float
    bound: float
    slope: float
    mixture: list[tuple[float, Choice]]
    prices: FloatArray


def _mixed(low: _Cut, high: _Cut) -> list[tuple[float, Choice]]:
    """Choices of both sides, weighted so that the slopes cancel."""
    if not low.slope < 0.0 < high.slope:
        return high.mixture if high.slope >= 0.0 else low.mixture
    share = high.slope / (high.slope - low.slope)
    return [(share * weight, choice) for weight, choice in low.mixture] + [
        ((1.0 - share) * weight, choice) for weight, choice in high.mixture
    ]


class Average:
    """What the apps chose lately: a weighted average of cell uses (Q, J) and group uses (G, A) over choices."""

    def __init__(self, relaxation: Relaxation) -> None:
        self.cells = np.zeros_like(relaxation.multipliers.cells)
        self.groups = np.zeros_like(relaxation.multipliers.groups)
        self.added = 0
        self.steps = 0

    def add(self, relaxation: Relaxation, mixture: list[tuple[float, Choice]]) -> None:
        """Average the cells and groups that the weighted choices use in."""
        cells = sum((weight * used_cells(relaxation, choice.rows) for weight, choice in mixture), 0.0 * self.cells)
        groups = sum((weight * used_groups(relaxation, choice.rows) for weight, choice in mixture), 0.0 * self.groups)
        weight = 1.0 - MEMORY_OF_CHOICES if self.added else 1.0
        self.cells += weight * (cells - self.cells)
        self.groups += weight * (groups - self.groups)
        self.added += 1

    def move_shares(self, relaxation: Relaxation) -> None:
        """One step: shares of a cell go to those who use it more than its payers do on average."""
        step = STEP / (1.0 + STEP_DECAY * self.steps)
        self.steps += 1
        tree, held = relaxation.instance.tree, relaxation.multipliers
        if len(tree.segment):
            paying = np.add.reduceat(held.cells * self.cells, tree.first, axis=0)
            moved = np.maximum(held.cells + step * (self.cells - paying[tree.place]), 0.0)
            held.cells = moved / np.add.reduceat(moved, tree.first, axis=0)[tree.place]
        if len(held.groups):
            paying = (held.groups * self.groups).sum(axis=1, keepdims=True)
            moved = np.maximum(held.groups + step * (self.groups - paying), 0.0)
            held.groups = moved / moved.sum(axis=1, keepdims=True)
        relaxation.refresh()


def used_cells(relaxation: Relaxation, rows: IntArray) -> FloatArray:
    """Which cells each app's chosen option uses, (Q, J) of 0 and 1."""
    tree, options = relaxation.instance.tree, relaxation.box.options
    used = np.zeros((len(tree.segment) + 1, len(relaxation.instance.rates)))
    used[relaxation.box.share[rows], options.level[rows]] = 1.0
    used = np.cumsum(used[:-1, ::-1], axis=1)[:, ::-1]
    tree.add_up(used)
    return used


def used_groups(relaxation: Relaxation, rows: IntArray) -> FloatArray:
    """Which memory groups each app's chosen option holds, (G, A) of 0 and 1."""
    options = relaxation.box.options
    held = np.zeros((len(relaxation.instance.group_memory), relaxation.instance.apps))
    held[:, options.app[rows]] = relaxation.instance.covers[options.cover[rows]].T
    return held


def true_use(instance: Instance, options: Options, rows: IntArray) -> FloatArray:
    """What a choice really takes of budget, memory and changes, (3,)."""
    use: FloatArray = options.use[rows].sum(axis=0)
    use[COST] += segment_costs(instance, options, rows).sum()
    use[MEMORY] += instance.group_memory[instance.covers[options.cover[rows]].any(axis=0)].sum()
    return use


def segment_costs(instance: Instance, options: Options, rows: IntArray) -> FloatArray:
    """What a choice takes of the budget for each shared segment, (S,)."""
    top = np.zeros(len(instance.parent), dtype=np.int64)
    shared = options.segment[rows] >= 0
    np.maximum.at(top, options.segment[rows][shared], options.level[rows][shared] + 1)
    for s in range(len(top) - 1, -1, -1):
        if instance.parent[s] >= 0:
            top[instance.parent[s]] = max(top[instance.parent[s]], top[s])
    costs = np.cumsum(np.pad(instance.cell_cost, ((0, 0), (1, 0))), axis=1)
    taken: FloatArray = costs[np.arange(len(top)), top]
    return taken
