"""What an app's status says, and when it is worth a write."""

from dataclasses import replace
from datetime import timedelta

import pytest
from operator_objects import NOW, app_body, observed, typed

from mainstream.api import VideoApp
from mainstream.api.reasons import Reason
from mainstream.api.video_app import VideoAppStatus
from mainstream.api.video_stream import Crop, View
from mainstream.decide.refusal import Refusal
from mainstream.messages.node_profile import DecodeMode
from mainstream.messages.status_report import (
    AppStatusReport,
    DeliveryReport,
    StatusReport,
    StreamStatusReport,
    ViewStatusReport,
)
from mainstream.mpackage.manifest import TrainedView
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.status.app import AppFacts, app_status
from mainstream_operator.status.conditions import printable
from mainstream_operator.status.stream import stream_status
from mainstream_operator.status.writing.event_messages import event_messages
from mainstream_operator.status.writing.write_decision import write_decision
from mainstream_operator.watch.cluster_state import ClusterState


def facts(cluster: ClusterState, report: StatusReport | None) -> AppFacts:
    decision = decide(observed(cluster), KeptPlanning())
    assert decision.plan is not None
    assert decision.plan.plan is not None
    assert decision.runner_plan is not None
    planned, ordered = decision.plan.plan.apps[0], decision.runner_plan.apps[0]
    return AppFacts("n1", None, None, planned, ordered, 1, report)


def status_of(cluster: ClusterState, report: StatusReport | None) -> VideoAppStatus:
    return app_status(cluster.apps["plaza/crossing"], facts(cluster, report), NOW)


def condition(status: VideoAppStatus, kind: str) -> tuple[str, str]:
    return next((each.status, each.reason) for each in status.conditions if each.type == kind)


def report(fps: float | None = 10.0, analysed: int = 5, state: str = "decoding", events: int = 0) -> StatusReport:
    app = AppStatusReport(captured=10, analysed=analysed, fps=fps, delivery=DeliveryReport(alerts=events))
    stream = StreamStatusReport.model_validate({"state": state, "problem": "Connection refused"})
    return StatusReport(node="n1", apps={"plaza/crossing": app}, streams={"plaza/plaza": stream})


def test_an_app_is_ready_when_frames_are_analysed_and_not_when_it_is_planned(cluster: ClusterState) -> None:
    assert condition(status_of(cluster, None), "Ready") == ("Unknown", "RunnerNotAnswering")
    assert condition(status_of(cluster, StatusReport(node="n1")), "Ready") == ("False", "PlanOnItsWay")
    assert condition(status_of(cluster, report(analysed=0)), "Ready") == ("False", "NoFrameYet")
    assert condition(status_of(cluster, report()), "Ready") == ("True", "Analysing")


def test_an_app_fetches_its_own_weights_alone(cluster: ClusterState) -> None:
    lacking = AppStatusReport(analysed=5, lacks=("1" * 64,))
    own = status_of(cluster, report().model_copy(update={"apps": {"plaza/crossing": lacking}}))
    assert condition(own, "Ready") == ("False", "FetchingWeights")
    assert condition(own, "Degraded") == ("Unknown", "NotRunning")
    assert any("fetches 1 file of the app's weights" in each.message for each in own.conditions)
    others = report().model_copy(update={"apps": report().apps | {"other/app": lacking}})
    assert condition(status_of(cluster, others), "Ready") == ("True", "Analysing")


def test_an_app_whose_store_does_not_give_its_weights_is_told_which_and_the_way_out(cluster: ClusterState) -> None:
    digests = tuple(each * 64 for each in "123")
    missing = AppStatusReport(lacks=digests, missing=digests[1:])
    status = status_of(cluster, report().model_copy(update={"apps": {"plaza/crossing": missing}}))
    assert condition(status, "Ready") == ("False", "WeightsMissing")
    assert any(f"blobs/{'2' * 64} and 1 other of the app's weights" in each.message for each in status.conditions)
    assert any("Publish the package again" in each.message for each in status.conditions)


def test_what_a_runner_says_of_the_nodes_plan_is_no_tenants(cluster: ClusterState) -> None:
    digest = "9" * 64
    idle = report(analysed=0).model_copy(update={"plan_problem": f"/data/store: blobs/{digest}: holds other tensors"})
    status = status_of(cluster, idle)
    assert condition(status, "Ready") == ("False", "PlanNotServed")
    assert digest not in status.model_dump_json()


def test_an_app_whose_stream_fails_is_not_ready(cluster: ClusterState) -> None:
    assert condition(status_of(cluster, report(state="failing")), "Ready") == ("False", "StreamUnreachable")


def test_an_app_that_lags_behind_its_plan_is_degraded(cluster: ClusterState) -> None:
    assert condition(status_of(cluster, report(fps=0.01)), "Degraded") == ("True", "BelowRate")
    assert condition(status_of(cluster, report()), "Degraded") == ("False", "AsPlanned")


def test_a_refused_app_says_why_and_is_neither_planned_nor_ready() -> None:
    app = typed(app_body())
    assert isinstance(app, VideoApp)
    refused = AppFacts("n1", Refusal(Reason.PACKAGE_MISSING, "There is none."), None, None, None, 0, None)
    status = app_status(app, refused, NOW)
    assert condition(status, "Accepted") == ("False", "PackageMissing")
    assert condition(status, "Planned") == ("False", "NotAccepted")
    assert condition(status, "Ready") == ("False", "NotPlanned")


def test_what_keeps_a_package_from_being_read_is_told_once_known_and_not_of_an_app_that_was_accepted(
    cluster: ClusterState,
) -> None:
    """An app that runs and is given another store: first its package is being read, then the store does not answer."""
    known = status_of(cluster, report())
    app = cluster.apps["plaza/crossing"].model_copy(update={"status": known})
    away = Refusal(Reason.STORE_UNREACHABLE, "The store does not answer.")
    unread = replace(facts(cluster, report()), waiting=Refusal(Reason.PACKAGE_BEING_READ, "It is being read."))
    assert condition(app_status(app, replace(unread, waiting=away), NOW), "Accepted") == ("True", "Valid")
    edited = app.model_copy(update={"metadata": app.metadata.model_copy(update={"generation": 2})})
    first = app_status(edited, unread, NOW)
    assert condition(first, "Accepted") == ("Unknown", "PackageBeingRead")
    edited = edited.model_copy(update={"status": first})
    assert condition(app_status(edited, replace(unread, waiting=away), NOW), "Accepted") == (
        "Unknown",
        "StoreUnreachable",
    )


def test_the_time_of_a_transition_stays_while_the_status_does(cluster: ClusterState) -> None:
    before = status_of(cluster, report())
    app = cluster.apps["plaza/crossing"].model_copy(update={"status": before})
    after = app_status(app, facts(cluster, report()), NOW + timedelta(hours=1))
    assert {each.last_transition_time for each in after.conditions} == {NOW}


def test_nothing_new_is_not_written(cluster: ClusterState) -> None:
    before = status_of(cluster, report())
    later = NOW + timedelta(seconds=20)
    app = cluster.apps["plaza/crossing"].model_copy(update={"status": before})
    after = app_status(app, facts(cluster, report(fps=10.5)), later)
    assert not write_decision(before, after, later).write


def test_a_rate_within_its_band_around_the_plan_is_not_written_though_it_moves(cluster: ClusterState) -> None:
    before, later = status_of(cluster, report(fps=9.2)), NOW + timedelta(hours=1)
    assert not write_decision(before, status_of(cluster, report(fps=10.8)), later).write
    assert write_decision(before, status_of(cluster, report(fps=8.0)), later).write


def test_a_count_of_events_waits_for_the_half_minute(cluster: ClusterState) -> None:
    before, after = status_of(cluster, report()), status_of(cluster, report(events=1))
    soon, late = NOW + timedelta(seconds=10), NOW + timedelta(seconds=30)
    assert write_decision(before, after, soon).again_s == 20
    assert not write_decision(before, after, soon).write
    assert write_decision(before, after, late).write


def test_a_condition_that_changes_is_written_at_once_and_told(cluster: ClusterState) -> None:
    before, after = status_of(cluster, report()), status_of(cluster, report(state="failing"))
    assert write_decision(before, after, NOW).write
    assert [(each.type, each.reason) for each in event_messages(before, after)] == [("Warning", "ReadyFalse")]


def test_an_app_whose_view_reaches_out_of_the_picture_is_not_ready(cluster: ClusterState) -> None:
    stream = StreamStatusReport(state="decoding", width=640, height=480)
    small = StatusReport(node="n1", streams={"plaza/plaza": stream})
    known = replace(facts(cluster, small), crop=Crop(x=600, y=0, width=100, height=100))
    assert condition(app_status(cluster.apps["plaza/crossing"], known, NOW), "Ready") == ("False", "OtherSize")


@pytest.mark.parametrize(
    ("crop", "reason"),
    [(None, "OtherView"), (Crop(x=300, y=0, width=320, height=480), "Analysing")],
)
def test_an_app_on_another_view_than_was_trained_on_runs_and_is_told_so(
    cluster: ClusterState, crop: Crop | None, reason: str
) -> None:
    known = facts(cluster, report())
    assert known.ordered is not None
    trained = TrainedView(width=640, height=480, crop=Crop(x=300, y=0, width=320, height=480))
    ordered = known.ordered.model_copy(update={"trained_view": trained})
    status = app_status(cluster.apps["plaza/crossing"], replace(known, ordered=ordered, crop=crop), NOW)
    assert condition(status, "Ready") == ("True", reason)


@pytest.mark.parametrize(
    ("reported", "condition_of_stream"),
    [
        (StreamStatusReport(state="decoding", width=640, height=480, fps=10.2), ("True", "Decoding")),
        (StreamStatusReport(state="decoding", width=640, height=480, fps=30.0), ("True", "OtherRate")),
        (StreamStatusReport(state="decoding", width=32, height=32, fps=10.0), ("False", "OtherSize")),
        (StreamStatusReport(state="waiting", problem="waits"), ("Unknown", "KeyFrameAwaited")),
        (StreamStatusReport(state="decoding", width=640, height=480, decode_problem="no keys"), ("True", "OtherMode")),
    ],
)
def test_a_stream_is_held_against_what_is_declared_of_it(
    cluster: ClusterState, reported: StreamStatusReport, condition_of_stream: tuple[str, str]
) -> None:
    stream = cluster.streams["plaza/plaza"]
    view = View(name="door", crop=Crop(x=0, y=0, width=64, height=64))
    spec = stream.spec.model_copy(update={"frames_per_second": 10.0, "views": [view]})
    stream = stream.model_copy(update={"spec": spec})
    status = stream_status(stream, "n1", None, 1, reported, NOW)
    assert condition(status, "Reachable") == condition_of_stream


def test_a_stream_names_the_first_view_that_never_rests(cluster: ClusterState) -> None:
    views = {
        "door": ViewStatusReport(restless="left"),
        "gate": ViewStatusReport(restless="top"),
        "quiet": ViewStatusReport(),
    }
    named = []
    for order in (("quiet", "door", "gate"), ("gate", "door")):
        reported = StreamStatusReport(state="decoding", views={name: views[name] for name in order})
        status = stream_status(cluster.streams["plaza/plaza"], "n1", None, 1, reported, NOW)
        assert condition(status, "Reachable") == ("True", "ViewNeverRests")
        named += [each.message.partition(",")[0] for each in status.conditions if each.type == "Reachable"]
    assert named == ["View door has a part that never rests (left)", "View gate has a part that never rests (top)"]


def test_a_stream_says_how_it_is_decoded_and_what_each_way_costs(cluster: ClusterState) -> None:
    modes = (DecodeMode(name="all", fps=25.0, used_s=0.12), DecodeMode(name="keyframes", fps=2.0833, used_s=0.04321))
    reported = StreamStatusReport(state="decoding", width=640, height=480, fps=10.0, decode="keyframes", modes=modes)
    stream = cluster.streams["plaza/plaza"]
    status = stream_status(stream, "n1", None, 1, reported, NOW)
    assert [each.message for each in status.conditions if each.type == "Reachable"] == [
        "Frames arrive; key frames alone are decoded."
    ]
    assert status.observed is not None
    assert status.observed.decode == "keyframes"
    assert [(each.name, each.frames_per_second, each.cpu) for each in status.observed.modes] == [
        ("all", 25.0, 0.12),
        ("keyframes", 2.08, 0.0432),
    ]
    pinned = stream.model_copy(update={"spec": stream.spec.model_copy(update={"decode": "reference"})})
    assert condition(stream_status(pinned, "n1", None, 1, reported, NOW), "Reachable") == ("True", "OtherMode")


def test_a_tenant_does_not_learn_the_names_of_others_apps(cluster: ClusterState) -> None:
    known = facts(cluster, None)
    assert known.planned is not None
    why = "more would cost and lose app 'harbour/secret' 0.1 and app 'plaza/lamp-post' 0.2"
    told_why = app_status(
        cluster.apps["plaza/crossing"], replace(known, planned=replace(known.planned, why=why)), NOW
    ).plan
    assert told_why is not None
    assert "harbour" not in told_why.why
    assert "plaza/lamp-post" in told_why.why


def test_texts_of_strangers_lose_their_control_characters() -> None:
    assert printable("a\nb\x1b[31m") == "a b [31m"
