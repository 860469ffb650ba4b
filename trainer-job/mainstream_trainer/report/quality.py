"""F1 of candidates by the event model, at their best operating point and votes, with what is unsure about p and e."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.law import Alerts, predicted, replayed
from mainstream.alerts.merging import merged_events
from mainstream.laws.chain import f1
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import MeasuredEventStatistics, MeasuredPoint, PackedCandidate

VOTES = (1, 2, 3)
RATES_FPS = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0)


@dataclass(frozen=True)
class Quality:
    """One candidate at one rate."""

    f1: float
    low: float
    """with p and e at the bad ends of their intervals"""
    high: float
    threshold: float
    votes: int
    replayed: bool
    """whether it was replayed on held-out video or pictures, or computed by the event model"""


def quality(candidate: PackedCandidate, events: MeasuredEventStatistics, fps: float) -> Quality:
    """The best alerts that the candidate offers at a rate; replayed where it was replayed at that very rate."""
    played = [each for each in candidate.replayed if each.fps == fps and each.votes in VOTES]
    if played:
        recall, share = (np.array([getattr(each, name) for each in played]) for name in ("recall", "false_share"))
        values = _f1(replayed(recall, share, merged_events(statistics_of(events))))
        best = int(values.argmax())
        value = float(values[best])
        return Quality(value, value, value, played[best].threshold, played[best].votes, True)
    points = candidate.operating_points
    x, chosen = np.divmod(int(_modelled(points, events, fps).argmax()), len(points))
    point, votes = points[int(chosen)], VOTES[int(x)]
    worse = point.model_copy(update={"p": point.p_interval[0], "e": point.e_interval[1]})
    better = point.model_copy(update={"p": point.p_interval[1], "e": point.e_interval[0]})
    low, value, high = _modelled((worse, point, better), events, fps)[int(x)].tolist()
    return Quality(value, min(low, value), max(high, value), point.threshold, votes, False)


def _modelled(points: Sequence[MeasuredPoint], events: MeasuredEventStatistics, fps: float) -> NDArray[np.float64]:
    """F1 by the law of alerts, (votes, points)."""
    p, e = (np.array([getattr(point, name) for point in points]) for name in ("p", "e"))
    merged = merged_events(statistics_of(events))
    alerts = predicted(p, e, np.array([fps]), np.array(VOTES), merged, events.correlation.value)
    values: NDArray[np.float64] = _f1(alerts)[0]
    return values


def _f1(alerts: Alerts) -> NDArray[np.float64]:
    return f1(alerts.recall, alerts.precision)


def middle(candidate: PackedCandidate) -> MeasuredPoint:
    """The operating point at score about 1/2."""
    return min(candidate.operating_points, key=lambda point: abs(point.threshold - 0.5))
