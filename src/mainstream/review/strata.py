"""Frames by how far their score is below the threshold: what is likely to be a missed event is looked at more often."""

from dataclasses import dataclass
from math import log

MOST_SURE = 1e-6


@dataclass(frozen=True)
class Stratum:
    """Frames of scores no more than so far below the threshold, in logits."""

    name: str
    where: str
    """in words"""
    below: float
    """frames further down belong to the next"""
    expected: float
    """share of its frames on which an event is under way that no alert tells, as a rule: where a posterior begins"""


STRATA = (
    Stratum("above", "above the threshold", 0.0, 0.3),
    Stratum("near", "just below the threshold", 1.0, 0.15),
    Stratum("below", "below the threshold", 2.5, 0.03),
    Stratum("far", "far below the threshold", float("inf"), 0.002),
)
"""Of scores above the threshold only those matter that made no alert: votes were lacking."""


def stratum_of(score: float, threshold: float) -> int:
    """Which of `STRATA` a score belongs to."""
    distance = _logit(threshold) - _logit(score)
    return next(number for number, each in enumerate(STRATA) if distance <= each.below)


def _logit(score: float) -> float:
    share = min(max(score, MOST_SURE), 1.0 - MOST_SURE)
    return log(share / (1.0 - share))
