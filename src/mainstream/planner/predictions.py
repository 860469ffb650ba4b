"""What an app's choices are predicted to give: alerts by the law, by a replay, or the published measure under `compat`.

Arrays have the shape (F, X, P): rates by votes by operating points or thresholds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.law import SECONDS_PER_HOUR, Alerts, predicted, replayed
from mainstream.alerts.merging import merged_events
from mainstream.events import Compat, frames_per_event, precision, run_table
from mainstream.planner.problem import App, ReplayedPoint

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def of_points(
    app: App, rates: FloatArray, votes: IntArray, p: FloatArray, e: FloatArray, compat: Compat | None
) -> Alerts:
    """Alerts of operating points p, e (P,)."""
    if compat is None:
        return predicted(p, e, rates, votes, merged_events(app.events), app.events.correlation)
    return _windowed(app, rates, votes, p, e, compat)


def of_replays(
    app: App, rates: FloatArray, votes: IntArray, points: Sequence[ReplayedPoint]
) -> tuple[FloatArray, Alerts]:
    """Thresholds (P,) that were replayed, ascending, and the alerts at them; nothing where one was not."""
    thresholds = np.array(sorted({point.threshold for point in points}))
    recall = np.zeros((len(rates), len(votes), len(thresholds)))
    false = np.zeros_like(recall)
    curves: dict[tuple[int, float], list[tuple[float, float, float]]] = defaultdict(list)
    for point in points:
        curves[point.votes, point.threshold].append((point.fps, point.recall, point.false_share))
    for x, vote in enumerate(votes.tolist()):
        for t, threshold in enumerate(thresholds.tolist()):
            curve = sorted(curves[vote, threshold])
            recall[:, x, t] = _between(rates, ((fps, found) for fps, found, _ in curve))
            false[:, x, t] = _between(rates, ((fps, share) for fps, _, share in curve))
    return thresholds, replayed(recall, false, merged_events(app.events))


def _between(rates: FloatArray, curve: Iterable[tuple[float, float]]) -> FloatArray:
    """Linear between replayed rates, towards 0 at rate 0 below them, and level above them."""
    known = [(0.0, 0.0), *curve]
    return np.interp(rates, [fps for fps, _ in known], [share for _, share in known])


def _windowed(app: App, rates: FloatArray, votes: IntArray, p: FloatArray, e: FloatArray, compat: Compat) -> Alerts:
    """The published measure: events, and windows of an event's length, with a decision in them."""
    events = app.events
    frames = frames_per_event(events.length_s, rates, stream_fps=app.stream_fps, compat=compat)
    found = run_table(np.concatenate([p, e]), frames, votes, events.correlation).transpose(1, 0, 2)
    recall, false_alarm = found[..., : len(p)], found[..., len(p) :]
    false_per_hour = SECONDS_PER_HOUR * (1.0 - events.frequency) * false_alarm / events.length_s
    return Alerts(recall, precision(recall, false_alarm, events.frequency), false_per_hour)
