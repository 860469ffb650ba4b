"""What is told of a node that is lost, of an app that others push down, and of a runner that was seen."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from operator_objects import NOW, edge_node_body, observed

from mainstream.api import VideoStream
from mainstream.api.conditions import Condition
from mainstream.api.edge_node import EdgeNodeStatus, ObservedNode
from mainstream.api.model import Metadata, object_key
from mainstream.api.video_app import ObservedApp, VideoAppStatus
from mainstream.messages.status_report import AppStatusReport, StatusReport, StreamStatusReport
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.status.statuses import ObjectStatus, object_statuses
from mainstream_operator.status.stream import stream_status
from mainstream_operator.status.writing.event_messages import event_messages
from mainstream_operator.status.writing.refreshes import MOST_AT_ONCE, PER_S, Refreshes
from mainstream_operator.status.writing.write_decision import SEEN_S, write_decision
from mainstream_operator.status.writing.write_order import oldest_first
from mainstream_operator.watch.cluster_state import ClusterState, KubernetesNode


def test_a_node_that_is_lost_is_told_once() -> None:
    lost = Condition(type="Ready", status="Unknown", reason="NodeNotReady", message="Gone.", last_transition_time=NOW)
    before, after = EdgeNodeStatus(), EdgeNodeStatus(conditions=[lost])
    assert [(each.type, each.reason) for each in event_messages(before, after)] == [("Warning", "NodeNotReady")]
    assert event_messages(after, after) == []


def test_a_stream_that_apps_look_at_says_that_the_runner_is_silent() -> None:
    spec = {"url": "rtsp://camera/a", "framesPerSecond": 10, "node": {"name": "n1"}}
    stream = VideoStream.model_validate({"kind": "VideoStream", "metadata": {"name": "hall"}, "spec": spec})
    reasons = [stream_status(stream, "n1", None, apps, None, NOW).conditions[1].reason for apps in (2, 0)]
    assert reasons == ["RunnerNotAnswering", "NotUsed"]


def test_an_edge_node_says_every_half_minute_that_its_runner_was_seen() -> None:
    first = EdgeNodeStatus(observed=ObservedNode(at=NOW, cpu=0.5, cost_ratio=1.0))

    def later(seconds: float) -> EdgeNodeStatus:
        return EdgeNodeStatus(observed=ObservedNode(at=NOW + timedelta(seconds=seconds), cpu=0.5, cost_ratio=1.0))

    for seconds, written in ((SEEN_S - 1, False), (SEEN_S, True)):
        assert write_decision(first, later(seconds), NOW + timedelta(seconds=seconds)).write is written


def app_seen(seconds: float) -> VideoAppStatus:
    return VideoAppStatus(observed=ObservedApp(at=NOW + timedelta(seconds=seconds), frames_per_second=2.0))


def test_an_app_that_runs_as_planned_is_refreshed_where_there_is_room() -> None:
    for seconds, stale in ((SEEN_S - 1, False), (SEEN_S, True)):
        decision = write_decision(app_seen(0), app_seen(seconds), NOW + timedelta(seconds=seconds))
        assert (decision.write, decision.stale) == (False, stale)


def test_what_nobody_sees_any_more_is_not_refreshed() -> None:
    decision = write_decision(app_seen(0), app_seen(0), NOW + timedelta(hours=1))
    assert (decision.write, decision.stale) == (False, False)


def test_a_large_fleet_is_refreshed_no_faster_than_a_small_one() -> None:
    now_s = [0.0]
    refreshes = Refreshes(lambda: now_s[0])
    written = 0
    for _ in range(600):
        now_s[0] += 0.1
        written += refreshes.take(1000)
    assert 0.9 * PER_S * 60 <= written <= PER_S * 61


def test_no_node_takes_the_room_of_others() -> None:
    refreshes = Refreshes(lambda: 0.0)
    assert refreshes.take(1000) == MOST_AT_ONCE
    assert refreshes.take(1000) > 0


def test_the_oldest_is_refreshed_first() -> None:
    statuses = [ObjectStatus("VideoApp", Metadata(name=str(age)), app_seen(-age), app_seen(0)) for age in (30, 90, 60)]
    assert [each.metadata.name for each in oldest_first(statuses)] == ["90", "60", "30"]


GONE = KubernetesNode("n1", {}, ready=False, since=NOW - timedelta(hours=1))


def lost(cluster: ClusterState, node: KubernetesNode = GONE) -> dict[str, ObjectStatus]:
    """Statuses of a node whose apps ran as planned until it went away, by kind and name."""
    first = observed(cluster)
    running = decide(first, KeptPlanning()).runner_plan
    assert running is not None
    apps = {app.name: AppStatusReport(analysed=5, fps=app.fps) for app in running.apps}
    streams = {"plaza/plaza": StreamStatusReport(state="decoding", fps=10.0)}
    ran = replace(first, report=StatusReport(node="n1", served=running.digest, apps=apps, streams=streams))
    tables: dict[str, dict[str, Any]] = {
        "VideoApp": cluster.apps,
        "VideoStream": cluster.streams,
        "EdgeNode": cluster.edge_nodes,
    }
    for each in object_statuses(replace(ran, given_plan=running), decide(ran, KeptPlanning())):
        known = tables[each.kind]
        key = object_key(each.metadata.name, each.metadata.namespace)
        known[key] = known[key].model_copy(update={"status": each.after})
    cluster.kubernetes_nodes["n1"] = node
    away = observed(cluster, running)
    decision = decide(away, KeptPlanning())
    return {f"{each.kind} {each.metadata.name}": each for each in object_statuses(away, decision)}


def told(status: ObjectStatus, kind: str) -> tuple[str, str, str]:
    return next((each.status, each.reason, each.message) for each in status.after.conditions if each.type == kind)


def test_apps_and_streams_of_a_lost_node_say_since_when_and_show_no_figures(cluster: ClusterState) -> None:
    after = lost(cluster)
    for name, kind in (("VideoApp crossing", "Ready"), ("VideoStream plaza", "Reachable"), ("EdgeNode n1", "Ready")):
        status, reason, message = told(after[name], kind)
        assert (status, reason) == ("Unknown", "NodeNotReady")
        assert message.startswith("Node n1 cannot be reached since 2026-01-02 02:04:05 UTC.")
    app = after["VideoApp crossing"].after
    assert isinstance(app, VideoAppStatus)
    assert app.plan is None
    assert app.observed is not None
    assert app.observed.frames_per_second is None


def test_an_app_of_a_lost_node_that_was_never_profiled_says_that_the_node_is_lost(cluster: ClusterState) -> None:
    cluster.note_resource("EdgeNode", edge_node_body(), gone=False)
    reasons = {}
    there = cluster.kubernetes_nodes["n1"]
    for node in (there, replace(there, ready=False, since=GONE.since)):
        cluster.kubernetes_nodes["n1"] = node
        away = observed(cluster)
        statuses = object_statuses(away, decide(away, KeptPlanning()))
        app = next(each for each in statuses if each.metadata.name == "crossing")
        reasons[node.ready] = [told(app, kind)[:2] for kind in ("Planned", "Ready")]
    assert reasons[False] == [("Unknown", "NodeNotReady"), ("Unknown", "NodeNotReady")]
    assert reasons[True] == [("False", "RunnerStarting"), ("False", "NotPlanned")]


def test_the_loss_of_a_node_is_an_event_of_each_app_and_stream_once(cluster: ClusterState) -> None:
    for name, status in lost(cluster).items():
        if name != "EdgeNode n1":
            assert status.before is not None
            assert [each.reason for each in event_messages(status.before, status.after)] == ["NodeNotReady"]
            assert event_messages(status.after, status.after) == []


def test_a_node_that_wavers_takes_no_figures_away(cluster: ClusterState) -> None:
    app = lost(cluster, replace(GONE, since=NOW - timedelta(seconds=1)))["VideoApp crossing"].after
    assert isinstance(app, VideoAppStatus)
    assert app.plan is not None
