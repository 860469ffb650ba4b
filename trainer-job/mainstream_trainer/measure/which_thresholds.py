"""Which operating points a plan may choose where too little was counted to choose by counts. Pure.

Whoever takes the best of many that were counted on little takes what luck favoured, and predicts too much of it. A
normal fit to the logits of each class has few numbers to be lucky with: it chooses, and what is predicted is counted.
"""

from collections.abc import Sequence
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.law import predicted
from mainstream.alerts.merging import MergedEvents
from mainstream.laws.chain import f1
from mainstream.mpackage.manifest import Evaluation, MeasuredPoint
from mainstream_trainer.measure.operating_points import logits_of

_RATES_FPS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_VOTES = (1, 2, 3, 4, 5, 6, 7)
_LEAST_SPREAD = 0.25
"""of logits: a class that looks all alike has been seen too little"""
_ON_TOO_OFTEN = 0.5


def likely_points(
    points: Sequence[MeasuredPoint],
    scores: NDArray[np.float64],
    present: NDArray[np.bool_],
    events: MergedEvents,
    correlation: float,
) -> tuple[MeasuredPoint, ...]:
    """Those of `points` that give the best alerts at some rate and some number of votes, by a normal fit to the logits
    of `scores` (n,) with and without the event.
    """
    logits = logits_of(scores)
    at = logits_of(np.array([point.threshold for point in points]))
    p, e = (_above(at, logits[of]) for of in (present, ~present))
    alerts = predicted(p, e, np.array(_RATES_FPS), np.array(_VOTES), events, correlation)
    best = f1(alerts.recall, alerts.precision).argmax(axis=-1)
    return tuple(points[index] for index in np.unique(best).tolist())


def surely_better(points: Sequence[MeasuredPoint], evaluation: Evaluation) -> tuple[MeasuredPoint, ...]:
    """The point at score about 1/2, and those whose balanced accuracy is better by one standard error.

    All of them where the one at 1/2 is on for more than half of the time without events: no plan would take that.
    """
    half = min(points, key=lambda point: abs(point.threshold - 0.5))
    if half.e > _ON_TOO_OFTEN:
        return tuple(points)
    events, others = (max(1.0, n / evaluation.block_frames) for n in (evaluation.frames_event, evaluation.frames_other))

    def accuracy(point: MeasuredPoint) -> float:
        return (point.p + 1 - point.e) / 2

    def error(point: MeasuredPoint) -> float:
        return sqrt(point.p * (1 - point.p) / events + point.e * (1 - point.e) / others) / 2

    unsure = max(error(half), 0.5 / max(events, others))
    return tuple(point for point in points if point is half or accuracy(point) > accuracy(half) + unsure)


def _above(at: NDArray[np.float64], logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of a normal distribution, fitted to `logits`, from each of `at` on."""
    spread = max(float(logits.std(ddof=1)) if len(logits) > 1 else 0.0, _LEAST_SPREAD)
    return np.array([0.5 - 0.5 * erf((each - float(logits.mean())) / (spread * sqrt(2))) for each in at])
