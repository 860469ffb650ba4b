"""Alerts that waited on the disk of a pod that is gone are counted as lost and told, by what the status last said."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from operator_objects import NOW, app_body, observed, typed

from mainstream.api import VideoApp
from mainstream.api.video_app import DiskLoss, VideoAppStatus
from mainstream.messages.status_report import AppStatusReport, DeliveryReport, StatusReport
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.metrics import samples
from mainstream_operator.status.app import AppFacts, app_status
from mainstream_operator.status.writing.event_messages import event_messages
from mainstream_operator.watch.cluster_state import ClusterState

LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def facts(cluster: ClusterState) -> AppFacts:
    """Of an app that runs as planned."""
    decision = decide(observed(cluster), KeptPlanning())
    assert decision.plan is not None
    assert decision.plan.plan is not None
    assert decision.runner_plan is not None
    return AppFacts("n1", None, None, decision.plan.plan.apps[0], decision.runner_plan.apps[0], 1, None)


def status_after(
    facts: AppFacts, before: VideoAppStatus, spool: str, at: datetime = NOW, **delivery: int
) -> VideoAppStatus:
    """The status by a runner that reports from `spool`, read back as after a restart of the operator."""
    app = typed({**app_body(), "status": before.model_dump(mode="json", by_alias=True, exclude_none=True)})
    assert isinstance(app, VideoApp)
    assert facts.ordered is not None
    reported = AppStatusReport(analysed=5, fps=facts.ordered.fps, delivery=DeliveryReport.model_validate(delivery))
    report = StatusReport(node="n1", spool=spool, apps={"plaza/crossing": reported})
    return app_status(app, replace(facts, report=report), at)


def degraded(status: VideoAppStatus) -> tuple[str, str]:
    return next((each.reason, each.message) for each in status.conditions if each.type == "Degraded")


def test_what_waited_on_a_disk_that_is_gone_is_lost_and_told_for_an_hour(facts: AppFacts) -> None:
    before = status_after(facts, VideoAppStatus(), "one", alerts=20, undelivered=26, undelivered_alerts=13)
    after = status_after(facts, before, "two", LATER)
    assert after.observed is not None
    assert after.observed.lost_events == 13
    reason, message = degraded(after)
    assert reason == "AlertsLost"
    assert message.startswith("13 alerts that waited were lost with the runner's disk, found new at 03:09 UTC")
    assert "spec.runner.cache" in message
    assert "AlertsLost" in [each.reason for each in event_messages(before, after)]
    still = status_after(facts, after, "two", LATER + timedelta(minutes=59), alerts=1, lost_alerts=2)
    assert still.observed is not None
    assert still.observed.lost_events == 15
    assert degraded(still)[0] == "AlertsLost"
    assert event_messages(after, still) == []
    assert degraded(status_after(facts, still, "two", LATER + timedelta(minutes=61)))[0] == "AsPlanned"


def test_a_runner_that_starts_anew_on_its_disk_loses_nothing(facts: AppFacts) -> None:
    before = status_after(facts, VideoAppStatus(), "one", alerts=20, undelivered=2, undelivered_alerts=1)
    after = status_after(facts, before, "one", LATER, alerts=20, undelivered=2, undelivered_alerts=1)
    assert after.disk_loss is None
    assert degraded(after)[0] == "AsPlanned"


def test_a_new_disk_where_nothing_waited_is_no_loss_and_forgets_no_earlier_one(facts: AppFacts) -> None:
    before = status_after(facts, VideoAppStatus(), "one", alerts=20, lost_alerts=4)
    after = status_after(facts, before, "two", LATER)
    assert after.observed is not None
    assert after.observed.lost_events == 4
    assert degraded(after)[0] == "AsPlanned"
    assert "AlertsLost" not in [each.reason for each in event_messages(before, after)]


def test_what_a_disk_took_along_counts_among_the_lost_alerts_of_the_hour_that_are_exported(
    cluster: ClusterState,
) -> None:
    def exported(minutes: int) -> float:
        observation = observed(cluster)
        decision = decide(observation, KeptPlanning())
        reported = AppStatusReport(analysed=5, delivery=DeliveryReport(lost_alerts_last_hour=2))
        report = StatusReport(node="n1", apps={"plaza/crossing": reported})
        found = samples(replace(observation, report=report, at=NOW + timedelta(minutes=minutes)), decision)
        return {labels["app"]: value for labels, value in found["app_lost_alerts_last_hour"]}["crossing"]

    app = cluster.apps["plaza/crossing"]
    loss = DiskLoss(at=NOW, events=13, lost_before=13)
    cluster.apps["plaza/crossing"] = app.model_copy(update={"status": VideoAppStatus(disk_loss=loss)})
    assert (exported(30), exported(90)) == (15.0, 2.0)
