"""The path put together, on the small node on paper of tests/core/conftest.py."""

import time
from dataclasses import replace

import pytest

from mainstream.api import EdgeNode
from mainstream.api.model import Metadata
from mainstream.api.reasons import Reason
from mainstream.api.video_app import StreamSource
from mainstream.decide.decide import NodeDecision, decide_node
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.planning import StepPlanning
from mainstream.errors import InvalidInputError
from mainstream.messages.status_report import StatusReport, StreamStatusReport
from mainstream.offline import planned
from mainstream.planner import Policy
from mainstream.workload.node_workload import NodeWorkload

PLANNING = StepPlanning(time.monotonic)


def inputs_of(workload: NodeWorkload, budget: float = 0.5) -> NodeInputs:
    spec = {"budget": budget, "runner": {"cpu": 1}}
    return NodeInputs(
        node=EdgeNode.model_validate({"metadata": {"name": "edge-1"}, "spec": spec}),
        apps=tuple(AskingApp(placed.app, placed.stream) for placed in workload.apps),
        refused={},
        packages={placed.name: PackageState(manifest=placed.package) for placed in workload.apps},
        measured=workload.profile,
    )


def mean_f1(inputs: NodeInputs, policy: Policy) -> float:
    decision = decide_node(inputs, PLANNING, policy)
    assert decision.plan is not None
    return decision.plan.mean_f1


def served(decision: NodeDecision) -> set[str]:
    return set() if decision.runner_plan is None else {app.name for app in decision.runner_plan.apps}


def test_a_plan_fits_its_budget(workload: NodeWorkload) -> None:
    decision = decide_node(inputs_of(workload, 0.08), PLANNING)
    assert served(decision) == {"door", "lift"}
    assert decision.runner_plan is not None
    assert decision.runner_plan.cost <= 0.08 + 1e-9


def test_mainstream_predicts_at_least_what_either_baseline_does(workload: NodeWorkload) -> None:
    inputs = inputs_of(workload, 0.08)
    baselines = [mean_f1(inputs, policy) for policy in ("no-sharing", "max-sharing")]  # type: ignore[arg-type]
    assert mean_f1(inputs, "mainstream") >= max(baselines) - 1e-4


def test_a_budget_that_serves_nobody_says_how_much_is_missing(workload: NodeWorkload) -> None:
    decision = decide_node(inputs_of(workload, 0.02), PLANNING)
    assert decision.waiting["door"].reason == "DoesNotFit"
    assert decision.waiting["door"].message.startswith("Even alone, 0.0")
    with pytest.raises(InvalidInputError, match=r"EdgeNode edge-1: no app is planned: door: Even alone"):
        planned(decision, inputs_of(workload).node)  # type: ignore[arg-type]


def test_memory_that_serves_nobody_is_told_as_memory_and_not_as_budget(workload: NodeWorkload) -> None:
    full = workload.profile.model_copy(update={"resident_bytes": 8 << 30})
    decision = decide_node(replace(inputs_of(workload), measured=full), PLANNING)
    assert "do not fit into the runner's memory" in decision.waiting["door"].message


def test_a_node_without_apps_has_no_plan_and_that_is_an_error_offline(workload: NodeWorkload) -> None:
    inputs = replace(inputs_of(workload), apps=())
    decision = decide_node(inputs, PLANNING)
    assert decision.runner_plan is None
    with pytest.raises(InvalidInputError, match="EdgeNode edge-1: no app is planned: no VideoApp looks"):
        planned(decision, inputs.node)  # type: ignore[arg-type]


def test_a_suspended_app_frees_its_share_at_once_though_its_package_cannot_be_read(workload: NodeWorkload) -> None:
    inputs = inputs_of(workload)
    running = decide_node(inputs, PLANNING).runner_plan
    door, lift = inputs.apps
    spec = door.app.spec.model_copy(update={"suspend": True})
    suspended = replace(door, app=door.app.model_copy(update={"spec": spec}))
    packages = {**inputs.packages, "door": PackageState()}
    decision = decide_node(replace(inputs, apps=(suspended, lift), packages=packages, running=running), PLANNING)
    assert decision.waiting["door"].reason == "Suspended"
    assert served(decision) == {"lift"}


def asking_for(asking: AskingApp, name: str, **spec: object) -> AskingApp:
    """An app of another name that asks for something else."""
    app = asking.app
    plain = app.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    update = {
        "metadata": app.metadata.model_copy(update={"name": name}),
        "spec": type(app.spec).model_validate({**plain, **spec}),
    }
    return replace(asking, app=app.model_copy(update=update))


def test_where_not_all_fit_the_heaviest_app_is_the_last_to_go(workload: NodeWorkload) -> None:
    """Shedding the least weight would take the heavy app, of weight 3, rather than two of weight 2 each."""
    door, lift = inputs_of(workload).apps
    heavy = asking_for(door, "door", objective={"weight": 3}, rates=[10])
    light = [asking_for(lift, name, objective={"weight": 2}, rates=[6]) for name in ("gate", "lift")]
    packages = {**inputs_of(workload).packages, "gate": PackageState(manifest=workload.apps[1].package)}
    found: set[frozenset[str]] = set()
    for step in range(20, 80):
        inputs = replace(inputs_of(workload, step / 500), apps=(heavy, *light), packages=packages)
        left = served(decide_node(inputs, PLANNING))
        assert "door" in left or "door" not in served(decide_node(replace(inputs, apps=(heavy,)), PLANNING))
        found.add(frozenset(left))
    assert {frozenset({"door"}), frozenset({"door", "gate", "lift"})} <= found


GARBAGE = StreamStatusReport(state="failing", problem="sends nothing that can be decoded")


def test_apps_of_a_camera_that_cannot_be_decoded_say_so_and_hold_up_nobody(workload: NodeWorkload) -> None:
    door, lift = workload.apps
    other = replace(lift, stream=lift.stream.model_copy(update={"metadata": Metadata(name="yard")}))
    app = other.app.model_copy(update={"spec": other.app.spec.model_copy(update={"stream": StreamSource(name="yard")})})
    inputs = inputs_of(workload)
    inputs = replace(inputs, apps=(AskingApp(door.app, door.stream), AskingApp(app, other.stream)))
    measuring = decide_node(inputs, PLANNING)
    assert measuring.waiting["lift"].reason is Reason.PROFILING
    report = StatusReport(node="edge-1", streams={"yard": GARBAGE})
    decision = decide_node(replace(inputs, report=report), PLANNING)
    told = decision.waiting["lift"]
    assert told.reason is Reason.CAMERA_UNREADABLE
    assert told.message.startswith("The camera of VideoStream yard cannot be read: sends nothing that can be decoded.")
    assert told.message.endswith("The app is planned as soon as frames come.")
    assert served(decision) == {"door"}


def test_on_a_node_that_was_never_profiled_each_app_is_told_of_its_own_camera(workload: NodeWorkload) -> None:
    stream = workload.apps[0].stream_name
    inputs = replace(inputs_of(workload), measured=None)
    report = StatusReport(node="edge-1", streams={stream: GARBAGE}, profile_problem="no stream answers")
    assert {each.reason for each in decide_node(replace(inputs, report=report), PLANNING).waiting.values()} == {
        Reason.CAMERA_UNREADABLE
    }
