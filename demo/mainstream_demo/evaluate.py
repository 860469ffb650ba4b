"""What chance alone could have made of a difference: the same events drawn again under each policy.

An app's time falls into stretches, each an event and what is quiet after it until the next; what is quiet ahead of
the first event counts with the last. Stretches are drawn with replacement, the same ones under each policy, so that
what was hard for both cancels. One fewer is drawn than there are: with few of them that gives the variance its right
size (Rao and Wu, Resampling Inference With Complex Survey Data, 1988).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from mainstream.alerts.measured import AlertScore
from mainstream.arrays import FloatArray, IntArray
from mainstream_demo.result import F1Difference

RESAMPLES = 4000


@dataclass(frozen=True)
class Stretches:
    """What one app came to under one policy, event by event."""

    found: IntArray
    """(events,), 1 where an alert opened for it"""
    false: IntArray
    """(events,), false alerts in the quiet time that goes with it"""


def stretches_of(score: AlertScore) -> Stretches:
    """The score, cut into stretches."""
    found = {each.event for each in score.found}
    events = sorted([*found, *score.missed])
    if not events:
        return Stretches(np.zeros(0, np.int64), np.zeros(0, np.int64))
    starts = np.array([start for start, _ in events])
    # An alert ahead of the first event has index -1: the last.
    at = np.searchsorted(starts, [start for start, _ in score.false], side="right") - 1
    false = np.bincount(at % len(events), minlength=len(events)).astype(np.int64)
    return Stretches(np.array([event in found for event in events], dtype=np.int64), false)


def mean_f1(scores: Mapping[str, AlertScore]) -> float:
    """Mean over apps; an app that did not fit has no alerts and counts as 0."""
    return sum(score.f1 for score in scores.values()) / len(scores)


def resampled_differences(ours: Mapping[str, AlertScore], theirs: Mapping[str, AlertScore]) -> FloatArray:
    """Mean F1 of `ours` less that of `theirs` as other events could have made it, (RESAMPLES,).

    What is drawn of an app depends on its name alone, so that differences of several plans may be added up.
    """
    differences = [_resampled_f1(app, score) - _resampled_f1(app, theirs[app]) for app, score in ours.items()]
    return np.asarray(np.mean(differences, axis=0), dtype=np.float64)


def interval_95(draws: FloatArray | Sequence[float]) -> tuple[float, float]:
    """Where 95 % of the draws lie."""
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def difference_of(ours: Mapping[str, AlertScore], theirs: Mapping[str, AlertScore], baseline: str) -> F1Difference:
    """Of two runs of the same apps, with its 95 % interval."""
    low, high = interval_95(resampled_differences(ours, theirs))
    return F1Difference(baseline=baseline, difference=mean_f1(ours) - mean_f1(theirs), low=low, high=high)


def _resampled_f1(app: str, score: AlertScore) -> FloatArray:
    of_app = stretches_of(score)
    events = len(of_app.found)
    if not events:
        return np.zeros(RESAMPLES)
    drawn = max(1, events - 1)
    counts = np.random.default_rng(crc32(app.encode())).multinomial(drawn, np.full(events, 1 / events), RESAMPLES)
    found, false = counts @ of_app.found, counts @ of_app.false
    # 2 / (1 / recall + 1 / precision)
    return np.asarray(2 * found / (drawn + found + false), dtype=np.float64)
