"""What is told of a node that is lost, of an app that others push down, and of a runner that was seen."""

from datetime import timedelta

from operator_objects import NOW

from mainstream.api import VideoStream
from mainstream.api.conditions import Condition
from mainstream.api.edge_node import EdgeNodeStatus, ObservedNode
from mainstream.api.video_app import PlannedApp, VideoAppStatus
from mainstream_operator.status.stream import stream_status
from mainstream_operator.status.writing.event_messages import event_messages
from mainstream_operator.status.writing.write_decision import SEEN_S, write_decision


def planned(f1: float, generation: int = 1) -> VideoAppStatus:
    plan = PlannedApp.model_construct(branch_point=3, frames_per_second=2.0, votes=1, predicted_f1=f1)
    return VideoAppStatus.model_construct(observed_generation=generation, conditions=[], plan=plan)


def test_a_fall_of_predicted_quality_that_the_app_did_not_cause_is_told_with_the_way_out() -> None:
    (event,) = event_messages(planned(0.85), planned(0.30))
    assert (event.type, event.reason) == ("Warning", "QualityFell")
    assert "from 0.85 to 0.30" in event.message
    assert "spec.objective.weight" in event.message


def test_a_small_fall_a_rise_and_what_the_app_itself_asked_for_are_not_told() -> None:
    assert event_messages(planned(0.85), planned(0.76)) == []
    assert event_messages(planned(0.30), planned(0.85)) == []
    assert event_messages(planned(0.85), planned(0.30, generation=2)) == []


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


def test_an_edge_node_says_once_a_minute_that_its_runner_was_seen() -> None:
    first = EdgeNodeStatus(observed=ObservedNode(at=NOW, cpu=0.5, cost_ratio=1.0))

    def later(seconds: float) -> EdgeNodeStatus:
        return EdgeNodeStatus(observed=ObservedNode(at=NOW + timedelta(seconds=seconds), cpu=0.5, cost_ratio=1.0))

    for seconds, written in ((SEEN_S - 1, False), (SEEN_S, True)):
        assert write_decision(first, later(seconds), NOW + timedelta(seconds=seconds)).write is written
