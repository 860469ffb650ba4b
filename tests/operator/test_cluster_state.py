"""What exists, and where it belongs."""

from operator_objects import app_body, machine_body, stream_body, typed

from mainstream.api import VideoStream
from mainstream.decide.refusal import Refusal
from mainstream_operator.watch.cluster_state import Unreadable, World, read_resource
from mainstream_operator.watch.placement import NOWHERE, node_of_stream, place_stream
from mainstream_operator.watch.snapshot import scene_of


def place(world: World, **node: object) -> str | Refusal:
    stream = typed(stream_body(node=node))
    assert isinstance(stream, VideoStream)
    return place_stream(stream, world.machines)


def reason(placed: str | Refusal) -> str:
    assert isinstance(placed, Refusal)
    return placed.reason


def test_a_selector_matches_exactly_one_labelled_node(world: World) -> None:
    assert place(world, selector={"mainstream.video/edge": "true"}) == "n1"
    world.note_machine(machine_body("n2"), gone=False)
    assert reason(place(world, selector={"mainstream.video/edge": "true"})) == "NodeAmbiguous"
    assert place(world, selector={"kubernetes.io/hostname": "n2"}) == "n2"
    assert reason(place(world, selector={"kubernetes.io/hostname": "n3"})) == "NodeNotFound"


def test_a_node_by_name_must_be_labelled(world: World) -> None:
    world.note_machine({"metadata": {"name": "n2"}}, gone=False)
    assert place(world, name="n1") == "n1"
    assert reason(place(world, name="n2")) == "NodeNotEdge"
    assert reason(place(world, name="n3")) == "NodeNotFound"


def test_apps_of_a_stream_without_a_node_are_looked_after_together(world: World) -> None:
    world.note_machine(machine_body(), gone=True)
    assert node_of_stream(world, "plaza/plaza") == NOWHERE
    assert len(scene_of(world, NOWHERE).apps) == 2
    assert not scene_of(world, "n1").apps


def test_a_status_alone_changes_nothing(world: World) -> None:
    body = app_body()
    assert not world.note_resource("VideoApp", {**body, "status": {"node": "n1"}}, gone=False)
    body["metadata"]["generation"] = 2
    assert world.note_resource("VideoApp", body, gone=False)


def test_a_heartbeat_of_a_node_changes_nothing(world: World) -> None:
    assert not world.note_machine(machine_body(), gone=False)
    assert world.note_machine(machine_body(ready=False), gone=False)


def test_a_spec_that_makes_no_sense_is_kept_with_the_reason() -> None:
    read = read_resource("VideoApp", app_body(votes=99))
    assert isinstance(read, Unreadable)
    assert "votes" in read.message


def test_a_status_that_makes_no_sense_counts_as_none() -> None:
    read = read_resource("VideoApp", {**app_body(), "status": {"conditions": "all fine"}})
    assert not isinstance(read, Unreadable)
    assert read.status.conditions == []


def test_a_part_of_a_runner_is_found_by_its_name_whatever_a_stranger_writes_on_it(world: World) -> None:
    body = {"metadata": {"name": "runner-n1", "annotations": {"mainstream.video/node": "elsewhere"}}}
    assert world.note_child("ConfigMap", body, gone=False) == "n1"
    assert world.children("n1").config_map == body
    assert world.note_child("ConfigMap", body, gone=True) == "n1"
    assert world.children("n1").config_map is None
