"""What pages show of an app: plain values that templates turn into HTML. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from mainstream.alerts.certainty import told_f1
from mainstream.review.assessment import Assessment
from mainstream.review.objects import DrawnFrame, KeptAlert
from mainstream.review.strata import STRATA
from mainstream.review.tally import KeptForReview
from mainstream.review.verdicts import AlertVerdict, StretchVerdict, that_count
from mainstream.review.words import told
from mainstream_console.source import Predicted

MOST_SHOWN = 200
"""alerts on one page, the newest"""
_FILES_BEFORE_S = 366 * 86400.0
"""times below are seconds into a file"""


@dataclass(frozen=True)
class AppRow:
    """One app in the list."""

    name: str
    alerts: int
    labels: int
    measured: str
    """F1 with its interval, or what lacks"""
    predicted: str
    is_below: bool
    """what was measured lies below what was predicted"""


@dataclass(frozen=True)
class AlertShown:
    """One alert, and what was said of it."""

    id: str
    when: str
    lasted_s: float
    score: float
    picture: str | None
    clip: str | None
    opinion: str | None
    """right, wrong, or nothing yet"""
    note: str
    who: str


@dataclass(frozen=True)
class StretchShown:
    """What somebody said of a stretch of time."""

    start: str
    end: str
    is_missed: bool
    note: str
    who: str


@dataclass(frozen=True)
class FrameShown:
    """The frame that is worth a label most."""

    name: str
    when: str
    score: float
    picture: str
    where: str
    left: int
    """frames that could be labelled, this one too"""


def row(name: str, assessed: Assessment, predicted: Predicted | None) -> AppRow:
    """An app."""
    state, quality = assessed.state, assessed.quality
    return AppRow(
        name=name,
        alerts=0 if state is None else state.alerts,
        labels=0 if state is None else state.labels,
        measured="not yet" if quality is None else told(quality.f1),
        predicted="not known here" if predicted is None else told_f1(predicted[0], predicted[1:]),
        is_below=quality is not None and predicted is not None and quality.f1.high < predicted[1],
    )


def alerts_shown(kept: KeptForReview, only: Collection[str] = ()) -> list[AlertShown]:
    """The newest first; `only` those of these identities, where some are named."""
    said = {each.alert: each for each in that_count(kept.verdicts) if isinstance(each, AlertVerdict)}
    wanted = [each for each in kept.alerts if not only or each.alert.id in only]
    newest = sorted(wanted, key=lambda each: each.alert.start_s, reverse=True)[:MOST_SHOWN]
    return [_alert(each, said.get(each.alert.id)) for each in newest]


def stretches(kept: KeptForReview) -> list[StretchShown]:
    """What was said of stretches, the newest first."""
    there = [each for each in that_count(kept.verdicts) if isinstance(each, StretchVerdict)]
    return [
        StretchShown(clock(each.start_s), clock(each.end_s), each.is_missed, each.note, each.who)
        for each in reversed(there)
    ]


def next_frame(assessed: Assessment) -> FrameShown | None:
    """Of the stratum that is worth a label most the oldest frame; of any, where that one has none; None without any."""
    frames, more = assessed.waiting, assessed.more
    if more is None or not frames:
        return None
    best = frames[0] if frames[0].stratum == more.stratum else min(frames, key=lambda frame: frame.at_s)
    return _frame(best, len(frames))


def clock(at_s: float) -> str:
    """A time in UTC, or the seconds into a file."""
    if at_s < _FILES_BEFORE_S:
        return f"{at_s:.1f} s"
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _alert(kept: KeptAlert, said: AlertVerdict | None) -> AlertShown:
    alert = kept.alert
    return AlertShown(
        id=alert.id,
        when=clock(alert.start_s),
        lasted_s=alert.end_s - alert.start_s,
        score=alert.peak_score,
        picture=alert.picture,
        clip=alert.clip,
        opinion=None if said is None else ("right" if said.is_right else "wrong"),
        note="" if said is None else said.note,
        who="" if said is None else said.who,
    )


def _frame(frame: DrawnFrame, left: int) -> FrameShown:
    return FrameShown(
        name=frame.name,
        when=clock(frame.at_s),
        score=frame.score,
        picture=frame.picture,
        where=STRATA[frame.stratum].where,
        left=left,
    )
