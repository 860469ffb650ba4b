"""A doubt is told to the app's own tenant, with what was seen and the way out, and outlives the operator."""

from operator_objects import NOW, app_body, observed, typed

from mainstream.api import VideoApp
from mainstream.api.alert_evidence import AlertEvidence, AlertTally, ExpectedAlerts
from mainstream.api.video_app import VideoAppStatus
from mainstream.decide.inputs import AskingApp, NodeInputs
from mainstream.decide.trust import seen_alerts
from mainstream.messages.status_report import AppStatusReport, StatusReport
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.status.app import AppFacts, app_status
from mainstream_operator.status.writing.event_messages import event_messages
from mainstream_operator.status.writing.write_decision import write_decision
from mainstream_operator.watch.cluster_state import ClusterState

PROMISED = ExpectedAlerts(frames_per_second=2, found_per_hour=20, most_per_hour=30, shape=2)


def evidence(
    trust: float, *, day: tuple[float, float] = (10, 10), days: tuple[float, float] = (30, 30)
) -> AlertEvidence:
    """`day` and `days` are alerts and expected ones."""
    return AlertEvidence(
        trust=trust,
        expected=PROMISED,
        alerts=100,
        analysed=1000,
        last_day=AlertTally(seconds=86400, alerts=day[0], expected=day[1]),
        last_days=AlertTally(seconds=3 * 86400, alerts=days[0], expected=days[1]),
    )


def status_with(cluster: ClusterState, kept: AlertEvidence | None, new: AlertEvidence | None) -> VideoAppStatus:
    decision = decide(observed(cluster), KeptPlanning())
    assert decision.plan is not None
    assert decision.plan.plan is not None
    assert decision.runner_plan is not None
    app = cluster.apps["plaza/crossing"]
    app = app.model_copy(update={"status": VideoAppStatus(evidence=kept)})
    ordered = decision.runner_plan.apps[0]
    running = AppStatusReport(analysed=5, fps=ordered.fps)
    report = StatusReport(node="n1", apps={"plaza/crossing": running})
    return app_status(
        app, AppFacts("n1", None, None, decision.plan.plan.apps[0], ordered, 1, report, evidence=new), NOW
    )


def told(status: VideoAppStatus) -> tuple[str, str, str]:
    return next((each.status, each.reason, each.message) for each in status.conditions if each.type == "Degraded")


def test_too_many_alerts_are_told_in_numbers_and_with_the_way_out(cluster: ClusterState) -> None:
    status, reason, message = told(status_with(cluster, None, evidence(0.12, day=(4000, 100))))
    assert (status, reason) == ("True", "PredictionDoubted")
    assert message.startswith("4000 alerts came in 24 h, where at most ")
    assert "planned with 0.12 of its predicted F1" in message
    assert "train the package on labelled video of this camera" in message


def test_promised_events_that_stay_away_are_told_as_such(cluster: ClusterState) -> None:
    message = told(status_with(cluster, None, evidence(0.1, day=(0, 700), days=(0, 1400))))[2]
    assert message.startswith("Events are predicted that are not seen: 0 alerts came in 72 h, where at least ")


def test_what_is_believed_is_as_planned_and_a_doubt_that_begins_is_written_at_once_with_an_event(
    cluster: ClusterState,
) -> None:
    before = status_with(cluster, None, evidence(1.0))
    assert told(before)[:2] == ("False", "AsPlanned")
    after = status_with(cluster, before.evidence, evidence(0.2, day=(4000, 100)))
    assert write_decision(before, after, NOW).write
    assert [(each.type, each.reason) for each in event_messages(before, after)] == [("Warning", "Degraded")]
    assert not write_decision(after, status_with(cluster, after.evidence, after.evidence), NOW).write


def test_a_doubt_outlives_an_operator_that_is_started_again(cluster: ClusterState) -> None:
    status = status_with(cluster, evidence(0.2, day=(4000, 100)), None)
    body = {**app_body(), "status": status.model_dump(mode="json", by_alias=True, exclude_none=True)}
    again = typed(body)
    assert isinstance(again, VideoApp)
    inputs = NodeInputs(node=None, apps=(AskingApp(again, None),), refused={}, packages={})
    assert seen_alerts(inputs)["plaza/crossing"] == evidence(0.2, day=(4000, 100))
