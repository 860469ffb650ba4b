"""The best threshold and votes for every (candidate, rate) of an app.

Threshold and votes cost nothing more, so they are chosen before the search begins; what is left to search is
(candidate, rate). Invariant: `value[k, f]` is the highest value of the app's metric over its allowed thresholds and
votes for candidate k at rate f, and `threshold`, `votes`, `recall` and `precision` are those it is reached with (the
first in order of votes, then of thresholds, where several reach it).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mainstream.events import Compat, f1, f_beta, frames_per_event, precision, run_table
from mainstream.planner.problem import App, Candidate, Objective, Pin, Running

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


TABLES_KEPT = 256
COARSE_FPS = (1.0, 5.0)
COARSE_VOTES = 2


@dataclass(frozen=True)
class OptionTable:
    """All arrays but `rates` (F,) have shape (K, F): candidates by rates. `value` is -1 where nothing is allowed."""

    app: App
    rates: FloatArray
    value: FloatArray
    recall: FloatArray
    precision: FloatArray
    threshold: FloatArray
    votes: IntArray

    def f1(self, candidate: int, rate: int) -> float:
        """Predicted F1 at one entry."""
        return float(f1(self.recall[candidate, rate], self.precision[candidate, rate]))


def metric_of(objective: Objective, recall: FloatArray, precise: FloatArray) -> FloatArray:
    """Value of an app's metric; arguments and result have one shape."""
    if objective.metric == "recall":
        return recall
    if objective.metric == "precision":
        return precise
    return f_beta(recall, precise, objective.beta if objective.metric == "f-beta" else 1.0)


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
        np.zeros(shape, dtype=np.int64),
    )
    votes = np.asarray([x for x in sorted(set(app.votes)) if pin is None or pin.votes in (None, x)], dtype=np.int64)
    modelled: list[int] = []
    for k, candidate in enumerate(app.candidates):
        if pin is not None and pin.branch_point not in (None, candidate.branch_point):
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

    What it runs with now is always among them. `scarce`: beside that only the lowest rate, the fewest votes, the least
    and the most frozen candidate.
    """
    rates, votes = app.allowed_rates, sorted(set(app.votes))
    ordered = sorted(app.candidates, key=lambda candidate: candidate.branch_point)
    few_rates = {rates[0]} if scarce else {rates[0], *(min(rates, key=lambda rate: abs(rate - f)) for f in COARSE_FPS)}
    places = {0, len(ordered) - 1} if scarce else {0, len(ordered) // 2, len(ordered) - 1}
    if running is not None:
        few_rates |= {running.fps} & set(rates)
        places |= {i for i, candidate in enumerate(ordered) if candidate.branch_point == running.branch_point}
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
    """Candidates that were not replayed: the event model's chain, for all of them in one walk."""
    app, events = table.app, table.app.events
    points = [
        [
            point
            for point in app.candidates[k].operating_points
            if pin is None or pin.threshold in (None, point.threshold)
        ]
        for k in candidates
    ]
    flat = [point for of_candidate in points for point in of_candidate]
    if not flat:
        return
    thresholds = np.array([point.threshold for point in flat])
    hits = np.array([point.p for point in flat] + [point.e for point in flat])
    frames = frames_per_event(events.length_s, table.rates, stream_fps=app.stream_fps, compat=compat)
    found = run_table(hits, frames, votes, events.correlation)
    recall, false_alarm = found[..., : len(flat)], found[..., len(flat) :]
    if events.lengths_s:
        each = [
            frames_per_event(length_s, table.rates, stream_fps=app.stream_fps, compat=compat)
            for length_s in events.lengths_s
        ]
        by_length = run_table(hits[: len(flat)], np.concatenate(each), votes, events.correlation)
        recall = by_length.reshape(len(votes), len(each), len(table.rates), len(flat)).mean(axis=1)
    ends = np.cumsum([len(of_candidate) for of_candidate in points])
    for k, of_candidate, end in zip(candidates, points, ends.tolist(), strict=True):
        if of_candidate:
            those = slice(end - len(of_candidate), end)
            _keep_best(table, k, votes, thresholds[those], recall[..., those], false_alarm[..., those])


def _fill_replayed(table: OptionTable, k: int, candidate: Candidate, votes: IntArray, pin: Pin | None) -> None:
    """A candidate that was replayed is judged by the replay alone, at the thresholds and votes it was replayed with."""
    points = [
        point
        for point in candidate.replayed
        if point.votes in votes and (pin is None or pin.threshold in (None, point.threshold))
    ]
    if not points:
        return
    thresholds = np.array(sorted({point.threshold for point in points}))
    recall = np.zeros((len(votes), len(table.rates), len(thresholds)))
    false_alarm = np.zeros_like(recall)
    curves: dict[tuple[int, float], list[tuple[float, float, float]]] = defaultdict(list)
    for point in points:
        curves[point.votes, point.threshold].append((point.fps, point.recall, point.false_alarm))
    for x, vote in enumerate(votes.tolist()):
        for t, threshold in enumerate(thresholds.tolist()):
            curve = sorted(curves[vote, threshold])
            recall[x, :, t] = _between(table.rates, ((fps, found) for fps, found, _ in curve))
            false_alarm[x, :, t] = _between(table.rates, ((fps, false) for fps, _, false in curve))
    _keep_best(table, k, votes, thresholds, recall, false_alarm)


def _between(rates: FloatArray, curve: Iterable[tuple[float, float]]) -> FloatArray:
    """Linear between replayed rates, towards 0 at rate 0 below them, and level above them."""
    known = [(0.0, 0.0), *curve]
    return np.interp(rates, [fps for fps, _ in known], [share for _, share in known])


def _keep_best(
    table: OptionTable,
    k: int,
    votes: IntArray,
    thresholds: FloatArray,
    recall: FloatArray,
    false_alarm: FloatArray,
) -> None:
    """Reduce (X, F, T) arrays over votes and thresholds into row `k` of the table."""
    precise = precision(recall, false_alarm, table.app.events.frequency)
    value = metric_of(table.app.objective, recall, precise)
    by_rate = value.transpose(1, 0, 2).reshape(len(table.rates), -1)
    best = by_rate.argmax(axis=1)
    x, t = np.divmod(best, len(thresholds))
    f = np.arange(len(table.rates))
    table.value[k] = by_rate[f, best]
    table.recall[k], table.precision[k] = recall[x, f, t], precise[x, f, t]
    table.threshold[k], table.votes[k] = thresholds[t], votes[x]
