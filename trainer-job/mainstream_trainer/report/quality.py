"""F1 of candidates by the event model, at their best operating point and votes, with what is unsure about p and e."""

from dataclasses import dataclass

import numpy as np

from mainstream.events import f1, frames_per_event, precision, run_probability
from mainstream.mpackage.manifest import MeasuredEventStatistics, MeasuredPoint, PackedCandidate, ReplayedRate

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
    """The best that the candidate offers at a rate; replayed where it was replayed at that very rate."""
    replayed = [each for each in candidate.replayed if each.fps == fps and each.votes in VOTES]
    if replayed:
        best = max(replayed, key=lambda each: _replayed_f1(each, events))
        value = _replayed_f1(best, events)
        return Quality(value, value, value, best.threshold, best.votes, True)
    choices = [(point, votes) for point in candidate.operating_points for votes in VOTES]
    point, votes = max(choices, key=lambda choice: _f1(choice[0].p, choice[0].e, events, fps, choice[1]))
    low = _f1(point.p_interval[0], point.e_interval[1], events, fps, votes)
    high = _f1(point.p_interval[1], point.e_interval[0], events, fps, votes)
    value = _f1(point.p, point.e, events, fps, votes)
    return Quality(value, min(low, value), max(high, value), point.threshold, votes, False)


def _f1(p: float, e: float, events: MeasuredEventStatistics, fps: float, votes: int) -> float:
    """Recall is the mean over the lengths of observed events, where there are some (design: event model)."""
    correlation = events.correlation.value
    lengths_s = events.lengths_s or (events.length_s.value,)
    frames = np.concatenate([frames_per_event(length_s, [fps]) for length_s in lengths_s])
    recall = float(run_probability(p, frames, votes, correlation).mean())
    false_alarm = float(run_probability(e, frames_per_event(events.length_s.value, fps), votes, correlation))
    return float(f1(recall, precision(recall, false_alarm, events.frequency.value)))


def _replayed_f1(each: ReplayedRate, events: MeasuredEventStatistics) -> float:
    return float(f1(each.recall, precision(each.recall, each.false_alarm, events.frequency.value)))


def middle(candidate: PackedCandidate) -> MeasuredPoint:
    """The operating point at score about 1/2."""
    return candidate.operating_points[len(candidate.operating_points) // 2]
