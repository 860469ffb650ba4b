"""Tables of one namespace's apps, however many and large, keep nobody else's new app from being planned."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from operator_objects import (
    NOW,
    app_body,
    edge_node_body,
    kubernetes_node_body,
    manifest,
    node_profile,
    stream_body,
    typed,
    with_forty_candidates,
)

from mainstream.api import VideoApp, VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.inputs import PackageState
from mainstream.messages.runner_orders import NodeCredentials
from mainstream.mpackage.manifest import Manifest
from mainstream.planner.tables.known import forget_tables, is_known
from mainstream.workload.node_workload import PlacedApp
from mainstream.workload.problem import costless_problem
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.observe import option_tables
from mainstream_operator.observe.observation import Observation
from mainstream_operator.observe.option_tables import OptionTables
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.snapshot import take_snapshot

HOSTILE = 40
NEIGHBOUR_CPU_S = 6.0
"""of the whole process, from when the neighbour's app is there until it is planned; one hostile table takes 1 to 2 s,
and all of them a minute"""
WAIT_S = 120.0


@pytest.fixture
def made() -> Iterator[list[str]]:
    """Nodes that were told."""
    forget_tables()
    yield []
    forget_tables()


@pytest.fixture
def tables(made: list[str]) -> Iterator[OptionTables]:
    maker = OptionTables(made.append)
    yield maker
    maker.close()


def at_the_bounds(name: str) -> Manifest:
    """A package of as many candidates and thresholds as a mebibyte holds, unlike that of any other app."""
    package = with_forty_candidates(manifest(name.replace("/", "-")), name, 256, 300)
    lengths = tuple(0.01 * n for n in range(1, 257))
    events = package.event_statistics.model_copy(update={"lengths_s": lengths})
    return package.model_copy(update={"event_statistics": events})


def crowd() -> ClusterState:
    cluster = ClusterState()
    cluster.note_kubernetes_node(kubernetes_node_body(), gone=False)
    profile = node_profile("plaza/plaza").model_dump()
    cluster.note_resource("EdgeNode", edge_node_body(profile=profile), gone=False)
    cluster.note_resource("VideoStream", stream_body(framesPerSecond=30, allowedNamespaces=["evil"]), gone=False)
    for number in range(HOSTILE):
        put(cluster, f"app-{number:02}", "evil")
    return cluster


def put(cluster: ClusterState, name: str, namespace: str) -> None:
    body = app_body(name, stream={"name": "plaza", "namespace": "plaza"})
    body["metadata"]["namespace"] = namespace
    cluster.note_resource("VideoApp", body, gone=False)


def observed(cluster: ClusterState, tables: OptionTables, packages: dict[str, Manifest]) -> Observation:
    snapshot = take_snapshot(cluster, "n1")
    states = {each.key: PackageState(manifest=packages[each.key]) for each in snapshot.apps}
    placed = (PlacedApp(each.app, each.stream, packages[each.key]) for each in snapshot.apps if each.stream is not None)
    return Observation(
        at=NOW,
        snapshot=snapshot,
        packages=states,
        predicting=tables.predicting(placed, "n1"),
        report=None,
        credentials=NodeCredentials(),
        stream_refusals={},
    )


def wait_until(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_forty_apps_at_their_bounds_leave_a_neighbours_new_app_planned_within_seconds(tables: OptionTables) -> None:
    cluster, planning = crowd(), KeptPlanning()
    packages = {key: at_the_bounds(key) for key in cluster.apps} | {"plaza/door": manifest("door")}
    waiting = observed(cluster, tables, packages).predicting
    assert len(waiting) > HOSTILE // 2
    put(cluster, "door", "plaza")
    start_s, end_s = time.process_time(), time.monotonic() + WAIT_S
    while True:
        decision = decide(observed(cluster, tables, packages), planning)
        planned = {app.name for app in decision.runner_plan.apps} if decision.runner_plan is not None else set()
        if "plaza/door" in planned:
            break
        assert time.monotonic() < end_s
    took_s = time.process_time() - start_s
    assert took_s < NEIGHBOUR_CPU_S
    still = {name for name, why in decision.waiting.items() if why.reason is Reason.PREDICTING}
    assert len(still) > HOSTILE // 2, "the others were waited for"
    assert planned.isdisjoint(still)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[str], threading.Semaphore]]:
    """Apps in the order in which their tables are made, and what lets the next one through."""
    order: list[str] = []
    goes_on = threading.Semaphore(0)

    def make(placed: PlacedApp) -> object:
        order.append(placed.name)
        assert goes_on.acquire(timeout=WAIT_S)
        return costless_problem(placed)

    monkeypatch.setattr(option_tables, "costless_problem", make)
    monkeypatch.setattr(option_tables, "_PATIENCE_S", 0.05)
    yield order, goes_on
    for _ in range(100):
        goes_on.release()


def placed_app(key: str, **spec: object) -> PlacedApp:
    namespace, name = key.split("/")
    body = app_body(name, **spec)
    body["metadata"]["namespace"] = namespace
    app, stream = typed(body), typed(stream_body())
    assert isinstance(app, VideoApp)
    assert isinstance(stream, VideoStream)
    return PlacedApp(app, stream, PACKAGE)


PACKAGE = manifest("door")


def test_namespaces_take_turns_and_a_node_is_told_of_each_table(
    made: list[str], slow: tuple[list[str], threading.Semaphore]
) -> None:
    order, goes_on = slow
    maker = OptionTables(made.append, makers=1)
    many = [placed_app(f"evil/app-{number}") for number in range(6)]
    assert len(maker.predicting(many, "n1")) == 6
    everybody = [*many, placed_app("plaza/door")]
    for _ in range(2):
        goes_on.release()
    wait_until(lambda: len(made) == 2)
    assert "plaza/door" in maker.predicting(everybody, "n1")
    for _ in range(3):
        goes_on.release()
    wait_until(lambda: len(made) == 5)
    wait_until(lambda: len(order) == 6)
    assert order[4] == "plaza/door", "after the one that was begun, and one of those that waited before"
    left = [each for each in everybody if each.name == order[5]]
    maker.predicting(left, "n1")
    for _ in range(4):
        goes_on.release()
    wait_until(lambda: len(made) == 6)
    assert maker.predicting(left, "n1") == frozenset()
    assert len(order) == 6, "those that nobody asks for any more are left out"
    maker.close()


def test_a_table_is_made_anew_only_for_what_it_follows_from(made: list[str], tables: OptionTables) -> None:
    def ready(placed: PlacedApp) -> int:
        wait_until(lambda: not tables.predicting([placed], "n1"))
        return len(made)

    assert ready(placed_app("plaza/door")) == 1
    assert ready(placed_app("plaza/door", objective={"weight": 3, "minimum": 0.2}, cooldownSeconds=5)) == 1
    assert ready(placed_app("plaza/door", mergeGapSeconds=3)) == 2
    assert ready(placed_app("plaza/door", mergeGapSeconds=3, rates=[1, 2])) == 3
    equal = replace(placed_app("plaza/door", mergeGapSeconds=3, rates=[1, 2]), package=manifest("door"))
    assert ready(equal) == 3, "an equal package is the same"


def test_a_table_that_had_to_make_room_is_made_anew_here_and_not_while_a_node_is_planned(
    made: list[str], tables: OptionTables
) -> None:
    door, broken = placed_app("plaza/door"), placed_app("plaza/broken", rates=[1, 200])
    wait_until(lambda: not tables.predicting([door, broken], "n1"))
    assert len(made) == 2
    tables.predicting([door, broken], "n1")
    assert len(made) == 2
    forget_tables()
    wait_until(lambda: not tables.predicting([door, broken], "n1"))
    wait_until(lambda: len(made) == 3)
    assert is_known(costless_problem(door).apps[0])


def test_an_app_that_cannot_be_planned_with_is_not_waited_for(tables: OptionTables) -> None:
    too_fast = placed_app("plaza/door", rates=[1, 200])
    wait_until(lambda: not tables.predicting([too_fast], "n1"))
