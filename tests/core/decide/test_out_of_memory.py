"""A runner that is killed for memory: the newest app is named, and left out if it happens again; nobody else is."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mainstream.api import EdgeNode
from mainstream.api.reasons import Reason
from mainstream.api.video_app import PlannedPackage, VideoAppStatus
from mainstream.decide.decide import NodeDecision, decide_node
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.planning import StepPlanning
from mainstream.workload.node_workload import NodeWorkload, PlacedApp

PLANNING = StepPlanning(time.monotonic)
START = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def asking(placed: PlacedApp, since: datetime, *, generation: int = 1, uid: str = "one") -> AskingApp:
    """An app whose package was planned first at `since`."""
    status = VideoAppStatus(package=PlannedPackage(digest="d" * 64, since=since))
    metadata = placed.app.metadata.model_copy(update={"uid": uid, "generation": generation})
    return AskingApp(placed.app.model_copy(update={"status": status, "metadata": metadata}), placed.stream)


@pytest.fixture
def running(workload: NodeWorkload) -> NodeInputs:
    """Two apps run, of which `lift` came ten minutes after `door`."""
    spec = {"budget": 0.5, "runner": {"cpu": 1, "memoryMebibytes": 1024}}
    door, lift = workload.apps
    inputs = NodeInputs(
        node=EdgeNode.model_validate({"metadata": {"name": "edge-1"}, "spec": spec}),
        apps=(asking(door, START), asking(lift, START + 10 * MINUTE)),
        refused={},
        packages={placed.name: PackageState(manifest=placed.package) for placed in workload.apps},
        measured=workload.profile,
    )
    return replace(inputs, running=decide_node(inputs, PLANNING).runner_plan)


def killed(inputs: NodeInputs, at: datetime) -> tuple[NodeInputs, NodeDecision]:
    """The runner was killed: what is decided, and what the next decision starts from."""
    inputs = replace(inputs, killed_at=at)
    decision = decide_node(inputs, PLANNING)
    return told(inputs, decision), decision


def told(inputs: NodeInputs, decision: NodeDecision) -> NodeInputs:
    """As the status keeps it."""
    assert inputs.node is not None
    status = inputs.node.status.model_copy(update={"out_of_memory": decision.out_of_memory})
    node = EdgeNode.model_validate(inputs.node.model_copy(update={"status": status}).model_dump(by_alias=True))
    return replace(inputs, node=node, running=decision.runner_plan)


def served(decision: NodeDecision) -> set[str]:
    return set() if decision.runner_plan is None else {app.name for app in decision.runner_plan.apps}


def test_the_first_kill_names_the_newest_app_and_changes_no_plan(running: NodeInputs) -> None:
    inputs, decision = killed(running, START + 11 * MINUTE)
    assert decision.out_of_memory is not None
    assert (decision.out_of_memory.suspect, decision.out_of_memory.times) == ("lift", 1)
    assert served(decision) == {"door", "lift"}
    again = decide_node(inputs, PLANNING)
    assert again.out_of_memory == decision.out_of_memory
    assert served(again) == {"door", "lift"}


def test_the_second_in_a_row_leaves_it_out_with_the_way_out_and_the_others_run(running: NodeInputs) -> None:
    inputs, _ = killed(running, START + 11 * MINUTE)
    inputs, decision = killed(inputs, START + 13 * MINUTE)
    assert served(decision) == {"door"}
    assert decision.waiting["lift"].reason is Reason.OUT_OF_MEMORY
    assert "spec.runner.memoryMebibytes" in decision.waiting["lift"].message
    assert served(decide_node(inputs, PLANNING)) == {"door"}


def test_two_kills_that_lie_far_apart_are_not_in_a_row(running: NodeInputs) -> None:
    inputs, _ = killed(running, START + 11 * MINUTE)
    _, decision = killed(inputs, START + 60 * MINUTE)
    assert decision.out_of_memory is not None
    assert decision.out_of_memory.times == 1
    assert served(decision) == {"door", "lift"}


def test_an_app_that_came_after_the_kill_is_not_blamed_for_it(running: NodeInputs) -> None:
    _, decision = killed(running, START + 5 * MINUTE)
    assert decision.out_of_memory is not None
    assert decision.out_of_memory.suspect == "door"


@pytest.mark.parametrize("change", [{"generation": 2}, {"uid": "two"}])
def test_another_spec_or_another_app_of_the_name_is_tried_again(
    running: NodeInputs, workload: NodeWorkload, change: dict[str, object]
) -> None:
    inputs, _ = killed(running, START + 11 * MINUTE)
    inputs, _ = killed(inputs, START + 13 * MINUTE)
    changed = asking(workload.apps[1], START + 20 * MINUTE, **change)  # type: ignore[arg-type]
    decision = decide_node(replace(inputs, apps=(inputs.apps[0], changed)), PLANNING)
    assert served(decision) == {"door", "lift"}
    assert decision.out_of_memory is not None
    assert decision.out_of_memory.held == []


def test_more_memory_lets_everybody_in_again(running: NodeInputs) -> None:
    inputs, _ = killed(running, START + 11 * MINUTE)
    inputs, _ = killed(inputs, START + 13 * MINUTE)
    assert inputs.node is not None
    runner = inputs.node.spec.runner.model_copy(update={"memory_mebibytes": 2048})
    spec = inputs.node.spec.model_copy(update={"runner": runner})
    decision = decide_node(replace(inputs, node=inputs.node.model_copy(update={"spec": spec})), PLANNING)
    assert served(decision) == {"door", "lift"}
