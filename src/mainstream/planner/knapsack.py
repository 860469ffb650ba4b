"""Exact choice of one option per app, every option having a use of its own: a multiple-choice knapsack.

Partial choices are extended app by app. One is dropped if even the bound of what it can still become does not exceed
the floor, if the limits cannot hold it, or (with one limit) if another uses no more and is worth no less.

Invariant: `dropped` is never below the value of a choice that was left out because of the floor; the choice returned is
the best of all the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mainstream.planner.bound import Relaxation
from mainstream.planner.instance import FloatArray, IntArray

MOST_PARTIAL_CHOICES = 60_000
"""Beyond this it gives up; splitting the box is then the better way."""


@dataclass(frozen=True)
class Packing:
    """`rows`: the best choice (rows of the box's options), or None if none exceeds the floor; `value`: its value."""

    rows: IntArray | None
    value: float
    dropped: float


def pack(relaxation: Relaxation, floor: float, slack: FloatArray, late: Callable[[], bool]) -> Packing | None:
    """Best choice by effective use within `left` + `slack`, if it exceeds `floor`; None if it gave up."""
    options, prices, left = relaxation.box.options, relaxation.multipliers.prices, relaxation.left
    limits = np.flatnonzero(np.isfinite(relaxation.instance.limits))
    if relaxation.instance.cheapest:
        limits = limits[limits > 0]
    reduced = relaxation.reduced()
    best = np.maximum.reduceat(reduced, options.starts)
    bound = float(best.sum() + prices @ left)
    loss = np.repeat(best, options.counts) - reduced
    room = (left + slack)[limits]
    use = relaxation.use[:, limits]
    least = np.minimum.reduceat(use, options.starts, axis=0)
    rest = least.sum(axis=0)
    dropped = -np.inf
    lost, used = np.zeros(1), np.zeros((1, len(limits)))
    trail: list[tuple[IntArray, IntArray]] = []
    for group in np.argsort(options.counts, kind="stable").tolist():
        start, count = int(options.starts[group]), int(options.counts[group])
        rest = rest - least[group]
        if len(lost) * count > 40 * MOST_PARTIAL_CHOICES or late():
            return None
        new_lost = (lost[:, None] + loss[None, start : start + count]).ravel()
        new_used = (used[:, None, :] + use[None, start : start + count]).reshape(-1, len(limits))
        fits = (new_used + rest <= room).all(axis=1)
        good = bound - new_lost > floor
        short = fits & ~good
        if short.any():
            dropped = max(dropped, bound - float(new_lost[short].min()))
        kept = np.flatnonzero(fits & good)
        if len(limits) == 1:
            kept = _undominated(kept, new_lost, new_used[:, 0], float(prices[limits[0]]))
        if not len(kept):
            return Packing(None, -np.inf, dropped)
        if len(kept) > MOST_PARTIAL_CHOICES:
            return None
        trail.append((kept // count, start + kept % count))
        lost, used = new_lost[kept], new_used[kept]
    # what is left of the limits is worth nothing once every app has chosen
    value = bound - lost - (left[limits] - used) @ prices[limits]
    at = int(value.argmax())
    top = float(value[at])
    if top <= floor:
        return Packing(None, -np.inf, max(dropped, top))
    chosen = []
    for came_from, row in reversed(trail):
        chosen.append(int(row[at]))
        at = int(came_from[at])
    return Packing(np.array(sorted(chosen), dtype=np.int64), top, dropped)


def _undominated(kept: IntArray, lost: FloatArray, used: FloatArray, price: float) -> IntArray:
    """Of these partial choices those that no other one with at most their use is worth as much as."""
    worth = price * used[kept] - lost[kept]  # value up to a constant
    order = np.lexsort((-worth, used[kept]))
    sorted_worth = worth[order]
    before = np.maximum.accumulate(np.r_[-np.inf, sorted_worth[:-1]])
    survivors: IntArray = kept[order[sorted_worth > before]]
    return survivors
