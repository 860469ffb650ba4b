"""Status of a VideoApp: accepted, planned, ready, degraded; what it got, what it achieves."""

import re
from dataclasses import dataclass
from datetime import datetime

from mainstream.api.conditions import Condition
from mainstream.api.reasons import Reason
from mainstream.api.video_app import DryRun, Loss, ObservedApp, PlannedApp, VideoApp, VideoAppStatus
from mainstream.api.video_stream import Crop
from mainstream.decide.refusal import Refusal
from mainstream.planner import AppPlan
from mainstream.runner_plan import RunnerApp
from mainstream.status_report import AppStatusReport, StatusReport, StreamStatusReport
from mainstream_operator.status.conditions import Stated, is_false, is_true, is_unknown, printable, settle
from mainstream_operator.status.stream import reaches_out
from mainstream_operator.watch.cluster_state import stream_key

DEAD_BAND = 0.1
"""a rate this near to the planned one is as planned"""


_MOST_LOSSES = 16


@dataclass(frozen=True)
class AppLoss:
    """Predicted F1 of another app, before and after."""

    namespace: str
    name: str
    before: float
    after: float

    @property
    def lost(self) -> float:
        """How much."""
        return self.before - self.after


@dataclass(frozen=True)
class Tried:
    """What would be if the app were run; `planned` and `ordered` are None where it would not."""

    planned: AppPlan | None
    ordered: RunnerApp | None
    shared_with: int
    refusal: Refusal | None
    mean_before: float
    mean_after: float
    losses: tuple[AppLoss, ...]
    """the greatest first"""


@dataclass(frozen=True)
class AppFacts:
    """Everything that an app's status follows from."""

    node: str | None
    refused: Refusal | None
    waiting: Refusal | None
    planned: AppPlan | None
    ordered: RunnerApp | None
    """what the runner was told last, by this plan or by the one that is left as it is"""
    shared_with: int
    report: StatusReport | None
    sink_refusal: Refusal | None = None
    """why the keys of one of its sinks can't be had"""
    tried: Tried | None = None
    """what a dry run found"""
    crop: Crop | None = None
    """what part of the picture it looks at; None is all of it"""


def app_status(app: VideoApp, facts: AppFacts, now: datetime) -> VideoAppStatus:
    """The whole status, as it should be now."""
    told = facts.report.apps.get(app.key) if facts.report is not None else None
    stated = [_accepted(app, facts), _planned(app, facts), _ready(app, facts, told), _degraded(facts, told)]
    return VideoAppStatus(
        observed_generation=app.metadata.generation,
        conditions=settle(app.status.conditions, stated, app.metadata.generation, now),
        node=facts.node or None,
        plan=_plan(app, facts),
        dry_run=_dry_run(app, facts),
        observed=_observed(app, told, now),
    )


def _accepted(app: VideoApp, facts: AppFacts) -> Stated | Condition:
    if facts.refused is not None:
        return is_false("Accepted", facts.refused)
    if facts.waiting is not None and facts.waiting.reason is Reason.PACKAGE_BEING_READ:
        before = next((each for each in app.status.conditions if each.type == "Accepted"), None)
        if before is not None and before.observed_generation == app.metadata.generation:
            # The operator was restarted and reads it again; nothing has changed for the app.
            return before
        return is_unknown("Accepted", facts.waiting.reason, facts.waiting.message)
    return is_true("Accepted", Reason.VALID, "Stream, view and package can be used.")


def _planned(app: VideoApp, facts: AppFacts) -> Stated:
    if facts.refused is not None:
        return is_false("Planned", Refusal(Reason.NOT_ACCEPTED, "The app is not accepted; see condition Accepted."))
    if facts.waiting is not None and facts.ordered is None:
        return is_false("Planned", facts.waiting)
    if app.spec.dry_run:
        return _tried(app, facts)
    if facts.planned is not None and not facts.planned.fits:
        return is_false("Planned", Refusal(Reason.DOES_NOT_FIT, f"{_why(app, facts.planned)} {_WAY_OUT}"))
    if facts.ordered is None:
        return is_unknown("Planned", Reason.WAITING, "The node is planned as soon as all that runs on it is known.")
    got = facts.ordered
    return is_true(
        "Planned", Reason.FITS, f"Branch-point {got.branch_point} at {got.fps:g} frames per second, votes {got.votes}."
    )


_WAY_OUT = "Raise the EdgeNode's budget, lower or suspend other apps, or allow lower rates."


def _ready(app: VideoApp, facts: AppFacts, told: AppStatusReport | None) -> Stated:
    """From what runs: a plan alone makes nothing ready."""
    if facts.ordered is None:
        if app.spec.dry_run:
            return is_false(
                "Ready", Refusal(Reason.DRY_RUN, "The app is only tried; set spec.dryRun to false to run it.")
            )
        return is_false("Ready", Refusal(Reason.NOT_PLANNED, "The app is not part of the node's plan; see Planned."))
    report = facts.report
    if report is None:
        return is_unknown("Ready", Reason.RUNNER_NOT_ANSWERING, "The node's runner does not answer; it is asked again.")
    stream = report.streams.get(stream_key(app))
    if stream is not None and stream.state == "failing":
        return is_false("Ready", Refusal(Reason.STREAM_UNREACHABLE, _stream_problem(stream)))
    if stream is not None and reaches_out(facts.crop, stream):
        size = f"{stream.width}x{stream.height}"
        return is_false(
            "Ready", Refusal(Reason.OTHER_SIZE, f"The camera's picture is {size}, smaller than the app's view.")
        )
    if told is not None and told.problem:
        return is_false("Ready", Refusal(Reason.CANNOT_RUN, f"The runner cannot run the app: {told.problem}"))
    if told is not None and told.analysed > 0:
        return is_true("Ready", Reason.ANALYSING, "Frames are analysed.")
    if report.plan_problem:
        return is_false(
            "Ready", Refusal(Reason.PLAN_NOT_SERVED, f"The runner cannot serve the plan: {report.plan_problem}")
        )
    if told is not None:
        return is_false("Ready", Refusal(Reason.NO_FRAME_YET, "The plan is served; no frame was due yet."))
    if report.lacks:
        return is_false("Ready", Refusal(Reason.FETCHING_WEIGHTS, f"The runner lacks {len(report.lacks)} blobs."))
    return is_false("Ready", Refusal(Reason.PLAN_ON_ITS_WAY, "The runner has not taken up the plan yet."))


def _degraded(facts: AppFacts, told: AppStatusReport | None) -> Stated:
    if facts.ordered is None or told is None:
        return is_unknown("Degraded", Reason.NOT_RUNNING, "The app does not run.")
    if facts.sink_refusal is not None:
        message = f"A sink cannot be used: {facts.sink_refusal.message}"
        return Stated("Degraded", "True", facts.sink_refusal.reason, message)
    if told.lost and told.undelivered:
        message = f"{told.lost} events are lost and {told.undelivered} wait: {told.sink_problem or 'sinks are slow'}"
        return Stated("Degraded", "True", Reason.EVENTS_LOST, message)
    if told.sink_problem:
        return Stated("Degraded", "True", Reason.SINK_FAILING, f"{told.undelivered} events wait: {told.sink_problem}")
    if told.fps is not None and told.fps < facts.ordered.fps and not as_planned(told.fps, facts.ordered.fps):
        achieved = f"{told.fps:.2g} of {facts.ordered.fps:g} planned frames per second are analysed"
        return Stated("Degraded", "True", Reason.BELOW_RATE, f"Only {achieved}; see the EdgeNode.")
    return Stated("Degraded", "False", Reason.AS_PLANNED, "The planned rate is kept and events are delivered.")


def as_planned(fps: float, planned_fps: float) -> bool:
    """Whether a rate lies in the band around the planned one; a rounding error does not lead out of it."""
    return abs(fps - planned_fps) <= DEAD_BAND * planned_fps + 1e-9


def _plan(app: VideoApp, facts: AppFacts) -> PlannedApp | None:
    got, planned = facts.ordered, facts.planned
    if got is None:
        return None
    if planned is None or not planned.fits:
        # The plan is left as it is: what was predicted then still stands.
        return app.status.plan
    return _told_plan(app, got, planned, facts.shared_with)


def _told_plan(app: VideoApp, got: RunnerApp, planned: AppPlan, shared_with: int) -> PlannedApp:
    return PlannedApp(
        branch_point=got.branch_point,
        frames_per_second=got.fps,
        votes=got.votes,
        threshold=round(got.threshold, 4),
        predicted_f1=round(planned.f1, 4),
        shared_with=shared_with,
        why=printable(_why(app, planned))[:1024],
    )


def _tried(app: VideoApp, facts: AppFacts) -> Stated:
    """A dry run is never planned; it says what would be."""
    if facts.tried is None:
        return is_unknown("Planned", Reason.WAITING, "The node is planned as soon as all that runs on it is known.")
    found = facts.tried
    means = f"the node's mean F1 would go from {found.mean_before:.3f} to {found.mean_after:.3f}"
    if found.ordered is None or found.planned is None:
        why = found.refusal.message if found.refusal is not None else "it would not fit."
        return is_false("Planned", Refusal(Reason.DRY_RUN_NOT_ADMITTED, f"It would not run: {why}"))
    got = f"It would get branch-point {found.ordered.branch_point} at {found.ordered.fps:g} frames per second"
    return is_false("Planned", Refusal(Reason.DRY_RUN, f"{got}, predicted F1 {found.planned.f1:.3f}; {means}."))


def _dry_run(app: VideoApp, facts: AppFacts) -> DryRun | None:
    found = facts.tried
    if not app.spec.dry_run:
        return None
    if found is None:
        return app.status.dry_run
    gets = None
    if found.ordered is not None and found.planned is not None:
        gets = _told_plan(app, found.ordered, found.planned, found.shared_with)
    own = [loss for loss in found.losses if loss.namespace == app.metadata.namespace]
    return DryRun(
        admitted=gets is not None,
        would_get=gets,
        mean_f1_before=round(found.mean_before, 4),
        mean_f1_after=round(found.mean_after, 4),
        losing=len(found.losses),
        most_lost_f1=round(max((loss.lost for loss in found.losses), default=0.0), 4),
        losses=[
            Loss(
                name=loss.name,
                predicted_f1_before=round(loss.before, 4),
                predicted_f1_after=round(loss.after, 4),
            )
            for loss in own[:_MOST_LOSSES]
        ],
    )


def _observed(app: VideoApp, told: AppStatusReport | None, now: datetime) -> ObservedApp | None:
    if told is None:
        return app.status.observed
    fps = None if told.fps is None else round(told.fps, 3)
    return ObservedApp(
        at=now,
        frames_per_second=fps,
        events=told.events,
        events_last_hour=told.events_last_hour,
        last_event=told.last_event,
        lost_events=told.lost,
    )


def _stream_problem(stream: StreamStatusReport) -> str:
    return f"The stream fails: {stream.problem or 'no frames'}; see its VideoStream."


def _why(app: VideoApp, planned: AppPlan) -> str:
    """The planner's reason as a sentence; a tenant does not learn the names of others' apps."""

    def named(match: re.Match[str]) -> str:
        return match[0] if match[1] == app.metadata.namespace else "of another tenant"

    return _sentence(re.sub(r"'([^'/]+)/[^']+'", named, planned.why))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
