"""What a live run was worth: alerts against labels, and what chance alone could have made of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from mainstream.alerts.measured import AlertScore

_RESAMPLES = 2000
_SEED = 0


def mean_f1(scores: Mapping[str, AlertScore]) -> float:
    """Mean over apps; an app that did not fit has no alerts and counts as 0."""
    return sum(score.f1 for score in scores.values()) / len(scores)


def difference_interval(ours: Mapping[str, AlertScore], theirs: Mapping[str, AlertScore]) -> tuple[float, float]:
    """95 % interval of the difference of two mean F1 (bootstrap over events and false alerts, the two runs apart).

    Counts of found events are drawn again from their own shares, of false alerts from their own rates, app by app. With
    some eight events an app the interval is wide, and meant to be.
    """
    random = np.random.default_rng(_SEED)
    draws = _resampled_mean(list(ours.values()), random) - _resampled_mean(list(theirs.values()), random)
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def _resampled_mean(
    scores: Sequence[AlertScore], random: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    total = np.zeros(_RESAMPLES)
    for score in scores:
        # One more success and failure than seen (Laplace): neither 8 of 8 nor no false alert is certainty.
        found = random.binomial(score.events, _smoothed(len(score.found), score.events), _RESAMPLES)
        false = random.poisson(len(score.false) + 1, _RESAMPLES)
        recall = found / max(score.events, 1)
        precision = found / np.maximum(found + false, 1)
        total += 2 * recall * precision / np.maximum(recall + precision, 1e-12)
    return total / len(scores)


def _smoothed(successes: int, trials: int) -> float:
    return (successes + 1) / (trials + 2)
