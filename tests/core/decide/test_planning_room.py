"""A namespace gives the planner of a node so much to look through, and is told where its apps are beyond that."""

from collections.abc import Callable

import pytest

from mainstream.api import VideoApp, VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.admission import planning_room
from mainstream.decide.admission.planning_room import beyond_planning
from mainstream.decide.decide import decide_node
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.planning import StepPlanning
from mainstream.mpackage.manifest import Manifest
from mainstream.workload.node_workload import NodeWorkload, PlacedApp

MakePlaced = Callable[..., PlacedApp]
CHOICES = 3 * 13
"""three candidates at .1, .2, .5 and 1 to 10 frames per second"""
SEGMENTS = 3 + 1


@pytest.fixture
def make_placed(
    make_app: Callable[..., VideoApp], make_package: Callable[[str], Manifest], stream: VideoStream
) -> MakePlaced:
    def make(key: str, **spec: object) -> PlacedApp:
        namespace, name = key.split("/")
        app = make_app(name, **spec)
        app = app.model_copy(update={"metadata": app.metadata.model_copy(update={"namespace": namespace})})
        return PlacedApp(app, stream, make_package("door"))

    return make


def bound(monkeypatch: pytest.MonkeyPatch, apps: float) -> None:
    monkeypatch.setattr(planning_room, "MOST_CHOICES", int(apps * CHOICES))


def test_those_that_come_first_have_the_room_and_a_neighbours_apps_have_their_own(
    make_placed: MakePlaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound(monkeypatch, 2.5)
    mine = [make_placed("evil/a"), make_placed("evil/b", objective={"weight": 3}), make_placed("evil/c")]
    dry_run = make_placed("evil/0-tried", dryRun=True, objective={"weight": 9})
    refused = beyond_planning([dry_run, *mine, make_placed("plaza/door"), make_placed("plaza/lift")])
    assert set(refused) == {"evil/c", "evil/0-tried"}
    assert refused["evil/c"].reason is Reason.TOO_MUCH_TO_PLAN
    assert f"{CHOICES} choices" in refused["evil/c"].message
    assert "allow fewer rates in spec.rates" in refused["evil/c"].message


def test_an_app_with_fewer_rates_still_has_room_where_a_larger_one_had_none(
    make_placed: MakePlaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound(monkeypatch, 1.5)
    apps = [make_placed("evil/a"), make_placed("evil/b"), make_placed("evil/c", rates=[1, 5])]
    assert set(beyond_planning(apps)) == {"evil/b"}


def test_tuned_segments_are_bounded_too(make_placed: MakePlaced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning_room, "MOST_SEGMENTS", 2 * SEGMENTS)
    assert set(beyond_planning([make_placed(f"evil/{name}") for name in "abc"])) == {"evil/c"}


def test_rates_that_nobody_else_has_are_bounded_and_those_that_anybody_may_have_are_not(
    make_placed: MakePlaced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning_room, "MOST_RATES", 3)
    apps = [
        make_placed("evil/a", rates=[1.25, 2.5]),
        make_placed("evil/b", rates=[1.25, 2.5, 3.75]),
        make_placed("evil/c", rates=[0.7, 2.5]),
        make_placed("evil/d", rates=[0.1, 0.2, 0.5, 1, 2, 3, 10]),
        make_placed("plaza/door", rates=[0.7, 1.25]),
    ]
    refused = beyond_planning(apps)
    assert set(refused) == {"evil/c"}
    assert "2 rates that are not whole numbers" in refused["evil/c"].message


def test_whoever_is_beyond_it_is_refused_and_the_others_are_planned(
    make_placed: MakePlaced, monkeypatch: pytest.MonkeyPatch, workload: NodeWorkload, stream: VideoStream
) -> None:
    bound(monkeypatch, 2)
    apps = [make_placed(f"evil/{name}") for name in "abcd"] + [make_placed("plaza/door")]
    decision = decide_node(
        NodeInputs(
            node=workload.node,
            apps=tuple(AskingApp(each.app, stream) for each in apps),
            refused={},
            packages={each.name: PackageState(manifest=each.package) for each in apps},
            predicting=frozenset({"evil/d"}),
            measured=workload.profile,
        ),
        StepPlanning(lambda: 0.0),
    )
    assert {name: why.reason for name, why in decision.refused.items()} == {
        "evil/c": Reason.TOO_MUCH_TO_PLAN,
        "evil/d": Reason.TOO_MUCH_TO_PLAN,
    }
    assert decision.runner_plan is not None
    assert {app.name for app in decision.runner_plan.apps} == {"evil/a", "evil/b", "plaza/door"}
