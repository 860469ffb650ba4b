"""Whose status is written first."""

from operator_objects import app_body, edge_node_body, stream_body, typed

from mainstream.api import VideoApp
from mainstream.api.edge_node import EdgeNodeStatus
from mainstream.api.video_app import VideoAppStatus
from mainstream.api.video_stream import VideoStreamStatus
from mainstream_operator.status.statuses import ObjectStatus
from mainstream_operator.status.writing.write_order import in_turn


def of(namespace: str, name: str, told: int | None) -> ObjectStatus:
    """An app of generation 1 whose status was told of generation `told`."""
    body = app_body(name)
    body["metadata"]["namespace"] = namespace
    app = typed(body)
    assert isinstance(app, VideoApp)
    return ObjectStatus("VideoApp", app.metadata, VideoAppStatus(observed_generation=told), VideoAppStatus())


def names(statuses: list[ObjectStatus]) -> list[str]:
    return [f"{each.metadata.namespace}/{each.metadata.name}" for each in in_turn(statuses)]


def test_the_new_app_of_a_neighbour_comes_before_the_second_of_two_thousand() -> None:
    crowd = [of("crowd", f"app-{number:04}", None) for number in range(2000)]
    assert names([*crowd, of("plaza", "crossing", None)])[:3] == ["crowd/app-0000", "plaza/crossing", "crowd/app-0001"]


def test_of_a_namespace_apps_that_were_never_told_come_before_those_that_only_changed() -> None:
    changed = [of("a", f"app-{number}", 1) for number in range(3)]
    assert names([*changed, of("a", "new", None), of("b", "old", 1)]) == [
        "a/new",
        "b/old",
        "a/app-0",
        "a/app-1",
        "a/app-2",
    ]


def test_what_changed_of_a_neighbours_app_does_not_wait_until_ten_thousand_new_ones_are_told() -> None:
    crowd = [of("crowd", f"app-{number:05}", None) for number in range(10_000)]
    assert names([*crowd, of("plaza", "crossing", 1)])[:2] == ["crowd/app-00000", "plaza/crossing"]


def test_the_node_and_its_streams_come_first() -> None:
    node, stream = typed(edge_node_body()), typed(stream_body())
    statuses = [
        of("plaza", "crossing", None),
        ObjectStatus("EdgeNode", node.metadata, EdgeNodeStatus(), EdgeNodeStatus()),
        ObjectStatus("VideoStream", stream.metadata, VideoStreamStatus(), VideoStreamStatus()),
    ]
    assert [each.kind for each in in_turn(statuses)] == ["EdgeNode", "VideoStream", "VideoApp"]
