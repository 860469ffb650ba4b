"""Branch and bound: the best choice of options for an instance, with a certificate.

Best first over boxes (`box.py`), each bounded (`bound.py`), thinned and split (`branch.py`); an exact knapsack
(`knapsack.py`) closes a box as soon as few enough options are left; every choice met on the way is polished into a plan
(`incumbent.py`).

Invariant, at every moment: no plan is worth more than the highest of the plan in hand, the bounds of the open boxes,
and `closed`, the highest bound of anything that was put aside. So the plan in hand and a certified gap can be returned
whenever time is up.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mainstream.arrays import IntArray
from mainstream.planner.deadline import late_after
from mainstream.planner.exact.assembly import Assembly
from mainstream.planner.exact.bound import Average, Multipliers, Relaxation, true_use
from mainstream.planner.exact.box import Box
from mainstream.planner.exact.branch import split, thin
from mainstream.planner.exact.incumbent import keeps_limits, polish, slack_of, stems, worth
from mainstream.planner.exact.instance import Instance
from mainstream.planner.exact.knapsack import pack

ROOT_STEPS = 60
NODE_STEPS = 16
PRICE_EVERY = 5
"""Prices are minimised anew after so many moves of the shares."""
POLISH_AT = (0, 8, 24)
MOST_POLISHED_APPS = 40
"""With more apps than this a relaxed choice takes a second to repair, one swap after another."""
STALL_STEPS = 20
STALL_SHARE = 0.02
"""Moving shares stops once so many steps took less than this share off what is still to be proved."""


@dataclass(frozen=True)
class Found:
    """`rows`: the best choice (rows of the instance's options), None if there is none at all or none was found in time;
    `bound`: no choice is worth more (-inf: there is none); `finished`: not cut short by the deadline.
    """

    rows: IntArray | None
    value: float
    bound: float
    finished: bool


@dataclass(order=True)
class _Node:
    """An open box in the order in which boxes are taken up: highest bound first, then oldest."""

    key: tuple[float, int]
    box: Box = field(compare=False)
    multipliers: Multipliers = field(compare=False)


def search(
    instance: Instance,
    *,
    gap: float,
    late: Callable[[], bool],
    start: IntArray | None = None,
    enough: float = np.inf,
    hopeless: float = -np.inf,
) -> Found:
    """Search until the gap is at most `gap`, a plan is worth `enough`, none can beat `hopeless`, or it is `late`."""
    return _Search(instance, gap, late, enough, hopeless).run(start)


class _Search:
    def __init__(
        self, instance: Instance, gap: float, late: Callable[[], bool], enough: float, hopeless: float
    ) -> None:
        self.instance = instance
        self.gap = gap
        self.late = late
        self.enough = enough
        self.rows: IntArray | None = None
        self.value = hopeless
        self.closed = -np.inf
        self.open: list[_Node] = []
        many = instance.apps > MOST_POLISHED_APPS and instance.parts.several and not instance.cheapest
        self.assembly = Assembly(instance) if many else None
        self.assembled = -np.inf
        self.made = 0

    @property
    def floor(self) -> float:
        """What a box must be able to exceed to stay open."""
        return self.value + self.gap

    def run(self, start: IntArray | None) -> Found:
        """The loop; see the invariant above."""
        if start is not None:
            self.offer(start)
            self.climb(start)
        root = Box.whole(self.instance)
        options = self.instance.options
        everybodys_best = float(np.maximum.reduceat(options.value, options.starts).sum())
        self.push(root, Multipliers.even(self.instance), everybodys_best)
        finished = True
        while self.open and self.value < self.enough:
            node = heapq.heappop(self.open)
            if -node.key[0] <= self.floor:
                self.put_aside(-node.key[0])
                continue
            if self.late():
                heapq.heappush(self.open, node)
                finished = False
                break
            self.take_up(node)
        open_bound = max((-node.key[0] for node in self.open), default=-np.inf)
        bound = max(open_bound, self.closed)
        if self.rows is not None:
            bound = max(bound, self.value)
        return Found(self.rows, self.value, bound, finished)

    def push(self, box: Box, multipliers: Multipliers, bound: float) -> None:
        """Open a box."""
        heapq.heappush(self.open, _Node((-bound, self.made), box, multipliers))
        self.made += 1

    def put_aside(self, bound: float) -> None:
        """Remember the bound of what is not looked into any more."""
        self.closed = max(self.closed, bound)

    def offer(self, rows: IntArray) -> None:
        """Take a choice (rows of the instance's options) for the plan in hand if it keeps the limits and is better."""
        if self.keeps(rows):
            value = worth(self.instance, rows)
            if self.rows is None or value > self.value:
                self.rows, self.value = rows.copy(), max(value, self.value)

    def climb(self, start: IntArray) -> None:
        """A good plan before any bound is known: the start, the best choice under one dearest stem for all, and that
        under one for each part, with one app's option after another swapped for what gains most.

        Relaxed choices of apps that are alike change all at once, from too dear for all to the cheapest.
        """
        self.polish(start)
        met = list(stems(self.instance))
        fitting = [rows for rows in met if self.keeps(rows)]
        if fitting:
            self.polish(max(fitting, key=lambda rows: worth(self.instance, rows)))
        self.assemble(*met)

    def assemble(self, *met: IntArray) -> None:
        """A plan with each part by one of these choices, or of those before them."""
        if self.assembly is None:
            return
        for rows in met:
            self.assembly.add(rows)
        best = self.assembly.best()
        if best is not None and worth(self.instance, best) > self.assembled:
            self.assembled = worth(self.instance, best)
            self.polish(best)

    def polish(self, rows: IntArray) -> None:
        """Polish a choice (rows of the instance's options) into a plan."""
        polished = polish(self.instance, rows, self.late)
        if polished is not None:
            self.offer(polished)

    def keeps(self, rows: IntArray) -> bool:
        """Whether a choice (rows of the instance's options) keeps the limits."""
        return keeps_limits(self.instance, true_use(self.instance, self.instance.options, rows))

    def try_choice(self, rows: IntArray) -> None:
        """Polish a relaxed choice into a plan, where apps are few enough for that."""
        if self.assembly is None:
            self.polish(rows)

    def try_prices(self, relaxation: Relaxation) -> None:
        """Raise the prices until the apps' own choices keep the limits: a quick plan, whatever the size; and each part
        by that one, by the last that did not, or by what was met before.
        """
        origin = relaxation.box.origin
        sides = relaxation.within_limits(lambda rows: self.keeps(origin[rows]))
        if sides is not None:
            self.offer(origin[sides[0].rows])
            self.assemble(*(origin[side.rows] for side in sides))

    def take_up(self, node: _Node) -> None:
        """Bound a box, close it, or split it."""
        parent_bound, is_root = -node.key[0], node.key[1] == 0
        relaxation = Relaxation.of(self.instance, node.box, node.multipliers)
        bound = self.tighten(relaxation, parent_bound, ROOT_STEPS if is_root else NODE_STEPS, is_root)
        if bound <= self.floor:
            self.put_aside(bound)
            return
        thinned = thin(relaxation, self.floor)
        self.put_aside(thinned.dropped)
        if thinned.box is None:
            return
        relaxation = Relaxation.of(self.instance, thinned.box, relaxation.multipliers)
        if self.late():
            self.push(thinned.box, relaxation.multipliers, bound)
            return
        packing = pack(relaxation, self.floor, slack_of(self.instance), self.late)
        rows = relaxation.choose().rows
        if packing is not None:
            self.put_aside(packing.dropped)
            if packing.rows is None:
                return
            bound, rows = min(bound, packing.value), packing.rows
            before = self.value
            self.offer(thinned.box.origin[rows])
            if self.value >= packing.value - 1e-12:
                return
            self.try_choice(thinned.box.origin[rows])
            if self.value > before and bound <= self.floor:
                self.put_aside(bound)
                return
        halves = split(relaxation, rows)
        for half in halves:
            self.push(half, relaxation.multipliers, bound)

    def tighten(self, relaxation: Relaxation, bound: float, steps: int, is_root: bool) -> float:
        """Move shares and prices until the box is closed, time is up, or it does not pay any more; keep the best."""
        average = Average(relaxation)
        best = relaxation.multipliers.copy()
        reached = np.inf
        history: list[float] = []
        for step in range(steps):
            mixture = relaxation.minimise_prices() if step < 3 or step % PRICE_EVERY == 0 else []
            choice = relaxation.choose()
            if choice.bound < reached:
                reached, best = choice.bound, relaxation.multipliers.copy()
            sides = [relaxation.box.origin[side.rows] for side in (choice, *(side for _, side in mixture))]
            if is_root and self.assembly is not None:
                for rows in sides:
                    self.assembly.add(rows)
            if is_root and step in POLISH_AT:
                self.try_prices(relaxation)
            if (is_root and step in POLISH_AT[1:]) or (not is_root and step == 0):
                for rows in sides[: 5 if is_root else 1]:
                    self.try_choice(rows)
            history.append(reached)
            stalled = step >= STALL_STEPS and history[-STALL_STEPS] - reached < STALL_SHARE * (reached - self.value)
            if reached <= self.floor or stalled or late_after(self.late, relaxation.looks()):
                break
            average.add(relaxation, mixture or [(1.0, choice)])
            average.move_shares(relaxation)
        if is_root:
            self.assemble()
        relaxation.multipliers = best
        relaxation.refresh()
        return min(bound, reached)
