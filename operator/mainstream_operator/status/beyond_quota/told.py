"""Status of a VideoApp that its namespace's quota has no room for: nothing else of it is looked at. Pure."""

from datetime import datetime

from mainstream.api import VideoApp
from mainstream.api.reasons import Reason
from mainstream.api.video_app import VideoAppStatus
from mainstream.decide.refusal import Refusal
from mainstream_operator.status.app import NOT_RUNNING, READY_SUSPENDED
from mainstream_operator.status.conditions import (
    condition_of,
    is_false,
    is_refused,
    is_unknown,
    settle,
    written,
)


def beyond_quota_status(app: VideoApp, refusal: Refusal, now: datetime) -> VideoAppStatus:
    """The whole status; what was seen of the app while it ran stays."""
    ready = is_false("Ready", Reason.NOT_PLANNED, "The app is not part of a plan; see condition Planned.")
    if app.spec.suspend:
        ready = READY_SUSPENDED
    stated = [
        is_unknown("Accepted", refusal.reason, refusal.message),
        is_refused("Planned", refusal),
        ready,
        NOT_RUNNING,
    ]
    generation, seen = app.metadata.generation, app.status.observed
    return VideoAppStatus(
        observed_generation=generation,
        conditions=settle(app.status.conditions, stated, generation, now),
        observed=None if seen is None else seen.model_copy(update={"frames_per_second": None}),
        disk_loss=app.status.disk_loss,
        evidence=app.status.evidence,
        measured=app.status.measured,
    )


def is_told(app: VideoApp, refusal: Refusal) -> bool:
    """Whether its status says so already."""
    planned = condition_of(app.status.conditions, "Planned")
    said = None if planned is None else (planned.reason, planned.message, planned.observed_generation)
    return said == (refusal.reason, written(refusal.message), app.metadata.generation)


def was_planned(app: VideoApp) -> bool:
    """Whether the app ran until now, as far as its status knows."""
    planned = condition_of(app.status.conditions, "Planned")
    return planned is not None and planned.status == "True"
