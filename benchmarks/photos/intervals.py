"""What chance alone could have made of a result: paired bootstrap, sign flips, Holm's correction. Pure.

Workloads are the units that are drawn again: apps of one workload share a stream and a plan, so they are not
independent of each other, and every policy is measured on the same workloads, so differences are taken workload by
workload.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 10_000
SEED = 0
LEVEL = 0.05


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_interval(values: ArrayLike) -> Interval:
    """Mean over workloads, percentile bootstrap."""
    found = np.asarray(values, dtype=np.float64)
    low, high = np.percentile(found[_draws(len(found))].mean(axis=1), [2.5, 97.5])
    return Interval(float(found.mean()), float(low), float(high))


def gain_interval(ours: ArrayLike, theirs: ArrayLike) -> Interval:
    """Relative gain of the mean, mean(ours) / mean(theirs) - 1, pairs of workloads drawn together."""
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    draws = _draws(len(a))
    low, high = np.percentile(_ratio(a[draws].mean(axis=1), b[draws].mean(axis=1)), [2.5, 97.5])
    return Interval(float(_ratio(a.mean(), b.mean())), float(low), float(high))


def difference_interval(ours: ArrayLike, theirs: ArrayLike) -> Interval:
    """Mean of the paired differences."""
    return mean_interval(np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64))


def probability_of_no_loss(ours: ArrayLike, theirs: ArrayLike) -> float:
    """One-sided p-value for "ours is below theirs" by flipping signs of paired differences (Fisher's randomisation).

    Small means that ours is significantly below.
    """
    differences = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], size=(RESAMPLES, len(differences)))
    flipped = (signs * np.abs(differences)).mean(axis=1)
    as_low = np.count_nonzero(flipped <= differences.mean() + 1e-15)
    return float((1 + as_low) / (RESAMPLES + 1))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """p-values corrected for their number, so that the chance of one false alarm among all stays at the level.

    Source: Holm, A Simple Sequentially Rejective Multiple Test Procedure, 1979.
    """
    ordered = sorted(p_values.items(), key=lambda item: item[1])
    corrected, highest = {}, 0.0
    for rank, (name, p) in enumerate(ordered):
        highest = max(highest, min(1.0, (len(ordered) - rank) * p))
        corrected[name] = highest
    return corrected


def _draws(count: int) -> NDArray[np.int64]:
    return np.random.default_rng(SEED).integers(0, count, size=(RESAMPLES, count))


def _ratio(ours: ArrayLike, theirs: ArrayLike) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.asarray(ours) / np.maximum(np.asarray(theirs), 1e-12) - 1.0
    return ratio
