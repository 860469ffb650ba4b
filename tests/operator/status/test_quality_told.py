"""An app that others push down says so until it recovers or its tenant accepts it, over restarts of the operator."""

from dataclasses import replace

from operator_objects import NOW, app_body, observed, typed

from mainstream.api import VideoApp
from mainstream.api.video_app import VideoAppStatus
from mainstream.messages.status_report import AppStatusReport, StatusReport
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.status.app import AppFacts, app_status
from mainstream_operator.status.writing.event_messages import event_messages
from mainstream_operator.status.writing.write_decision import write_decision
from mainstream_operator.watch.cluster_state import ClusterState


def status_at(cluster: ClusterState, before: VideoAppStatus, f1: float, *, generation: int = 1) -> VideoAppStatus:
    """The status of an app that runs as planned, with that predicted F1, read back as after a restart."""
    decision = decide(observed(cluster), KeptPlanning())
    assert decision.plan is not None
    assert decision.plan.plan is not None
    assert decision.runner_plan is not None
    body = {**app_body(), "status": before.model_dump(mode="json", by_alias=True, exclude_none=True)}
    body["metadata"]["generation"] = generation
    app = typed(body)
    assert isinstance(app, VideoApp)
    ordered = decision.runner_plan.apps[0]
    planned = replace(decision.plan.plan.apps[0], f1=f1)
    report = StatusReport(node="n1", apps={"plaza/crossing": AppStatusReport(analysed=5, fps=ordered.fps)})
    return app_status(app, AppFacts("n1", None, None, planned, ordered, 1, report), NOW)


def degraded(status: VideoAppStatus) -> tuple[str, str, str]:
    return next((each.status, each.reason, each.message) for each in status.conditions if each.type == "Degraded")


def test_a_fall_that_the_app_did_not_cause_is_a_condition_and_one_event_with_the_way_out(cluster: ClusterState) -> None:
    before = status_at(cluster, VideoAppStatus(), 0.85)
    assert degraded(before)[:2] == ("False", "AsPlanned")
    after = status_at(cluster, before, 0.30)
    status, reason, message = degraded(after)
    assert (status, reason) == ("True", "QualityFell")
    assert message.startswith("Predicted F1 is 0.30 and was 0.85: ")
    assert "spec.objective.weight" in message
    assert write_decision(before, after, NOW).write
    assert [(each.type, each.reason) for each in event_messages(before, after)] == [("Warning", "QualityFell")]


def test_it_goes_on_until_it_recovers_and_is_told_no_second_time(cluster: ClusterState) -> None:
    fallen = status_at(cluster, status_at(cluster, VideoAppStatus(), 0.85), 0.30)
    still = status_at(cluster, fallen, 0.32)
    assert degraded(still)[1] == "QualityFell"
    assert event_messages(fallen, still) == []
    assert degraded(status_at(cluster, still, 0.80))[:2] == ("False", "AsPlanned")


def test_many_small_falls_are_told_as_one_large_one(cluster: ClusterState) -> None:
    status = VideoAppStatus()
    for f1 in (0.85, 0.80, 0.76):
        status = status_at(cluster, status, f1)
        assert degraded(status)[1] == "AsPlanned"
    assert degraded(status_at(cluster, status, 0.74))[1] == "QualityFell"


def test_another_spec_accepts_what_it_gets(cluster: ClusterState) -> None:
    before = status_at(cluster, VideoAppStatus(), 0.85)
    assert degraded(status_at(cluster, before, 0.30, generation=2))[1] == "AsPlanned"
