"""Whether all apps fit at all, and if not, which ones have to go.

Both questions are put to the same search with other values: the plan of lowest cost, and the greatest weight of apps
that fit. Invariant: "does not fit" is only said when it is proved (`finished`); a set to shed always leaves a plan that
fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mainstream.arrays import IntArray
from mainstream.planner.exact.bound import CHANGES, COST, true_use
from mainstream.planner.exact.incumbent import keeps_limits, polish, repair, slack_of
from mainstream.planner.exact.instance import Instance, Options
from mainstream.planner.exact.search import search


@dataclass(frozen=True)
class Fit:
    """`rows`: a choice that keeps every limit, or None; `finished`: whether None means that there is none."""

    rows: IntArray | None
    finished: bool


def cheapest_rows(instance: Instance, *, changes_first: bool) -> IntArray:
    """Every app's option of lowest own cost (with equal cost the one worth most): where repairs begin.

    `changes_first`: of lowest own cost among those that are no change, where there are any.
    """
    options = instance.options
    changes = options.use[:, CHANGES] if changes_first else np.zeros(len(options))
    order = np.lexsort((-options.value, options.use[:, COST], changes, options.app))
    rows: IntArray = order[options.starts]
    return rows


def find_fit(instance: Instance, late: Callable[[], bool]) -> Fit:
    """Any choice of all apps within the limits: by repair, else by looking for the lowest cost."""
    for changes_first in (False, True):
        rows = repair(instance, cheapest_rows(instance, changes_first=changes_first), late)
        if rows is not None:
            return Fit(rows, True)
    limits = instance.limits.copy()
    limits[COST] = 0.0
    flat = replace(instance.options, value=np.zeros(len(instance.options)))
    priced = replace(instance, options=flat, limits=limits, cheapest=True)
    budget = float(instance.limits[COST] + slack_of(instance)[COST])
    found = search(priced, gap=0.0, late=late, enough=-budget, hopeless=-budget - 1e-15)
    if found.rows is not None and keeps_limits(instance, true_use(instance, instance.options, found.rows)):
        return Fit(found.rows, True)
    return Fit(None, found.finished)


@dataclass(frozen=True)
class Shed:
    """`apps`: who has to go; `kept`: (app, candidate, rate) of a choice that the others fit with; `proved`: no set of
    less weight would do.
    """

    apps: frozenset[int]
    kept: tuple[tuple[int, int, int], ...]
    proved: bool

    def rows_in(self, rest: Instance) -> IntArray:
        """The kept choice as rows of the instance that has only those apps; what beats an option stands in for none."""
        options = rest.options
        entries = zip(options.app.tolist(), options.candidate.tolist(), options.rate.tolist(), strict=True)
        at = {entry: row for row, entry in enumerate(entries)}
        return np.array([at[a, k, f] for a, (_, k, f) in enumerate(self.kept)], dtype=np.int64)


def smallest_shed(instance: Instance, late: Callable[[], bool]) -> Shed:
    """Apps of least total weight without which the others fit; of equal weight the fewest.

    Every app gets one more option, to be shed; the others are worth its weight, whatever they are.
    """
    options, apps = instance.options, np.arange(instance.apps)
    weights = instance.weights / instance.weights.max()
    kept_value = weights + 1e-6  # of equal weight the fewest
    nowhere = np.full(instance.apps, -1)
    made = Options(
        app=np.r_[options.app, apps],
        candidate=np.r_[options.candidate, nowhere],
        rate=np.r_[options.rate, nowhere],
        segment=np.r_[options.segment, nowhere],
        level=np.r_[options.level, np.zeros(instance.apps, dtype=np.int64)],
        cover=np.r_[options.cover, nowhere],
        value=np.r_[kept_value[options.app], np.zeros(instance.apps)],
        use=np.r_[options.use, np.zeros((instance.apps, 3))],
    )
    trial = replace(instance, options=made.take(np.argsort(made.app, kind="stable")))
    nothing = np.flatnonzero(trial.options.candidate < 0)
    equal = bool(np.ptp(weights) <= 1e-12)
    found = search(trial, gap=0.99 if equal else 1e-7, late=late, start=polish(trial, nothing, late))
    rows = nothing if found.rows is None else found.rows
    chosen = trial.options.take(rows)
    entries = list(zip(chosen.app.tolist(), chosen.candidate.tolist(), chosen.rate.tolist(), strict=True))
    shed = frozenset(a for a, k, _ in entries if k < 0)
    return Shed(shed, tuple(entry for entry in entries if entry[0] not in shed), found.finished)
