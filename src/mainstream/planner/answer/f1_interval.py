"""Within what the F1 of an app's alerts will be, nine times in ten, by what its candidate was measured on.

Two things move it: how many events are found, and how often a false alert opens. How far each may be off is told twice,
and the wider counts: by the number of events and quiet stretches that were played, and by the intervals of p and e,
which know of near duplicates and of folds that differ by more than chance, carried through the law of alerts. What the
two move it by is added as errors that are independent are (Zou and Donner, 2008).
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from mainstream.alerts.certainty import share_interval
from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.arrays import FloatArray
from mainstream.planner.problem import OperatingPoint
from mainstream.planner.tables.options import OptionTable
from mainstream.planner.tables.predictions import of_points

Interval = tuple[float, float]
_Number = TypeVar("_Number", float, FloatArray)

Z90 = 1.6449
_FROM_95 = Z90 / 1.96
"""by what an interval of 95 % shrinks"""


def f1_interval(table: OptionTable, k: int, f: int) -> Interval | None:
    """90 % interval of the F1 at one entry of the table; None where it is not known what was measured on how much."""
    app, candidate = table.app, table.app.candidates[k]
    if candidate.observed_events is None or candidate.observed_stretches is None:
        return None
    events = merged_events(app.events)
    recall, false = float(table.recall[k, f]) / app.trust, float(table.false_per_hour[k, f]) / events.per_hour
    moves = moves_by_counts(recall, false, events, (candidate.observed_events, candidate.observed_stretches))
    point = next((each for each in candidate.operating_points if each.threshold == table.threshold[k, f]), None)
    if point is not None and point.p_interval is not None and point.e_interval is not None:
        moves = np.maximum(moves, _by_points(table, f, int(table.votes[k, f]), point))
    down, up = np.sqrt(np.square(moves).sum(axis=0)).tolist()
    predicted = _f1(recall, false)
    return app.trust * max(0.0, predicted - down), app.trust * min(1.0, predicted + up)


def moves_by_counts(recall: float, false: float, events: MergedEvents, observed: tuple[float, float]) -> FloatArray:
    """How far F1 may be moved down and up (columns), by the events that are found and by false alerts (rows): (2, 2).

    `false` alerts for each event; `observed` are independent events and quiet stretches.
    """
    stretches = events.quiet_stretches_per_hour / events.per_hour
    found = share_interval(recall, observed[0], Z90)
    opened = share_interval(min(1.0, false / stretches), observed[1], Z90)
    predicted = _f1(recall, false)
    by_found = [predicted - _f1(found[0], false), _f1(found[1], false) - predicted]
    by_false = [predicted - _f1(recall, opened[1] * stretches), _f1(recall, opened[0] * stretches) - predicted]
    moves: FloatArray = np.maximum(np.array([by_found, by_false]), 0.0)
    return moves


def _by_points(table: OptionTable, f: int, votes: int, point: OperatingPoint) -> FloatArray:
    """The same by the intervals of p and e, as the law of alerts has it."""
    least_p, most_p = _ninety(point.p, point.p_interval)
    least_e, most_e = _ninety(point.e, point.e_interval)
    p = np.array([point.p, least_p, most_p, point.p, point.p])
    e = np.array([point.e, point.e, point.e, most_e, least_e])
    alerts = of_points(table.app, table.rates[f : f + 1], np.array([votes]), p, e, None)
    f1 = _f1(alerts.recall.ravel(), alerts.false_per_event.ravel())
    moves: FloatArray = np.maximum(np.array([[f1[0] - f1[1], f1[2] - f1[0]], [f1[0] - f1[3], f1[4] - f1[0]]]), 0.0)
    return moves


def _ninety(share: float, interval: Interval | None) -> Interval:
    low, high = interval or (share, share)
    return share - _FROM_95 * max(0.0, share - low), share + _FROM_95 * max(0.0, high - share)


def _f1(recall: _Number, false_per_event: _Number) -> _Number:
    """2 found / (events + found + false): the harmonic mean of recall and precision."""
    return recall * 2.0 / (recall + false_per_event + 1.0)
