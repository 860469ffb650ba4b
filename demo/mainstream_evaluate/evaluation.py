"""What came of an evaluation: `evaluation.json`. Its form is stable and documented in docs/evaluation.md."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from mainstream.alerts.measured import AlertScore
from mainstream.times import Span

Outcome = Literal["found", "missed", "false", "repeated"]
OUTCOMES: tuple[Outcome, ...] = ("found", "missed", "false", "repeated")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Moment(_Part):
    """One alert, or one event that had none; times are seconds of the clip."""

    outcome: Outcome
    alert_s: Span | None = None
    """first and last decision; none of a missed event"""
    event_s: Span | None = None
    """start and end of the event, where the outcome is of one"""

    @property
    def shown_s(self) -> float:
        """When its picture was: as the alert opened, or in the middle of a missed event."""
        if self.alert_s is not None:
            return self.alert_s[0]
        assert self.event_s is not None  # noqa: S101 - one of the two is there
        return sum(self.event_s) / 2


class AppEvaluation(_Part):
    """One app over the part that was judged."""

    app: str
    label: str
    """what the labels call it"""
    merge_gap_s: float
    span_s: Span
    """what was judged, in seconds of the clip"""
    events: int
    found: int
    missed: int
    false: int
    repeated: int
    recall: float
    precision: float
    f1: float
    false_alerts_per_hour: float
    moments: tuple[Moment, ...]
    """in order of time"""


class Evaluation(_Part):
    """All of `evaluation.json`."""

    judged: str
    """what was held against the labels, in words"""
    clip: str
    labels: str
    mean_f1: float
    apps: tuple[AppEvaluation, ...]


def evaluate_app(app: str, label: str, merge_gap_s: float, span: Span, score: AlertScore) -> AppEvaluation:
    """An app's score as it stands in `evaluation.json`."""
    return AppEvaluation(
        app=app,
        label=label,
        merge_gap_s=merge_gap_s,
        span_s=span,
        events=score.events,
        found=len(score.found),
        missed=len(score.missed),
        false=len(score.false),
        repeated=len(score.repeated),
        recall=score.recall,
        precision=score.precision,
        f1=score.f1,
        false_alerts_per_hour=score.false_per_hour,
        moments=moments_of(score),
    )


def moments_of(score: AlertScore) -> tuple[Moment, ...]:
    """Each alert and each missed event, in order of time."""
    moments = [
        *(Moment(outcome="found", alert_s=each.alert, event_s=each.event) for each in score.found),
        *(Moment(outcome="missed", event_s=each) for each in score.missed),
        *(Moment(outcome="false", alert_s=each) for each in score.false),
        *(Moment(outcome="repeated", alert_s=each) for each in score.repeated),
    ]
    return tuple(sorted(moments, key=lambda moment: moment.shown_s))
