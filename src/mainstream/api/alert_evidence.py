"""Alerts of an app that were seen, beside those predicted: kept in its status, so that a restart forgets nothing."""

from pydantic import AwareDatetime, Field

from mainstream.api.model import StatusModel


class ExpectedAlerts(StatusModel):
    """What the plan that is counted for predicts, before any doubt."""

    frames_per_second: float = Field(gt=0, description="Planned rate; frames analysed over it are time observed.")
    found_per_hour: float = Field(
        ge=0, description="Events found in an hour, each with an alert, that are promised at least."
    )
    most_per_hour: float = Field(ge=0, description="The most alerts an hour: repeats within events and false ones too.")
    shape: float = Field(gt=0, description="Of the Gamma law of the rate: how much the package knows of it.")


class AlertTally(StatusModel):
    """Alerts seen beside alerts expected, over the last of the time that was observed."""

    seconds: float = Field(0.0, ge=0, description="Time observed: frames analysed over the planned rate.")
    alerts: float = Field(0.0, ge=0, description="Alerts that opened.")
    expected: float = Field(0.0, ge=0, description="Alerts that were predicted.")


class AlertEvidence(StatusModel):
    """Whether predictions agree with what the runner sees; it moves at most once an hour, or where trust does."""

    trust: float = Field(1.0, gt=0, le=1, description="What predicted recall and precision are multiplied with.")
    expected: ExpectedAlerts = Field(description="What is predicted now.")
    alerts: int = Field(ge=0, description="The runner's count of alerts up to which is tallied.")
    analysed: int = Field(ge=0, description="The runner's count of analysed frames up to which is tallied.")
    last_day: AlertTally = Field(AlertTally(), description="Of a day: against the most that is predicted.")
    last_days: AlertTally = Field(AlertTally(), description="Of three days: against the events that are promised.")


class MeasuredApp(StatusModel):
    """How good alerts were as people saw them, with 90 % intervals; no values until enough is labelled."""

    at: AwareDatetime = Field(description="When it was worked out.")
    labels: int = Field(ge=0, description="Verdicts and labels that it rests on.")
    f1: float | None = Field(None, description="F1 of alerts.")
    f1_low: float | None = Field(None, description="Where its 90 % interval begins.")
    f1_high: float | None = Field(None, description="Where its 90 % interval ends.")
    precision: float | None = Field(None, description="Share of alerts that were right.")
    precision_low: float | None = Field(None, description="Where its 90 % interval begins.")
    precision_high: float | None = Field(None, description="Where its 90 % interval ends.")
    recall: float | None = Field(None, description="Share of events for which an alert opened.")
    recall_low: float | None = Field(None, description="Where its 90 % interval begins.")
    recall_high: float | None = Field(None, description="Where its 90 % interval ends.")
    what_helps: str = Field("", max_length=1024, description="What ten more labels would buy, or what lacks.")

    @property
    def f1_interval(self) -> tuple[float, float, float] | None:
        """F1 and the ends of its 90 % interval; None until there is one."""
        if self.f1 is None or self.f1_low is None or self.f1_high is None:
            return None
        return self.f1, self.f1_low, self.f1_high
