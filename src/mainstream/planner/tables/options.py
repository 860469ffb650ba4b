"""The best threshold and votes for every (candidate, rate) of an app.

Threshold and votes cost nothing more, so they are chosen before the search begins; what is left to search is
(candidate, rate). Invariant: `value[k, f]` is the highest value of the app's metric over those allowed thresholds and
votes for candidate k at rate f that are quiet for half of the time without events and keep to its maximum of false
alerts, and `threshold`, `votes`, `recall`, `precision` and `false_per_hour` are those it is reached with (the first in
order of votes, then of thresholds, where several reach it).

An app that is not fully trusted has recall and precision of every option multiplied with its `trust`. Every metric is
homogeneous in the two, so its value is multiplied as well: the best threshold and votes stay the best, the search is as
exact as before, and less trust never gets an app more of its own metric, at anybody's cost. A lower p or a higher e
would not do: replays have neither, and a classifier that is worse on a frame may gain more from one frame more, so that
a doubt would buy rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from mainstream.alerts.law import Alerts
from mainstream.arrays import FloatArray, IntArray
from mainstream.laws.chain import Compat, f1
from mainstream.planner.problem import App, Candidate, Objective, OperatingPoint, Pin, Running
from mainstream.planner.tables.predictions import of_points, of_replays
from mainstream.times import HOURS_PER_DAY

TABLES_KEPT = 256
COARSE_FPS = (1.0, 5.0)
COARSE_VOTES = 2
LEAST_RECALL = 0.05
"""Below this recall an app finds nothing to speak of, and being right when it does is worth nothing."""
MOST_OPEN = 0.5
"""An option whose alerts are open for more of the time without events is never chosen (docs/design.md, "Alerts")."""
POINTS_AT_ONCE = 320
"""Operating points that are predicted together: what they need stays in the processor's cache."""


@dataclass(frozen=True)
class OptionTable:
    """All arrays but `rates` (F,) have shape (K, F): candidates by rates. `value` is -1 where nothing is allowed.

    `least_false_per_hour` is the lowest rate of false alerts of any threshold and votes that finds something and
    reaches the app's minimum; infinite where none does.
    """

    app: App
    rates: FloatArray
    value: FloatArray
    recall: FloatArray
    precision: FloatArray
    false_per_hour: FloatArray
    least_false_per_hour: FloatArray
    threshold: FloatArray
    votes: IntArray

    def f1(self, candidate: int, rate: int) -> float:
        """Predicted F1 at one entry."""
        return float(f1(self.recall[candidate, rate], self.precision[candidate, rate]))


def metric_of(objective: Objective, alerts: Alerts) -> FloatArray:
    """Value of an app's metric, of the shape of `alerts`: its own array.

    Precision counts as 0 where hardly an event is found. F of r found and b false alerts for each event is
    (1 + beta^2) r / (beta^2 + r + b): what `f_beta` gives of recall and precision.
    """
    if objective.metric == "recall":
        return alerts.recall.copy()
    if objective.metric == "precision":
        return np.where(alerts.recall >= LEAST_RECALL, alerts.precision, 0.0)
    weight = objective.beta**2 if objective.metric == "f-beta" else 1.0
    below = alerts.recall + alerts.false_per_event
    below += weight
    value: FloatArray = np.multiply(alerts.recall, 1.0 + weight)
    value /= below
    return value


@lru_cache(maxsize=TABLES_KEPT)
def option_table(app: App, pin: Pin | None = None, compat: Compat | None = None) -> OptionTable:
    """Build the table of one app; what its pin rules out has value -1.

    Tables are kept (and never written to again), so that planning anew for nearly the same apps is quick.
    """
    rates = np.asarray(app.allowed_rates, dtype=np.float64)
    shape = (len(app.candidates), len(rates))
    table = OptionTable(
        app,
        rates,
        np.full(shape, -1.0),
        np.zeros(shape),
        np.zeros(shape),
        np.zeros(shape),
        np.full(shape, np.inf),
        np.zeros(shape),
        np.zeros(shape, dtype=np.int64),
    )
    votes = np.asarray([x for x in sorted(set(app.votes)) if pin is None or pin.votes in (None, x)], dtype=np.int64)
    modelled: list[int] = []
    for k, candidate in enumerate(app.candidates):
        if pin is not None and pin.candidate not in (None, candidate.name):
            continue
        if any(point.votes in votes for point in candidate.replayed):
            _fill_replayed(table, k, candidate, votes, pin)
        else:
            modelled.append(k)
    if modelled and len(votes):
        _fill_modelled(table, modelled, votes, pin, compat)
    if pin is not None and pin.fps is not None:
        table.value[:, rates != pin.fps] = -1.0
    return table


def coarse_table(app: App, running: Running | None, compat: Compat | None = None, *, scarce: bool) -> OptionTable:
    """A table with few of the app's rates, votes and candidates: for when there is no time for all of them.

    What it runs with now is always among them. `scarce`: beside that only the lowest rate, the fewest votes, and the
    candidates that take most and least for themselves (of equal ones that with the shorter stem).
    """
    rates, votes = app.allowed_rates, sorted(set(app.votes))
    ordered = sorted(app.candidates, key=lambda each: (-each.head_s, -each.branch_point, each.name))
    few_rates = {rates[0]} if scarce else {rates[0], *(min(rates, key=lambda rate: abs(rate - f)) for f in COARSE_FPS)}
    places = {0, len(ordered) - 1} if scarce else {0, len(ordered) // 2, len(ordered) - 1}
    if running is not None:
        few_rates |= {running.fps} & set(rates)
        places |= {i for i, candidate in enumerate(ordered) if candidate.name == running.candidate}
    few = replace(
        app,
        rates=tuple(sorted(few_rates)),
        candidates=tuple(ordered[i] for i in sorted(places)),
        votes=tuple(votes[: 1 if scarce else COARSE_VOTES]),
    )
    return option_table.__wrapped__(few, None, compat)


def _fill_modelled(
    table: OptionTable, candidates: list[int], votes: IntArray, pin: Pin | None, compat: Compat | None
) -> None:
    """Candidates that were not replayed: the law of alerts, for all of them in one walk."""
    app = table.app
    points = {
        k: [
            point
            for point in app.candidates[k].operating_points
            if pin is None or pin.threshold in (None, point.threshold)
        ]
        for k in candidates
    }
    for some in _in_chunks([k for k in candidates if points[k]], points):
        flat = [point for k in some for point in points[k]]
        thresholds, p, e = (np.array([getattr(point, name) for point in flat]) for name in ("threshold", "p", "e"))
        alerts = of_points(app, table.rates, votes, p, e, compat)
        _keep_best(table, some, [len(points[k]) for k in some], votes, thresholds, alerts)


def _in_chunks(candidates: list[int], points: Mapping[int, Sequence[OperatingPoint]]) -> Iterator[list[int]]:
    """Neighbouring candidates that have `POINTS_AT_ONCE` points together, or one."""
    chunk: list[int] = []
    held = 0
    for k in candidates:
        if chunk and held + len(points[k]) > POINTS_AT_ONCE:
            yield chunk
            chunk, held = [], 0
        chunk.append(k)
        held += len(points[k])
    if chunk:
        yield chunk


def _fill_replayed(table: OptionTable, k: int, candidate: Candidate, votes: IntArray, pin: Pin | None) -> None:
    """A candidate that was replayed is judged by the replay alone, at the thresholds and votes it was replayed with."""
    points = [
        point
        for point in candidate.replayed
        if point.votes in votes and (pin is None or pin.threshold in (None, point.threshold))
    ]
    if points:
        thresholds, alerts = of_replays(table.app, candidate, table.rates, votes, points)
        _keep_best(table, [k], [len(thresholds)], votes, thresholds, alerts)


def _keep_best(
    table: OptionTable, candidates: list[int], sizes: list[int], votes: IntArray, thresholds: FloatArray, alerts: Alerts
) -> None:
    """Reduce alerts (F, X, P) over votes and thresholds into the candidates' rows; each has so many of the points."""
    objective, trust = table.app.objective, table.app.trust
    value = metric_of(objective, alerts)
    if trust < 1.0:
        value *= trust
    value[alerts.open_share > MOST_OPEN] = -1.0
    if objective.maximum_false_alerts_per_day is not None:
        useful = (alerts.recall > 0.0) & (value >= (objective.minimum or 0.0))
        false = np.where(useful, alerts.false_per_hour, np.inf)
        ends = np.cumsum([0, *sizes])
        table.least_false_per_hour[candidates] = np.minimum.reduceat(false.min(axis=1), ends[:-1], axis=1).T
        value[false > objective.maximum_false_alerts_per_day / HOURS_PER_DAY] = -1.0
    f, first = np.arange(len(table.rates)), 0
    for k, size in zip(candidates, sizes, strict=True):
        by_rate = value[:, :, first : first + size].reshape(len(f), -1)
        best = by_rate.argmax(axis=1)
        x, t = np.divmod(best, size)
        t += first
        found, false = alerts.recall[f, x, t], alerts.false_per_event[f, x, t]
        table.value[k] = by_rate[f, best]
        chosen = replace(alerts, recall=found, false_per_event=false)
        table.recall[k], table.precision[k] = trust * found, trust * chosen.precision
        table.false_per_hour[k] = chosen.false_per_hour
        table.threshold[k], table.votes[k] = thresholds[t], votes[x]
        first += size
