"""What an app's choices are predicted to give: alerts by the law, by a replay, or the published measure under `compat`.

Arrays have the shape (F, X, P): rates by votes by operating points or thresholds.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mainstream.alerts.law import Alerts, deciding_share, predicted, replayed
from mainstream.alerts.merging import NEVER, events_per_hour, merged_events
from mainstream.arrays import FloatArray, IntArray
from mainstream.laws.chain import Compat, frames_per_event, run_table
from mainstream.planner.problem import App, Candidate
from mainstream.planner.replays import FALSE_SHARE, FPS, RECALL, THRESHOLD, VOTES


def of_points(
    app: App, rates: FloatArray, votes: IntArray, p: FloatArray, e: FloatArray, compat: Compat | None
) -> Alerts:
    """Alerts of operating points p, e (P,)."""
    if compat is None:
        return predicted(p, e, rates, votes, merged_events(app.events), app.events.correlation)
    return _windowed(app, rates, votes, p, e, compat)


def of_replays(
    app: App, candidate: Candidate, rates: FloatArray, votes: IntArray, played: FloatArray
) -> tuple[FloatArray, Alerts]:
    """Thresholds (P,) that were replayed, ascending, and the alerts at them; nothing where one was not.

    `played` are rows as `replays.numbers` has them. A replay does not tell for how long alerts are open. It is at least
    the share of frames that are decisions, known where the candidate has an operating point at the threshold.
    """
    thresholds = np.unique(played[:, THRESHOLD])
    recall = np.zeros((len(rates), len(votes), len(thresholds)))
    false = np.zeros_like(recall)
    played = played[np.lexsort((played[:, FPS], played[:, THRESHOLD], played[:, VOTES]))]
    of_one = [VOTES, THRESHOLD]
    starts = np.flatnonzero(np.r_[True, np.any(np.diff(played[:, of_one], axis=0) != 0, axis=1)])
    x_of, t_of = np.searchsorted(votes, played[starts, VOTES]), np.searchsorted(thresholds, played[starts, THRESHOLD])
    for x, t, start, end in zip(x_of, t_of, starts, [*starts[1:], len(played)], strict=True):
        # Towards 0 at rate 0 below the lowest that was replayed, and level above the highest.
        curve = np.concatenate([np.zeros((1, 5)), played[start:end]])
        recall[:, x, t] = np.interp(rates, curve[:, FPS], curve[:, RECALL])
        false[:, x, t] = np.interp(rates, curve[:, FPS], curve[:, FALSE_SHARE])
    hits = {point.threshold: point.e for point in candidate.operating_points}
    e = np.array([hits.get(threshold, 0.0) for threshold in thresholds.tolist()])
    least_open = np.broadcast_to(deciding_share(e, votes, app.events.correlation), recall.shape)
    return thresholds, replace(replayed(recall, false, merged_events(app.events)), open_share=least_open)


def _windowed(app: App, rates: FloatArray, votes: IntArray, p: FloatArray, e: FloatArray, compat: Compat) -> Alerts:
    """The published measure: events, and windows of an event's length, with a decision in them."""
    events = app.events
    frames = frames_per_event(events.length_s, rates, stream_fps=app.stream_fps, compat=compat)
    found = run_table(np.concatenate([p, e]), frames, votes, events.correlation).transpose(1, 0, 2)
    recall, false_alarm = found[..., : len(p)], found[..., len(p) :]
    frequency = max(events.frequency, NEVER)
    false = (1.0 - events.frequency) / frequency * false_alarm
    return Alerts(recall, false, np.zeros_like(recall), events_per_hour(events.frequency, events.length_s))
