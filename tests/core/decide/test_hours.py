"""Outside of its hours an app waits, and what it would take is free for others; on the small node of conftest.py."""

import time
from dataclasses import replace
from datetime import UTC, datetime

from mainstream.api.reasons import Reason
from mainstream.api.video_app import VideoApp
from mainstream.api.video_stream import VideoStream
from mainstream.decide.decide import NodeDecision, decide_node
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.planning import StepPlanning
from mainstream.workload.node_workload import NodeWorkload

PLANNING = StepPlanning(time.monotonic)
OFFICE = {"timeZone": "Europe/Berlin", "windows": [{"from": "08:00", "to": "18:00"}]}
DAY, NIGHT = datetime(2026, 11, 30, 11, tzinfo=UTC), datetime(2026, 11, 30, 17, tzinfo=UTC)
TIGHT = 0.03
"""of a core: two apps get less of it than one"""


def inputs_of(workload: NodeWorkload, at: datetime | None, app: object = None, stream: object = None) -> NodeInputs:
    """`app` and `stream` are hours of the app `lift` and of the stream of both."""
    asking = []
    for placed in workload.apps:
        spec = placed.app.model_dump(by_alias=True)
        if placed.name == "lift" and app is not None:
            spec["spec"]["active"] = app
        looked_at = placed.stream.model_dump(by_alias=True)
        looked_at["spec"]["active"] = stream
        asking.append(AskingApp(VideoApp.model_validate(spec), VideoStream.model_validate(looked_at)))
    spec = workload.node.spec.model_copy(update={"budget": TIGHT})
    return NodeInputs(
        node=workload.node.model_copy(update={"spec": spec}),
        apps=tuple(asking),
        refused={},
        packages={placed.name: PackageState(manifest=placed.package) for placed in workload.apps},
        measured=workload.profile,
        at=at,
    )


def f1_of(decision: NodeDecision, name: str) -> float:
    assert decision.plan is not None
    assert decision.plan.plan is not None
    return next(app.f1 for app in decision.plan.plan.apps if app.name == name)


def served(decision: NodeDecision) -> list[str]:
    return [] if decision.runner_plan is None else [app.name for app in decision.runner_plan.apps]


def test_what_an_app_would_take_is_others_outside_of_its_hours(workload: NodeWorkload) -> None:
    day = decide_node(inputs_of(workload, DAY, app=OFFICE), PLANNING)
    night = decide_node(inputs_of(workload, NIGHT, app=OFFICE), PLANNING)
    assert served(day) == ["door", "lift"]
    assert served(night) == ["door"]
    assert f1_of(night, "door") > f1_of(day, "door")
    refusal = night.waiting["lift"]
    assert refusal.reason is Reason.OUT_OF_HOURS
    assert refusal.message == "It is outside of the app's spec.active. Hours change next at 2026-12-01 07:00 UTC."


def test_an_app_that_runs_stops_at_the_end_of_its_hours_whatever_else_is_known(workload: NodeWorkload) -> None:
    running = decide_node(inputs_of(workload, DAY, app=OFFICE), PLANNING).runner_plan
    unread = replace(inputs_of(workload, NIGHT, app=OFFICE), running=running, packages={})
    assert served(decide_node(unread, PLANNING)) == ["door"]
    unprofiled = replace(inputs_of(workload, NIGHT, app=OFFICE), running=running, measured=None)
    assert served(decide_node(unprofiled, PLANNING)) == ["door"]


def test_nobody_looks_at_a_stream_outside_of_its_hours(workload: NodeWorkload) -> None:
    night = decide_node(inputs_of(workload, NIGHT, stream=OFFICE), PLANNING)
    assert night.runner_plan is None
    assert {each.reason for each in night.waiting.values()} == {Reason.OUT_OF_HOURS}
    assert "outside of VideoStream hall's spec.active" in night.waiting["door"].message
    assert served(decide_node(inputs_of(workload, DAY, stream=OFFICE), PLANNING)) == ["door", "lift"]


def test_hours_count_for_nothing_where_no_moment_is_given(workload: NodeWorkload) -> None:
    assert served(decide_node(inputs_of(workload, None, app=OFFICE), PLANNING)) == ["door", "lift"]
