"""Operating points from held-out scores: thresholds, hit probabilities, and how sure one can be of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.certainty import share_interval
from mainstream.mpackage.manifest import MeasuredPoint

_WIDEST_LOGIT = 4.0
_CERTAIN = 1e-9
_REACH = 0.9
"""of half the distance between two thresholds, by which one may move; so they keep their order"""
_RESAMPLES = 2000
_INTERVAL = (2.5, 97.5)
"""percentiles of a 95 % interval"""
_T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's t, two-sided 95 %, of 2, 3, ... folds"""
_DIGITS = 6


@dataclass(frozen=True)
class HeldOutLabels:
    """What is true of the held-out frames."""

    present: NDArray[np.bool_]
    """whether the event is there, (n,)"""
    block: NDArray[np.intp]
    """number of the block that a frame belongs to, (n,); blocks are resampled as a whole"""
    fold_of: NDArray[np.int64] | None = None
    """by which fold's weights a frame was scored, (n,); -1 by those of none; None where there are no folds"""


def thresholds(count: int, scores: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Scores (count,) evenly spaced in the logit, ascending; the middle one of an odd `count` is 1/2.

    Given held-out `scores` (n,), each moves, within its even share, to the middle of the widest gap between them: a
    threshold that all but touches a score would promise a p and e that rounding can undo.
    """
    at = np.linspace(-_WIDEST_LOGIT, _WIDEST_LOGIT, count)
    if scores is not None:
        reach = _REACH * _WIDEST_LOGIT / (count - 1)
        logits = np.sort(logits_of(scores))
        at = np.array([_widest_gap(logits, each - reach, each + reach) for each in at])
    return np.round(1 / (1 + np.exp(-at)), _DIGITS)


def logits_of(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of scores (n,), those that are all but certain held within what a logit can say."""
    clipped = np.clip(scores, _CERTAIN, 1 - _CERTAIN)
    logits: NDArray[np.float64] = np.log(clipped) - np.log1p(-clipped)
    return logits


def _widest_gap(values: NDArray[np.float64], low: float, high: float) -> float:
    """Middle of the widest gap between ascending `values` from `low` to `high`."""
    inside = values[np.searchsorted(values, low, "right") : np.searchsorted(values, high, "left")]
    edges = np.concatenate([[low], inside, [high]])
    widest = int(np.argmax(np.diff(edges)))
    return float((edges[widest] + edges[widest + 1]) / 2)


def blocks_of(frames: NDArray[np.intp], block_frames: int) -> NDArray[np.intp]:
    """Number consecutive blocks of `block_frames` in ascending `frames`; a jump in time starts a new block."""
    numbers = np.empty(len(frames), dtype=np.intp)
    number, left, previous = -1, 0, -2
    for index, frame in enumerate(frames):
        if left == 0 or frame != previous + 1:
            number, left = number + 1, block_frames
        numbers[index] = number
        left, previous = left - 1, frame
    return numbers


def operating_points(
    scores: NDArray[np.float64], labels: HeldOutLabels, at: NDArray[np.float64], seed: int
) -> tuple[MeasuredPoint, ...]:
    """p and e at every threshold of `at`, with 95 % intervals by block bootstrap.

    Neighbouring frames are not independent, so blocks of about an event's length are drawn with replacement (Künsch,
    The Jackknife and the Bootstrap for General Stationary Observations, 1989). Draws without one of the two classes
    are left out. A score equal to the threshold is a hit. Where folds differ by more than that, as where each holds
    other people, their spread (Student's t of their shares) is the interval.
    """
    hits = scores[:, None] >= at[None, :]
    blocks = int(labels.block.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), size=_RESAMPLES)
    rates = []
    for present in (labels.present, ~labels.present):
        frames = np.bincount(labels.block, weights=present, minlength=blocks)
        hit = np.stack([np.bincount(labels.block, weights=present & each, minlength=blocks) for each in hits.T], axis=1)
        drawn_frames = drawn @ frames
        usable = drawn_frames > 0
        resampled = (drawn @ hit)[usable] / drawn_frames[usable, None]
        low, high = np.percentile(resampled, _INTERVAL, axis=0)
        share = hit.sum(axis=0) / frames.sum()
        # Resampling says nothing of what was not seen: no interval is narrower than so many blocks allow.
        widest = np.array([share_interval(float(each), float(np.count_nonzero(frames))) for each in share])
        apart = _spread(hits, present, labels.fold_of)
        lows, highs = np.minimum(low, widest[:, 0]), np.maximum(high, widest[:, 1])
        rates.append((share, np.clip(share - apart, 0, lows), np.clip(share + apart, highs, 1)))
    (p, p_low, p_high), (e, e_low, e_high) = (np.round(rate, _DIGITS) for rate in rates)
    return tuple(
        MeasuredPoint(
            threshold=float(at[i]),
            p=float(p[i]),
            e=float(e[i]),
            p_interval=(float(p_low[i]), float(p_high[i])),
            e_interval=(float(e_low[i]), float(e_high[i])),
        )
        for i in range(len(at))
    )


def balanced_accuracy(point: MeasuredPoint) -> float:
    """Mean of the shares of event frames and of other frames that are told right."""
    return round((point.p + 1 - point.e) / 2, _DIGITS)


def _spread(
    hits: NDArray[np.bool_], present: NDArray[np.bool_], fold_of: NDArray[np.int64] | None
) -> NDArray[np.float64]:
    """Half a 95 % interval of the shares of hits (thresholds,) among `present` frames, by how they differ from fold to
    fold, each counted as the frames that it has; 0 where there are not two.
    """
    none = np.zeros(hits.shape[1])
    if fold_of is None:
        return none
    members = [present & (fold_of == fold) for fold in np.unique(fold_of[fold_of >= 0])]
    members = [each for each in members if each.any()]
    if len(members) < 2:
        return none
    sizes = np.array([each.sum() for each in members], dtype=np.float64)
    shares = np.stack([hits[each].mean(axis=0) for each in members])
    weights = (sizes / sizes.sum())[:, None]
    mean = (weights * shares).sum(axis=0)
    count = len(members)
    # Of a ratio of sums (Cochran, Sampling Techniques, 1977, 2.11).
    error = np.sqrt(((weights * (shares - mean)) ** 2).sum(axis=0) * count / (count - 1))
    spread: NDArray[np.float64] = _T_95[min(count, len(_T_95) + 1) - 2] * error
    return spread
