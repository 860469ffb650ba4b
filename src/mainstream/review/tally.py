"""From what is kept and what was said of it to what the measured quality rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mainstream.alerts.spans import as_spans
from mainstream.review.objects import DrawnFrame, KeptAlert
from mainstream.review.quality import Reviewed, SilentStratum
from mainstream.review.strata import STRATA
from mainstream.review.verdicts import AlertVerdict, FrameLabel, StretchVerdict, Verdict, that_count


@dataclass(frozen=True)
class KeptForReview:
    """One app's objects of a stretch of time."""

    alerts: tuple[KeptAlert, ...]
    frames: tuple[DrawnFrame, ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class _Labelled:
    frame: DrawnFrame
    label: FrameLabel


def reviewed(kept: KeptForReview) -> Reviewed | None:
    """What is known; None without an alert, as nothing tells how long the app's events are then."""
    if not kept.alerts:
        return None
    alerts = {each.alert.id for each in kept.alerts}
    said = that_count(kept.verdicts)
    opinions = [each.is_right for each in said if isinstance(each, AlertVerdict) and each.alert in alerts]
    stretches = [each for each in said if isinstance(each, StretchVerdict)]
    labels = {each.frame: each for each in said if isinstance(each, FrameLabel)}
    silent = _silent(kept, said)
    return Reviewed(
        alerts=len(alerts),
        right=opinions.count(True),
        wrong=opinions.count(False),
        silent=tuple(_stratum(number, silent, labels) for number in range(len(STRATA))),
        missed=sum(each.is_missed for each in stretches),
        looked_through_s=float(sum(each.end_s - each.start_s for each in stretches)),
        # The gap is the mean length of labelled runs where nobody said another.
        length_s=max(kept.alerts, key=lambda each: each.alert.start_s).merge_gap_s,
    )


def unlabelled(kept: KeptForReview) -> tuple[list[KeptAlert], list[DrawnFrame]]:
    """Alerts without a verdict, and drawn frames on which a label would tell something."""
    said = that_count(kept.verdicts)
    judged = {each.alert for each in said if isinstance(each, AlertVerdict)}
    labelled = {each.frame for each in said if isinstance(each, FrameLabel)}
    return (
        [each for each in kept.alerts if each.alert.id not in judged],
        [each for each in _silent(kept, said) if each.name not in labelled],
    )


def _silent(kept: KeptForReview, said: Iterable[Verdict]) -> list[DrawnFrame]:
    """Drawn frames that no alert covers and nobody looked through.

    A frame within the merge gap of an alert is that alert's: nothing was missed there.
    """
    covered = [(each.alert.start_s - each.merge_gap_s, each.alert.end_s + each.merge_gap_s) for each in kept.alerts]
    seen = [(each.start_s, each.end_s) for each in said if isinstance(each, StretchVerdict)]
    spans = as_spans(sorted([*covered, *seen]))
    # Of all spans that begin before a frame, the end of the last one to end.
    ends = np.maximum.accumulate(spans[:, 1])
    at = np.searchsorted(spans[:, 0], [frame.at_s for frame in kept.frames], side="right") - 1
    return [
        frame for frame, number in zip(kept.frames, at.tolist(), strict=True) if number < 0 or frame.at_s > ends[number]
    ]


def _stratum(number: int, frames: Iterable[DrawnFrame], labels: dict[str, FrameLabel]) -> SilentStratum:
    drawn = [frame for frame in frames if frame.stratum == number]
    there = [_Labelled(frame, labels[frame.name]) for frame in drawn if frame.name in labels]
    seconds = sum(frame.stands_for_s for frame in drawn)
    weights = np.array([each.frame.stands_for_s for each in there])
    if not there:
        return SilentStratum(seconds)
    observations = float(weights.sum() ** 2 / (weights**2).sum())
    events = [each for each in there if each.label.is_event]
    share = sum(each.frame.stands_for_s for each in events) / float(weights.sum())
    told = [each.label.length_s for each in events if each.label.length_s is not None]
    per_second = sum(1.0 / length_s for length_s in told) / len(told) if told else 0.0
    return SilentStratum(seconds, observations, observations * share, per_second)
