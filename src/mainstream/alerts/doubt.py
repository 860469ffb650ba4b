"""How far a prediction is to be trusted after what a runner has seen. Pure.

Alerts in a time of which `expected` are predicted follow a Poisson law whose rate is not known exactly: it lies around
the predicted one as a Gamma law of shape a says, so alerts are negative binomial, of mean `expected` and shape a. What
falls outside the central 99.9 % of that law is not believable. The package's own uncertainty goes into both: what was
measured of recall and false alerts is taken at the end of its interval that is kinder to the app (`rates_promised`); n
observed events tell a rate as Gamma(n + 1/2) does (Jeffreys' prior), but with no more than `MOST_SHAPE`, since footage
of one stretch of time says little of other hours, whatever it holds.

Then the interval's nearest end stands for what may be true: of k alerts where at most h are believable, (h + 1) /
(k + 1) can be right; where k came and at least l had to, (k + 1) / (l + 1) of the promised events were found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mainstream.alerts.certainty import share_interval
from mainstream.alerts.merging import MergedEvents

MOST_SHAPE = 2.0
"""of the Gamma law: up to five times the predicted rate is believable, and a fiftieth"""
LEAST_ALERTS = 10
"""fewer are never too many"""
LEAST_TRUST = 0.01
"""so that an app is planned for, and watched, however wrong it was"""
_OUTSIDE = 0.001
_MOST_EXPECTED = 1e5
"""beyond it, the law's shape alone matters"""


@dataclass(frozen=True)
class Believable:
    """Numbers of alerts that a prediction allows, both included."""

    least: int
    most: int


@dataclass(frozen=True)
class RatesPromised:
    """What follows from a prediction and what stands behind it, in alerts an hour."""

    least: float
    """events found: each opens an alert"""
    most: float
    """with repeats within events and false alerts"""


def rates_promised(
    recall: float, false_per_hour: float, events: MergedEvents, observed_events: float, observed_stretches: float
) -> RatesPromised:
    """Alerts an hour at the kind ends of what so many events and quiet stretches of one merge gap tell."""
    least_recall, most_recall = share_interval(recall, observed_events)
    stretches_per_hour = events.quiet_stretches_per_hour
    _, most_share = share_interval(min(1.0, false_per_hour / stretches_per_hour), observed_stretches)
    # Decisions within one event are one alert unless a merge gap lies between them.
    alerts_per_event = 1.0 + events.length_s / events.gap_s
    most = events.per_hour * most_recall * alerts_per_event + most_share * stretches_per_hour
    return RatesPromised(events.per_hour * least_recall, most)


def shape_of(events: int, *, declared: bool) -> float:
    """Shape a of what `events` observed ones tell; a frequency that is declared is a promise, taken at `MOST_SHAPE`."""
    return MOST_SHAPE if declared else min(MOST_SHAPE, events + 0.5)


def believable(expected: float, shape: float) -> Believable:
    """Central 99.9 % of the negative binomial law of mean `expected` >= 0 and shape `shape` > 0."""
    if expected <= 0.0:
        return Believable(0, 0)
    if expected > _MOST_EXPECTED:
        scale = expected / _MOST_EXPECTED
        found = believable(_MOST_EXPECTED, shape)
        return Believable(int(found.least * scale), int(found.most * scale))
    # To three digits: it is asked for every few seconds, and the law is kept.
    return _believable(float(f"{expected:.3g}"), shape)


@lru_cache(maxsize=4096)
def _believable(expected: float, shape: float) -> Believable:
    # P(k + 1) / P(k) = (k + a) / (k + 1) * q: long enough for a tail of e^-12 and less.
    length = int(12.0 * expected * max(1.0, 1.0 / shape) + 12.0 * np.sqrt(expected)) + 64
    ratio = expected / (expected + shape)
    steps = np.log((np.arange(length) + shape) / (np.arange(length) + 1.0) * ratio)
    log_share = shape * np.log(shape / (expected + shape)) + np.concatenate([[0.0], np.cumsum(steps)])
    below = np.cumsum(np.exp(log_share))
    return Believable(int(np.searchsorted(below, _OUTSIDE / 2)), int(np.searchsorted(below, 1.0 - _OUTSIDE / 2)))


def trust_after_excess(alerts: float, expected: float, shape: float) -> float:
    """In (0, 1]: 1 unless more alerts came than are believable where `expected` is the most that was predicted."""
    if alerts < LEAST_ALERTS or alerts <= expected:
        return 1.0
    return max(LEAST_TRUST, min(1.0, (believable(expected, shape).most + 1) / (alerts + 1)))


def trust_after_lack(alerts: float, expected: float, shape: float) -> float:
    """In (0, 1]: 1 unless fewer alerts came than are believable where `expected` is the least that was promised."""
    if alerts >= expected:
        return 1.0
    return max(LEAST_TRUST, min(1.0, (alerts + 1) / (believable(expected, shape).least + 1)))
