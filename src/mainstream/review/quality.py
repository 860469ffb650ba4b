"""Alert quality as people saw it: precision, recall and F1 of an app, with 90 % intervals (docs/review.md).

Precision comes from verdicts on alerts. What was missed comes from labels of frames that were drawn with a known
chance: each stands for as many seconds as the frames it was drawn among (Horvitz and Thompson, 1952), and an event of
length `l` is met with a chance proportional to `l`, so that a labelled frame counts 1/l events a second.
Posterior draws of both (beta distributions, a fixed seed) make the interval.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mainstream.arrays import FloatArray
from mainstream.review.strata import STRATA

_DRAWS = 4000
_SEED = 20261129
_BEFORE_LABELS = 2.0
"""labels that what is expected of a stratum counts for; with fewer, strata in which nothing was found look too sure"""
_JEFFREYS = 0.5
_MORE = 10
"""labels: few enough for one sitting, enough to be seen in an interval"""


@dataclass(frozen=True)
class SilentStratum:
    """The time of one stratum that no alert covers and nobody looked through."""

    seconds: float
    labels: float = 0.0
    """frames that were labelled; those of unequal weight count for fewer (Kish, Survey Sampling, 1965)"""
    events: float = 0.0
    """of those, as many as an event was under way on"""
    per_second: float = 0.0
    """mean of 1 / length over the events of these labels; 0 where there are none"""


@dataclass(frozen=True)
class Reviewed:
    """What is known of an app in a stretch of time."""

    alerts: int
    """that opened"""
    right: float
    wrong: float
    """verdicts on them"""
    silent: tuple[SilentStratum, ...]
    """one for each of `STRATA`"""
    missed: int
    """events that people found in what they looked through"""
    looked_through_s: float
    length_s: float
    """mean length of an event, where no label tells one"""

    @property
    def labels(self) -> int:
        """Verdicts and labels that the quality rests on."""
        return round(self.right + self.wrong + sum(each.labels for each in self.silent)) + self.missed


@dataclass(frozen=True)
class Estimate:
    """A share with its 90 % interval."""

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """Of the interval."""
        return self.high - self.low


@dataclass(frozen=True)
class MeasuredQuality:
    """As people saw it."""

    precision: Estimate
    recall: Estimate
    f1: Estimate
    labels: int


@dataclass(frozen=True)
class MoreLabels:
    """Where the next labels are worth most: alerts, where `stratum` is None, or frames of one stratum."""

    stratum: int | None
    width: float
    """of the F1's interval after ten of them, if they turn out as those before"""


def measured_quality(reviewed: Reviewed) -> MeasuredQuality | None:
    """None while one half is unknown: alerts without a verdict, or no time outside them that anybody looked at."""
    has_labels = any(each.labels for each in reviewed.silent)
    if (reviewed.alerts and not reviewed.right + reviewed.wrong) or not (has_labels or reviewed.looked_through_s):
        return None
    if not (reviewed.alerts or reviewed.missed or any(each.events for each in reviewed.silent)):
        return None
    random = np.random.default_rng(_SEED)
    precision = random.beta(reviewed.right + _JEFFREYS, reviewed.wrong + _JEFFREYS, _DRAWS)
    found = reviewed.alerts * precision
    missed = reviewed.missed + sum(
        _missed(each, reviewed.length_s, stratum.expected, random)
        for each, stratum in zip(reviewed.silent, STRATA, strict=True)
    )
    recall = _ratio(found, found + missed)
    f1 = _ratio(2.0 * precision * recall, precision + recall)
    return MeasuredQuality(_estimate(precision), _estimate(recall), _estimate(f1), reviewed.labels)


def worth_most(reviewed: Reviewed) -> MoreLabels:
    """Whether alerts or frames of which stratum are to be labelled next: what narrows the interval of the F1 most.

    Before there is an interval, what lacks for one.
    """
    if reviewed.alerts and not reviewed.right + reviewed.wrong:
        return MoreLabels(None, 1.0)
    choices: list[int | None] = [number for number, each in enumerate(reviewed.silent) if each.seconds > 0.0]
    if reviewed.right + reviewed.wrong < reviewed.alerts:
        choices.append(None)
    widths = [(_width(_with_more(reviewed, choice)), choice) for choice in choices]
    width, choice = min(widths, key=lambda pair: pair[0], default=(_width(reviewed), None))
    return MoreLabels(choice, width)


def _with_more(reviewed: Reviewed, stratum: int | None) -> Reviewed:
    if stratum is None:
        share = (reviewed.right + _JEFFREYS) / (reviewed.right + reviewed.wrong + 2 * _JEFFREYS)
        return replace(reviewed, right=reviewed.right + _MORE * share, wrong=reviewed.wrong + _MORE * (1.0 - share))
    old = reviewed.silent[stratum]
    expected = STRATA[stratum].expected
    share = (old.events + _BEFORE_LABELS * expected) / (old.labels + _BEFORE_LABELS)
    new = replace(
        old,
        labels=old.labels + _MORE,
        events=old.events + _MORE * share,
        per_second=old.per_second or 1.0 / reviewed.length_s,
    )
    return replace(reviewed, silent=(*reviewed.silent[:stratum], new, *reviewed.silent[stratum + 1 :]))


def _width(reviewed: Reviewed) -> float:
    quality = measured_quality(reviewed)
    return 1.0 if quality is None else quality.f1.width


def _missed(silent: SilentStratum, length_s: float, expected: float, random: np.random.Generator) -> FloatArray:
    """Draws (_DRAWS,) of how many events were missed in a stratum."""
    before = _BEFORE_LABELS * expected
    shares = random.beta(silent.events + before, silent.labels - silent.events + _BEFORE_LABELS - before, _DRAWS)
    per_second = (silent.events * silent.per_second + 1.0 / length_s) / (silent.events + 1.0)
    return np.asarray(silent.seconds * shares * per_second)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0.0)


def _estimate(draws: FloatArray) -> Estimate:
    low, value, high = np.quantile(draws, [0.05, 0.5, 0.95])
    return Estimate(float(value), float(low), float(high))
