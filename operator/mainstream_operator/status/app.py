"""Status of a VideoApp: accepted, planned, ready, degraded; what it got, what it achieves.

An app that is as its spec wants it is Ready, be it suspended or a dry run: whoever waits for it comes to an end.
"""

from dataclasses import dataclass
from datetime import datetime

from mainstream.api.alert_evidence import AlertEvidence, MeasuredApp
from mainstream.api.conditions import Condition
from mainstream.api.reasons import Reason
from mainstream.api.video_app import DiskLoss, DryRun, ObservedApp, PlannedApp, PlannedPackage, VideoApp, VideoAppStatus
from mainstream.api.video_stream import Crop
from mainstream.counting import counted
from mainstream.decide.admission.admit import WAY_OUT_OF_BUDGET
from mainstream.decide.asides.dry_run import DryRunOutcome
from mainstream.decide.refusal import Refusal
from mainstream.footage.stream_fit import DeliveredPicture, reaches_out
from mainstream.messages.runner_plan import RunnerApp
from mainstream.messages.status_report import AppStatusReport, StatusReport
from mainstream.planner import AppPlan
from mainstream.workload.trained_view import view_problem
from mainstream_operator.status.conditions import (
    Stated,
    condition_of,
    is_false,
    is_refused,
    is_true,
    is_unknown,
    settle,
    stalled,
)
from mainstream_operator.status.delivery import delivery_problem
from mainstream_operator.status.disk_loss import disk_loss_after, lost_events, lost_with_disk
from mainstream_operator.status.doubt import doubt
from mainstream_operator.status.dry_run import dry_run_condition, dry_run_status
from mainstream_operator.status.planned_app import planned_app, why
from mainstream_operator.status.quality import below_prediction, best_predicted_f1, measured_app, quality_fall

DEAD_BAND = 0.1
"""a rate this near to the planned one is as planned"""

_PACKAGE_UNREAD = (Reason.PACKAGE_BEING_READ, Reason.STORE_UNREACHABLE, Reason.READING_FAILED)
_RUNNER_TELLS = (Reason.RUNNER_STARTING, Reason.PROFILING)
"""what passes once the runner has answered, which it does not on a lost node"""


# What the runner says of a plan may be about anybody's app, and name its blobs.
_PLAN_NOT_SERVED = (
    "The runner cannot serve the node's plan, and tries again; the EdgeNode's condition Ready says why to the platform "
    "team. That the app's own package is whole, `mainstream package verify` tells."
)


READY_SUSPENDED = is_true("Ready", Reason.SUSPENDED, "Nothing of the app runs, as its spec says; see spec.suspend.")
NOT_RUNNING = is_unknown("Degraded", Reason.NOT_RUNNING, "The app is not running.")


@dataclass(frozen=True)
class AppFacts:
    """Everything that an app's status follows from."""

    node: str | None
    refused: Refusal | None
    waiting: Refusal | None
    planned: AppPlan | None
    ordered: RunnerApp | None
    """its part of the plan that the runner was given last, which may be older than the one that was just made"""
    shared_with: int
    report: StatusReport | None
    sink_refusal: Refusal | None = None
    """why the keys of one of its sinks can't be had"""
    dry_run: DryRunOutcome | None = None
    crop: Crop | None = None
    """what part of the picture it analyses; None is all of it"""
    weight_note: str | None = None
    """what its condition says where its weight counts for less than it asks"""
    evidence: AlertEvidence | None = None
    """alerts seen beside alerts predicted; None: as the status has it"""
    measured: MeasuredApp | None = None
    """quality from verdicts; None: as the status has it"""
    memory: Refusal | None = None
    """what it is told where the runner was killed for memory, and it came last"""
    lost_node: Refusal | None = None
    """since when its node cannot be reached"""


def app_status(app: VideoApp, facts: AppFacts, now: datetime) -> VideoAppStatus:
    """The whole status, as it should be now."""
    reported = facts.report.apps.get(app.key) if facts.report is not None else None
    evidence = facts.evidence or app.status.evidence
    spool = facts.report.spool if facts.report is not None and reported is not None else None
    loss = disk_loss_after(app.status, spool, now)
    plan = _plan(app, facts)
    best = best_predicted_f1(app, plan, doubted=doubt(evidence) is not None)
    degraded = _degraded(facts, reported, lost_with_disk(loss, now), doubt(evidence) or quality_fall(plan, best))
    stated = [_accepted(app, facts), _planned(app, facts), _ready(app, facts, reported), degraded]
    measured = measured_app(app, facts.measured)
    stated += [*below_prediction(plan, measured), *stalled(facts.refused)]
    return VideoAppStatus(
        observed_generation=app.metadata.generation,
        conditions=settle(app.status.conditions, stated, app.metadata.generation, now),
        node=facts.node or None,
        plan=plan,
        package=_package(app, facts.ordered, now),
        best_predicted_f1=best,
        dry_run=_dry_run(app, facts),
        observed=_observed(app, reported, spool, loss, now),
        disk_loss=loss,
        evidence=evidence,
        measured=measured,
    )


def as_planned(fps: float, planned_fps: float) -> bool:
    """Whether a rate lies in the band around the planned one; a rounding error does not lead out of it."""
    return abs(fps - planned_fps) <= DEAD_BAND * planned_fps + 1e-9


def _accepted(app: VideoApp, facts: AppFacts) -> Stated | Condition:
    if facts.refused is not None:
        return is_refused("Accepted", facts.refused)
    if facts.waiting is not None and facts.waiting.reason in _PACKAGE_UNREAD:
        before = condition_of(app.status.conditions, "Accepted")
        settled = before is not None and before.status != "Unknown"
        if before is not None and settled and before.observed_generation == app.metadata.generation:
            # The operator was restarted, or the store is away; nothing has changed for the app.
            return before
        return is_unknown("Accepted", facts.waiting.reason, facts.waiting.message)
    message = f"Stream, view and package can be used. {facts.weight_note or ''}".strip()
    return is_true("Accepted", Reason.VALID, message)


def _planned(app: VideoApp, facts: AppFacts) -> Stated:
    if facts.refused is not None:
        return is_false("Planned", Reason.NOT_ACCEPTED, "The app is not accepted; see condition Accepted.")
    lost = _waits_for_lost_node(facts)
    if lost is not None:
        return is_unknown("Planned", lost.reason, lost.message)
    if facts.waiting is not None and facts.ordered is None:
        return is_refused("Planned", facts.waiting)
    if app.spec.dry_run and facts.dry_run is not None:
        return dry_run_condition(facts.dry_run)
    if facts.planned is not None and not facts.planned.fits:
        return is_false("Planned", Reason.DOES_NOT_FIT, f"{why(app, facts.planned)} {WAY_OUT_OF_BUDGET}")
    got = facts.ordered
    if got is None or app.spec.dry_run:
        return is_unknown(
            "Planned", Reason.WAITING, "The node is planned as soon as everything that runs on it is known."
        )
    message = f"Candidate {got.candidate} at {got.fps:g} frames per second, votes {got.votes}."
    return is_true("Planned", Reason.FITS, message)


def _ready(app: VideoApp, facts: AppFacts, reported: AppStatusReport | None) -> Stated:
    """From what runs: a plan alone makes nothing ready."""
    if facts.ordered is None:
        if app.spec.suspend:
            return READY_SUSPENDED
        if facts.waiting is not None and facts.waiting.reason is Reason.OUT_OF_HOURS:
            return is_true("Ready", Reason.OUT_OF_HOURS, facts.waiting.message)
        if _is_answered(app, facts):
            answered = "The dry run is answered in status.dryRun; set spec.dryRun to false to run the app."
            return is_true("Ready", Reason.DRY_RUN, answered)
        lost = _waits_for_lost_node(facts)
        if lost is not None:
            return is_unknown("Ready", lost.reason, lost.message)
        return is_false("Ready", Reason.NOT_PLANNED, "The app is not part of the node's plan; see condition Planned.")
    report = facts.report
    if facts.lost_node is not None:
        return is_unknown("Ready", facts.lost_node.reason, facts.lost_node.message)
    if report is None:
        return is_unknown("Ready", Reason.RUNNER_NOT_ANSWERING, "The node's runner does not answer; it is asked again.")
    stream = report.streams.get(app.stream_key)
    if stream is not None and stream.state == "failing":
        message = f"The stream cannot be read: {stream.problem or 'no frames'}; see its VideoStream."
        return is_false("Ready", Reason.STREAM_UNREACHABLE, message)
    if stream is not None and reaches_out(facts.crop, stream.width, stream.height):
        size = f"{stream.width}x{stream.height}"
        message = f"The camera's picture is {size}, smaller than the app's view; change the view or the camera."
        return is_false("Ready", Reason.OTHER_SIZE, message)
    if reported is not None and reported.problem:
        return is_false("Ready", Reason.CANNOT_RUN, f"The runner cannot run the app: {reported.problem}")
    if reported is not None and reported.missing:
        others = len(reported.missing) - 1
        more = "" if others == 0 else f" and {counted(others, 'other')}"
        return is_false(
            "Ready",
            Reason.WEIGHTS_MISSING,
            f"The package's store does not give blobs/{reported.missing[0]}{more} of the app's weights. Publish the "
            "package again (`mainstream package verify` tells what lacks), or name another package in "
            "spec.package; the runner asks again.",
        )
    if reported is not None and reported.lacks:
        files = counted(len(reported.lacks), "file")
        return is_false("Ready", Reason.FETCHING_WEIGHTS, f"The runner fetches {files} of the app's weights.")
    if reported is not None and reported.analysed > 0:
        picture = None if stream is None else DeliveredPicture(stream.width, stream.height, None).size
        other = view_problem(facts.crop, facts.ordered.trained_view, picture)
        if other is not None:
            return is_true("Ready", Reason.OTHER_VIEW, f"Frames are analysed; {other}.")
        return is_true("Ready", Reason.ANALYSING, "Frames are analysed.")
    if report.plan_problem:
        return is_false("Ready", Reason.PLAN_NOT_SERVED, _PLAN_NOT_SERVED)
    if reported is not None:
        return is_false("Ready", Reason.NO_FRAME_YET, "The plan is served, and no frame was due yet.")
    return is_false("Ready", Reason.PLAN_ON_ITS_WAY, "The runner has not taken up the plan yet.")


def _waits_for_lost_node(facts: AppFacts) -> Refusal | None:
    """That its node is lost, where an app waits for nothing but what the runner would say."""
    waits = facts.ordered is None and facts.waiting is not None and facts.waiting.reason in _RUNNER_TELLS
    return facts.lost_node if waits else None


def _degraded(facts: AppFacts, reported: AppStatusReport | None, lost: str, below_prediction: Refusal | None) -> Stated:
    if facts.ordered is None or reported is None or reported.lacks:
        return NOT_RUNNING
    if facts.sink_refusal is not None:
        return is_true("Degraded", facts.sink_refusal.reason, f"A sink cannot be used: {facts.sink_refusal.message}")
    if facts.memory is not None:
        return is_true("Degraded", facts.memory.reason, facts.memory.message)
    undelivered = delivery_problem(reported.delivery, lost)
    if undelivered is not None:
        return is_true("Degraded", undelivered.reason, undelivered.message)
    fps, planned_fps = reported.fps, facts.ordered.fps
    if fps is not None and fps < planned_fps and not as_planned(fps, planned_fps):
        achieved = f"{fps:.2g} of {planned_fps:g} planned frames per second are analysed"
        return is_true("Degraded", Reason.BELOW_RATE, f"Only {achieved}; see the EdgeNode.")
    if below_prediction is not None:
        return is_true("Degraded", below_prediction.reason, below_prediction.message)
    return is_false("Degraded", Reason.AS_PLANNED, "The planned rate is kept and alerts are delivered.")


def _plan(app: VideoApp, facts: AppFacts) -> PlannedApp | None:
    if facts.ordered is None or facts.lost_node is not None:
        # Columns of a node that nobody hears of would look as if it served the plan.
        return None
    if facts.planned is None or not facts.planned.fits:
        # The plan is left as it is: what was predicted then still stands.
        return app.status.plan
    return planned_app(app, facts.ordered, facts.planned, facts.shared_with)


def _package(app: VideoApp, ordered: RunnerApp | None, now: datetime) -> PlannedPackage | None:
    if ordered is None:
        return None
    known = app.status.package
    same = known is not None and known.digest == ordered.package_digest
    return known if same else PlannedPackage(digest=ordered.package_digest, since=now)


def _dry_run(app: VideoApp, facts: AppFacts) -> DryRun | None:
    if not app.spec.dry_run:
        return None
    return app.status.dry_run if facts.dry_run is None else dry_run_status(app, facts.dry_run)


def _is_answered(app: VideoApp, facts: AppFacts) -> bool:
    """Whether a dry run has its answer, be it an older one of this spec."""
    if not app.spec.dry_run or facts.refused is not None:
        return False
    told = app.status.observed_generation == app.metadata.generation and app.status.dry_run is not None
    return facts.dry_run is not None or told


def _observed(
    app: VideoApp, reported: AppStatusReport | None, spool: str | None, loss: DiskLoss | None, now: datetime
) -> ObservedApp | None:
    if reported is None:
        # Counts stand as they were last seen; a rate is of now or of never.
        seen = app.status.observed
        return None if seen is None else seen.model_copy(update={"frames_per_second": None})
    fps = None if reported.fps is None else round(reported.fps, 3)
    return ObservedApp(
        at=now,
        frames_per_second=fps,
        events=reported.delivery.alerts,
        events_last_hour=reported.delivery.alerts_last_hour,
        last_event=reported.delivery.last_alert,
        muted_events=reported.delivery.muted,
        waiting_events=reported.delivery.undelivered_alerts,
        lost_events=lost_events(reported.delivery, loss),
        spool=spool,
    )
