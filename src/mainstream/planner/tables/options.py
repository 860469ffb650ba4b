"""The best threshold and votes for every (candidate, rate) of an app.

Threshold and votes cost nothing more, so they are chosen before the search begins; what is left to search is
(candidate, rate). Invariant: `value[k, f]` is the highest value of the app's metric over those allowed thresholds and
votes for candidate k at rate f that are quiet for half of the time without events and, where it has a maximum of false
alerts, find something and keep to it; and `threshold`, `votes`, `recall`, `precision` and `false_per_hour` are those it
is reached with (the first in order of votes, then of thresholds, where several reach it).

An app that is not fully trusted has recall and precision of every option multiplied with its `trust`. Every metric is
homogeneous in the two, so its value is multiplied as well: the best threshold and votes stay the best, the search is as
exact as before, and less trust never gets an app more of its own metric, at anybody's cost. A lower p or a higher e
would not do: replays have neither, and a classifier that is worse on a frame may gain more from one frame more, so that
a doubt would buy rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mainstream.alerts.law import Alerts
from mainstream.arrays import FloatArray, IntArray
from mainstream.laws.chain import Compat, f1
from mainstream.planner.problem import App, Objective, OperatingPoint, Pin, Running
from mainstream.planner.replays import THRESHOLD, played_with
from mainstream.planner.tables.predictions import of_points, of_replays
from mainstream.times import HOURS_PER_DAY

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
    """All arrays but `rates` (F,) have shape (K, F): candidates by rates. `value` is -1 where nothing is allowed."""

    app: App
    rates: FloatArray
    value: FloatArray
    recall: FloatArray
    precision: FloatArray
    false_per_hour: FloatArray
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


def fresh_table(app: App, pin: Pin | None = None, compat: Compat | None = None) -> OptionTable:
    """Build the table of one app; what its pin rules out has value -1."""
    rates = np.asarray(app.allowed_rates, dtype=np.float64)
    shape = (len(app.candidates), len(rates))
    table = OptionTable(
        app,
        rates,
        value=np.full(shape, -1.0),
        recall=np.zeros(shape),
        precision=np.zeros(shape),
        false_per_hour=np.zeros(shape),
        threshold=np.zeros(shape),
        votes=np.zeros(shape, dtype=np.int64),
    )
    for some in _predicted(app, rates, pin, compat):
        _keep_best(table, some)
    if pin is not None and pin.fps is not None:
        table.value[:, rates != pin.fps] = -1.0
    return table


def least_false_per_hour(app: App, pin: Pin | None = None, compat: Compat | None = None) -> float:
    """The lowest rate of false alerts of any choice that finds something and reaches the app's minimum; inf: none."""
    least = np.inf
    for some in _predicted(app, np.asarray(app.allowed_rates, dtype=np.float64), pin, compat):
        value = app.trust * metric_of(app.objective, some.alerts)
        useful = (some.alerts.recall > 0.0) & (value >= (app.objective.minimum or 0.0))
        useful &= some.alerts.open_share <= MOST_OPEN
        least = min(least, float(np.where(useful, some.alerts.false_per_hour, np.inf).min()))
    return least


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
    return fresh_table(few, None, compat)


@dataclass(frozen=True)
class _Predicted:
    """Alerts (F, X, P) of some candidates, each with so many of the operating points or thresholds P."""

    candidates: list[int]
    sizes: list[int]
    votes: IntArray
    thresholds: FloatArray
    alerts: Alerts


def _predicted(app: App, rates: FloatArray, pin: Pin | None, compat: Compat | None) -> Iterator[_Predicted]:
    """Alerts of all candidates: of one that was replayed by the replay alone, of the others by the law.

    A replay is asked at the thresholds and votes that it was replayed with.
    """
    votes = np.asarray([x for x in sorted(set(app.votes)) if pin is None or pin.votes in (None, x)], dtype=np.int64)
    threshold = None if pin is None else pin.threshold
    modelled: dict[int, list[OperatingPoint]] = {}
    for k, candidate in enumerate(app.candidates):
        if not len(votes) or (pin is not None and pin.candidate not in (None, candidate.name)):
            continue
        played = played_with(candidate.replayed, votes)
        if len(played):
            played = played if threshold is None else played[played[:, THRESHOLD] == threshold]
            if len(played):
                thresholds, alerts = of_replays(app, candidate, rates, votes, played)
                yield _Predicted([k], [len(thresholds)], votes, thresholds, alerts)
        elif points := [point for point in candidate.operating_points if threshold in (None, point.threshold)]:
            modelled[k] = points
    for some in _in_chunks(modelled):
        flat = [point for k in some for point in modelled[k]]
        thresholds, p, e = (np.array([getattr(point, name) for point in flat]) for name in ("threshold", "p", "e"))
        alerts = of_points(app, rates, votes, p, e, compat)
        yield _Predicted(some, [len(modelled[k]) for k in some], votes, thresholds, alerts)


def _in_chunks(points: Mapping[int, Sequence[OperatingPoint]]) -> Iterator[list[int]]:
    """Neighbouring candidates that have `POINTS_AT_ONCE` points together, or one."""
    chunk: list[int] = []
    held = 0
    for k, own in points.items():
        if chunk and held + len(own) > POINTS_AT_ONCE:
            yield chunk
            chunk, held = [], 0
        chunk.append(k)
        held += len(own)
    if chunk:
        yield chunk


def _keep_best(table: OptionTable, some: _Predicted) -> None:
    """Reduce the alerts over votes and thresholds into the candidates' rows."""
    objective, trust, alerts = table.app.objective, table.app.trust, some.alerts
    value = metric_of(objective, alerts)
    if trust < 1.0:
        value *= trust
    value[alerts.open_share > MOST_OPEN] = -1.0
    if objective.maximum_false_alerts_per_day is not None:
        quiet = alerts.false_per_hour <= objective.maximum_false_alerts_per_day / HOURS_PER_DAY
        value[~quiet | (alerts.recall <= 0.0)] = -1.0
    f, first = np.arange(len(table.rates)), 0
    for k, size in zip(some.candidates, some.sizes, strict=True):
        by_rate = value[:, :, first : first + size].reshape(len(f), -1)
        best = by_rate.argmax(axis=1)
        x, t = np.divmod(best, size)
        t += first
        found, false = alerts.recall[f, x, t], alerts.false_per_event[f, x, t]
        table.value[k] = by_rate[f, best]
        chosen = replace(alerts, recall=found, false_per_event=false)
        table.recall[k], table.precision[k] = trust * found, trust * chosen.precision
        table.false_per_hour[k] = chosen.false_per_hour
        table.threshold[k], table.votes[k] = some.thresholds[t], some.votes[x]
        first += size
