"""VideoApp: one tenant's app on one stream."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, PositiveFloat, field_validator

from mainstream.api.active_hours import ActiveHours
from mainstream.api.alert_evidence import AlertEvidence, MeasuredApp
from mainstream.api.conditions import Conditions, Observed
from mainstream.api.model import ApiModel, Name, Resource, StatusModel, cel, object_key
from mainstream.api.sinks.review import Review, RunnerSink
from mainstream.api.sinks.sink import Sink
from mainstream.api.store_access import StoreAccess

Rate = Annotated[float, Field(gt=0, le=240)]
"""analysed frames per second"""


class PackageSource(ApiModel):
    """Which M-Package the app runs from."""

    reference: str = Field(
        min_length=1,
        max_length=1024,
        description="s3://bucket/prefix/name@version, ...@sha256:<digest>, or a folder (file:folder/name@version).",
    )
    store: StoreAccess = StoreAccess()


class StreamSource(ApiModel):
    """Which stream and view the app looks at."""

    name: Name = Field(description="Name of the VideoStream.")
    namespace: Name | None = Field(None, description="Namespace of the VideoStream; the app's own where left out.")
    view: Name = Field("full", description="View of the stream; 'full' is the whole picture.")


class ObjectiveSpec(ApiModel):
    """What the planner maximises for this app, and how much it counts."""

    metric: Literal["f1", "f-beta", "recall", "precision"] = Field("f1", description="Metric of alerts to maximise.")
    beta: PositiveFloat = Field(1.0, le=100, description="Weight of recall over precision for f-beta.")
    weight: PositiveFloat = Field(1.0, le=1000, description="How much the app counts in the node's mean.")
    minimum: float = Field(0.0, ge=0, le=1, description="Below this predicted value of alerts the app is not admitted.")
    maximum_false_alerts_per_day: float | None = Field(
        None, ge=0, le=86400, description="With more predicted false alerts than this the app is not admitted."
    )


class EventOverrides(ApiModel):
    """Event statistics to use instead of the package's."""

    length_seconds: PositiveFloat | None = Field(None, le=86400, description="Length of a typical event.")
    frequency: float | None = Field(None, gt=0, le=1, description="Share of time inside events.")
    correlation: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Correlation of misses between analysed frames: 0 independent, 1 all alike.",
    )


class VideoAppSpec(ApiModel):
    """What a tenant asks for."""

    stream: StreamSource = Field(
        description="What the app looks at; to look at another stream, make another app.",
        json_schema_extra=cel("self == oldSelf", "an app keeps its stream; make another app for another stream"),
    )
    package: PackageSource = Field(description="Which M-Package the app runs from.")
    objective: ObjectiveSpec = Field(ObjectiveSpec(), description="What the planner maximises for this app.")
    votes: Literal["auto"] | Annotated[int, Field(ge=1, le=7)] = Field(
        "auto",
        description="Consecutive hits that make a decision, 1 to 7; auto lets the planner choose.",
        json_schema_extra=cel(
            "type(self) == string ? self == 'auto' : (self >= 1 && self <= 7)", "votes are 'auto' or 1 to 7"
        ),
    )
    rates: list[Rate] | None = Field(
        None,
        min_length=1,
        max_length=64,
        description="Allowed analysed frames per second, ascending; .1, .2, .5 and every whole number where left out.",
        json_schema_extra=cel(
            "self.isSorted() && self.all(rate, self.exists_one(other, other == rate))",
            "rates are ascending, without repeats",
        ),
    )
    event: EventOverrides = Field(EventOverrides(), description="Event statistics to use instead of the package's.")
    merge_gap_seconds: PositiveFloat | None = Field(
        None,
        le=86400,
        description="Decisions no further apart are one alert, labelled runs no further apart one event; the package's "
        "own gap, the mean length of its labelled runs, where left out.",
    )
    cooldown_seconds: PositiveFloat | None = Field(
        None,
        le=86400,
        description="For so long after an alert that was delivered opened, further ones are muted: counted and kept in "
        "files on the node, but delivered nowhere else. What is planned and measured does not change by it.",
    )
    sinks: list[Sink] = Field(default_factory=list, max_length=8, description="Where alerts go.")
    review: Review | None = Field(
        None,
        description="Keep alerts with their pictures, and some frames that are worth a label, to say later what was "
        "right; nothing is kept where left out. It is video of people.",
    )
    active: ActiveHours | None = Field(None, description="When the app runs; always where left out.")
    suspend: bool = Field(False, description="Keep the app, but run nothing and free its share.")
    dry_run: bool = Field(
        False, description="Plan the app and say in its status what would happen; run nothing, change no other app."
    )

    @property
    def destinations(self) -> tuple[RunnerSink, ...]:
        """The sinks, and what is kept for review, where something is: numbered as a runner numbers them."""
        return (*self.sinks, *(() if self.review is None else (self.review,)))

    @field_validator("rates")
    @classmethod
    def _ascending(cls, rates: list[float] | None) -> list[float] | None:
        if rates is not None and any(a >= b for a, b in pairwise(rates)):
            raise ValueError("rates must be ascending, without repeats")
        return rates


class PlannedApp(StatusModel):
    """What the node's plan gives the app."""

    candidate: str = Field(description="Name of the candidate that runs.")
    kind: Literal["fine-tuned", "micro"] = Field(description="micro: a small head on a stem left as it is.")
    branch_point: int = Field(description="Everything before it is shared with the base network.")
    frames_per_second: float = Field(description="Analysed frames per second.")
    votes: int = Field(description="Consecutive hits that make a decision.")
    threshold: float = Field(description="Score from which on a frame is a hit.")
    predicted_f1: float = Field(description="F1 of alerts that the planner predicts.")
    predicted_f1_low: float | None = Field(None, description="Where its 90 % interval begins.")
    predicted_f1_high: float | None = Field(None, description="Where its 90 % interval ends.")
    predicted_recall: float = Field(0.0, description="Share of events for which an alert is predicted to open.")
    predicted_precision: float = Field(0.0, description="Predicted found events over found events and false alerts.")
    predicted_false_alerts_per_day: float = Field(0.0, description="False alerts a day that are predicted.")
    shared_with: int = Field(description="Apps that share a part of the network's work with this one.")
    why: str = Field(max_length=1024, description="Why the planner chose this, in one sentence.")

    @property
    def f1_interval(self) -> tuple[float, float, float] | None:
        """Predicted F1 and the ends of its 90 % interval; None where that is not known."""
        if self.predicted_f1_low is None or self.predicted_f1_high is None:
            return None
        return self.predicted_f1, self.predicted_f1_low, self.predicted_f1_high


class ObservedApp(Observed):
    """What the runner reports of the app."""

    frames_per_second: float | None = Field(None, description="Achieved analysed frames per second.")
    events: int = Field(0, description="Alerts since the runner first ran the app.")
    events_last_hour: int = Field(0, description="Alerts in the last hour.")
    last_event: AwareDatetime | None = Field(None, description="When the last alert opened.")
    muted_events: int = Field(0, description="Alerts that spec.cooldownSeconds kept from being delivered.")
    waiting_events: int = Field(0, description="Alerts that wait on the node's disk for a sink to take them.")
    lost_events: int = Field(
        0, description="Alerts that will not reach every sink: refused, or the disk was full, or is gone."
    )
    spool: str | None = Field(None, description="Identity of the disk that they wait on.")


class DiskLoss(StatusModel):
    """Alerts that waited on a runner's disk that is gone."""

    at: AwareDatetime = Field(description="When the runner was first seen with another disk.")
    events: int = Field(description="Alerts that waited on the old one when it was last seen.")
    lost_before: int = Field(description="Alerts lost until then, these among them; a new disk counts from 0.")


class PlannedPackage(StatusModel):
    """The package that the app was last planned with."""

    digest: str = Field(description="Its digest.")
    since: AwareDatetime = Field(description="When it was first planned.")


class Loss(StatusModel):
    """What one app of the same namespace would lose."""

    name: str = Field(description="Name of the app.")
    predicted_f1_before: float = Field(description="Predicted F1 without the app that is tried.")
    predicted_f1_after: float = Field(description="Predicted F1 with it; 0 where it would have to go.")


class DryRun(StatusModel):
    """What would happen if the app were run."""

    admitted: bool = Field(description="Whether it would run.")
    would_get: PlannedApp | None = Field(None, description="What the node's plan would give it.")
    mean_f1_before: float = Field(description="The node's weighted mean of the predicted F1 without the app.")
    mean_f1_after: float = Field(description="The same with it; an app that did not fit counts as 0.")
    losing: int = Field(description="Apps that would get a lower F1 than now, whosesoever.")
    most_lost_f1: float = Field(description="The most F1 that one of them would lose.")
    losses: list[Loss] = Field(
        default_factory=list, max_length=16, description="Those of the app's own namespace, the greatest loss first."
    )


class VideoAppStatus(StatusModel):
    """Whether it works, how well, and where."""

    observed_generation: int | None = Field(None, description="Generation of the spec that this status is about.")
    conditions: Conditions = Field(default_factory=list, description="Accepted, Planned, Ready, Degraded.")
    node: str | None = Field(None, description="Node that analyses the app's stream.")
    plan: PlannedApp | None = Field(None, description="What the node's plan gives the app.")
    package: PlannedPackage | None = Field(None, description="The package that the app was last planned with.")
    best_predicted_f1: float | None = Field(
        None, description="Most that was predicted under this spec; a fall of more than .1 below it is told."
    )
    dry_run: DryRun | None = Field(None, description="What would happen, where spec.dryRun asks for it.")
    observed: ObservedApp | None = Field(None, description="What the runner reports of the app.")
    disk_loss: DiskLoss | None = Field(None, description="What was lost when the runner's disk was last another one.")
    evidence: AlertEvidence | None = Field(None, description="Alerts seen, beside alerts predicted.")
    measured: MeasuredApp | None = Field(None, description="Quality from verdicts; see spec.review.")


class VideoApp(Resource):
    """One app: a trained package on a view of a stream."""

    kind: Literal["VideoApp"] = "VideoApp"
    spec: VideoAppSpec
    status: VideoAppStatus = VideoAppStatus()

    @property
    def stream_key(self) -> str:
        """Key of the VideoStream that the app looks at."""
        source = self.spec.stream
        return object_key(source.name, source.namespace or self.metadata.namespace)
