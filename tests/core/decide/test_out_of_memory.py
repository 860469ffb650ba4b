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
from mainstream.messages.status_report import InterruptedProfiling, StatusReport
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


def with_more_memory(inputs: NodeInputs) -> NodeInputs:
    assert inputs.node is not None
    runner = inputs.node.spec.runner.model_copy(update={"memory_mebibytes": 2048})
    spec = inputs.node.spec.model_copy(update={"runner": runner})
    return replace(inputs, node=inputs.node.model_copy(update={"spec": spec}))


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
    decision = decide_node(with_more_memory(inputs), PLANNING)
    assert served(decision) == {"door", "lift"}


def restarted(inputs: NodeInputs, at: datetime, base: str | None) -> NodeInputs:
    """The runner is there again, and says what it measured as it ended."""
    interrupted = None if base is None else InterruptedProfiling(base=base, at=at)
    return replace(inputs, report=StatusReport(node="edge-1", started_at=at, interrupted=interrupted), at=at)


def with_newcomer(inputs: NodeInputs, base: str) -> NodeInputs:
    """A third app comes whose package is of a base network that was never measured."""
    lift = inputs.apps[1]
    metadata = lift.app.metadata.model_copy(update={"name": "gate", "creation_timestamp": START, "uid": "three"})
    gate = replace(lift, app=lift.app.model_copy(update={"metadata": metadata, "status": VideoAppStatus()}))
    manifest = inputs.packages["lift"].manifest
    assert manifest is not None
    large = manifest.model_copy(update={"base": manifest.base.model_copy(update={"name": base, "digest": "f" * 64})})
    packages = {**inputs.packages, "gate": PackageState(manifest=large)}
    return replace(inputs, apps=(*inputs.apps, gate), packages=packages)


def test_a_kill_while_a_base_network_was_measured_is_of_whoever_asked_for_it_and_of_nobody_who_ran(
    running: NodeInputs,
) -> None:
    inputs, at = with_newcomer(running, "large"), START + 11 * MINUTE
    inputs, decision = killed(restarted(inputs, at, "large"), at)
    assert decision.out_of_memory is not None
    assert (decision.out_of_memory.suspect, decision.out_of_memory.base) == ("gate", "large")
    assert decision.out_of_memory.held == []
    assert served(decision) == {"door", "lift"}
    assert decision.waiting.keys() == {"gate"}
    assert decision.waiting["gate"].reason is Reason.OUT_OF_MEMORY
    assert "measured base network large for this app" in decision.waiting["gate"].message
    assert "spec.runner.memoryMebibytes" in decision.waiting["gate"].message
    again = decide_node(inputs, PLANNING)
    assert again.out_of_memory == decision.out_of_memory
    assert again.waiting == decision.waiting


def test_nobody_is_named_for_a_kill_before_the_runner_has_answered_or_has_had_its_time_to(running: NodeInputs) -> None:
    at = START + 11 * MINUTE
    silent = replace(running, killed_at=at, at=at + timedelta(seconds=20))
    assert decide_node(silent, PLANNING).out_of_memory is None
    before = replace(silent, report=StatusReport(node="edge-1", started_at=START))
    assert decide_node(before, PLANNING).out_of_memory is None
    for waited in (replace(each, at=at + timedelta(seconds=26)) for each in (silent, before)):
        known = decide_node(waited, PLANNING).out_of_memory
        assert known is not None
        assert known.suspect == "lift"


def test_a_runner_that_answers_late_takes_back_whom_its_silence_had_named_and_held(running: NodeInputs) -> None:
    inputs, at = with_newcomer(running, "large"), START + 13 * MINUTE
    inputs, _ = killed(replace(inputs, at=START + 12 * MINUTE), START + 11 * MINUTE)
    inputs, decision = killed(replace(inputs, at=at + timedelta(seconds=26)), at)
    assert served(decision) == {"door"}
    decision = decide_node(restarted(inputs, at + timedelta(seconds=90), "large"), PLANNING)
    assert decision.out_of_memory is not None
    assert (decision.out_of_memory.suspect, decision.out_of_memory.base) == ("gate", "large")
    assert decision.out_of_memory.held == []
    assert served(decision) == {"door", "lift"}


def test_what_was_measured_as_an_earlier_runner_ended_says_nothing_of_a_later_kill(running: NodeInputs) -> None:
    inputs, at = with_newcomer(running, "large"), START + 30 * MINUTE
    earlier = InterruptedProfiling(base="large", at=START + 11 * MINUTE)
    report = StatusReport(node="edge-1", started_at=at, interrupted=earlier)
    _, decision = killed(replace(inputs, report=report, at=at), at)
    assert decision.out_of_memory is not None
    assert (decision.out_of_memory.suspect, decision.out_of_memory.base) == ("lift", None)


def test_a_base_network_that_nobody_asks_for_any_more_leaves_the_newest_app_named(running: NodeInputs) -> None:
    at = START + 11 * MINUTE
    _, decision = killed(restarted(running, at, "large"), at)
    assert decision.out_of_memory is not None
    assert (decision.out_of_memory.suspect, decision.out_of_memory.base) == ("lift", None)


def test_more_memory_has_the_base_network_measured_again(running: NodeInputs) -> None:
    inputs, at = with_newcomer(running, "large"), START + 11 * MINUTE
    inputs, _ = killed(restarted(inputs, at, "large"), at)
    decision = decide_node(with_more_memory(inputs), PLANNING)
    assert decision.waiting["gate"].reason is Reason.PROFILING


def test_an_app_of_a_base_network_that_was_measured_before_runs_on(running: NodeInputs, workload: NodeWorkload) -> None:
    at = START + 11 * MINUTE
    base = workload.apps[0].package.base.name
    _, decision = killed(restarted(running, at, base), at)
    assert decision.out_of_memory is not None
    assert decision.out_of_memory.held_bases == [base]
    assert served(decision) == {"door", "lift"}


def test_on_a_node_without_a_profile_the_app_of_that_base_network_is_told_too(running: NodeInputs) -> None:
    inputs, at = with_newcomer(running, "large"), START + 11 * MINUTE
    inputs = replace(inputs, measured=None, running=None)
    _, decision = killed(restarted(inputs, at, "large"), at)
    assert decision.waiting["gate"].reason is Reason.OUT_OF_MEMORY
    assert decision.waiting["door"].reason is Reason.PROFILING
