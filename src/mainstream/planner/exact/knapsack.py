"""Exact choice of one option per app, every option having a use of its own: a multiple-choice knapsack.

Partial choices are extended app by app. One is dropped if even the bound of what it can still become does not exceed
the floor, if the limits cannot hold it, or if another that is alike in all limits but the first uses
no more of that one and is worth no less.

Invariant: `dropped` is never below the value of a choice that was left out because of the floor; the choice returned is
the best of all the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mainstream.arrays import FloatArray, IntArray
from mainstream.planner.deadline import late_after
from mainstream.planner.exact.bound import Relaxation

MOST_PARTIAL_CHOICES = 20_000
MOST_EXTENSIONS = 400_000
"""Beyond either it gives up; splitting the box is then the better way."""
EXTENSIONS_OF_A_LOOK = 20_000


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
        extensions = len(lost) * count
        if extensions > MOST_EXTENSIONS or late_after(late, 1 + extensions // EXTENSIONS_OF_A_LOOK):
            return None
        new_lost = (lost[:, None] + loss[None, start : start + count]).ravel()
        # Rows are counted: there may be no limit but the one that is being minimised.
        new_used = (used[:, None, :] + use[None, start : start + count]).reshape(len(new_lost), len(limits))
        fits = (new_used + rest <= room).all(axis=1)
        good = bound - new_lost > floor
        short = fits & ~good
        if short.any():
            dropped = max(dropped, bound - float(new_lost[short].min()))
        kept = np.flatnonzero(fits & good)
        kept = _undominated(kept, new_used[kept] @ prices[limits] - new_lost[kept], new_used[kept])
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


def _undominated(kept: IntArray, worth: FloatArray, used: FloatArray) -> IntArray:
    """Of these partial choices (worth: value up to a constant) those that no other one beats or equals in everything.

    Compared are only choices that are alike in all limits but the first: changes are small numbers, so many are.
    """
    if not len(kept):
        return kept
    if not used.shape[1]:
        return kept[[int(worth.argmax())]]
    order = np.lexsort((-worth, used[:, 0], *used[:, 1:].T))
    others = used[order, 1:]
    begins = np.r_[True, (others[1:] != others[:-1]).any(axis=1)]
    # A running maximum within each run of choices that are alike: ranks of worth, lifted run by run, in whole numbers.
    ranks = np.unique(worth, return_inverse=True)[1][order]
    lifted = ranks + np.cumsum(begins) * (len(worth) + 1)
    before = np.maximum.accumulate(np.r_[-1, lifted[:-1]])
    survivors: IntArray = kept[order[lifted > before]]
    return survivors
