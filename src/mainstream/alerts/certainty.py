"""How sure one can be of what was counted on little: 95 % intervals from the number of independent observations."""

from __future__ import annotations

from math import inf, sqrt

from mainstream.alerts.merging import MergedEvents
from mainstream.times import DAY_S

ENOUGH = 8
"""Events, and quiet stretches of one merge gap, below which what was counted is said to be thin."""
_Z = 1.96


def share_interval(share: float, observations: float) -> tuple[float, float]:
    """Of a share of so many independent observations (Wilson, Probable Inference, 1927); [0, 1] without any."""
    if observations <= 0.0:
        return 0.0, 1.0
    spread = _Z * _Z / observations
    centre = share + spread / 2
    half = _Z * sqrt(share * (1.0 - share) / observations + spread / (4 * observations))
    return max(0.0, (centre - half) / (1.0 + spread)), min(1.0, (centre + half) / (1.0 + spread))


def f1_interval(
    recall: float, false_per_hour: float, events: MergedEvents, observed_events: float, observed_stretches: float
) -> tuple[float, float]:
    """Of the F1 of alerts that was counted on so many events and quiet stretches of one merge gap."""
    stretches = events.quiet_stretches_per_hour / events.per_hour
    share = min(1.0, false_per_hour / events.quiet_stretches_per_hour)
    worst_recall, best_recall = share_interval(recall, observed_events)
    best_share, worst_share = share_interval(share, observed_stretches)
    return _f1(worst_recall, worst_share * stretches), _f1(best_recall, best_share * stretches)


def _f1(recall: float, false_per_event: float) -> float:
    """2 found / (events + found + false): the harmonic mean of recall and precision."""
    return 2.0 * recall / (1.0 + recall + false_per_event)


def is_thin(observed_events: float, observed_stretches: float) -> bool:
    """Whether too little was observed to be told without saying so."""
    return min(observed_events, observed_stretches) < ENOUGH


def what_helps(observed_events: float, observed_stretches: float) -> str:
    """What would make it surer, by what there is least of."""
    if observed_events <= observed_stretches:
        return "more labelled events would help most"
    return "more footage in which nothing happens would help most"


def least_false_per_day(observed_stretches: float, gap_s: float) -> float:
    """False alerts a day below which so many quiet stretches of `gap_s` seconds cannot tell: one in all that was seen.

    Infinite where nothing quiet was seen.
    """
    seen_s = observed_stretches * gap_s
    return DAY_S / seen_s if seen_s > 0.0 else inf


def quiet_that_tells_s(false_per_day: float) -> float:
    """Seconds of footage without events that can tell so few false alerts a day; infinite for none at all."""
    return DAY_S / false_per_day if false_per_day > 0.0 else inf
