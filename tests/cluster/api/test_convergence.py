"""N reconciles are one reconcile: whatever happened on the way, the end follows from what is declared at the end.

The operator's own code, on a real API server; only its calls fail now and then, and packages are always at hand.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from api_stage import open_api_stage
from cluster_tools import MissingToolError
from failing_client import STATUSES, Failure, never, now_and_then
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from one_node import NAMES, NODE, TENANT, OneNode

BUDGET = 0.2
COSTS = {"candidate": 0.02, "rate": 0.01}
FREE = {"candidate": 0.0, "rate": 0.0}

Step = tuple[Any, ...]
an_app = st.tuples(
    st.just("app"),
    st.sampled_from(NAMES),
    st.sampled_from((0.5, 1, 1, 2)),
    st.sampled_from((0, 0, 0.5, 0.8)),
    st.sampled_from((False, False, False, True)),
)
changes = st.one_of(
    an_app,
    an_app,
    st.tuples(st.just("drop"), st.sampled_from(NAMES)),
    st.tuples(st.just("package"), st.sampled_from(NAMES), st.integers(0, 11)),
    st.tuples(st.just("budget"), st.sampled_from((0.05, 0.08, 0.12, 0.2, 0.5))),
    st.tuples(st.just("stranger"), st.sampled_from(("edit", "delete"))),
    st.tuples(st.just("restart")),
    st.tuples(st.just("errors"), st.integers(0, 10_000)),
    st.tuples(st.just("quiet")),
    st.tuples(st.just("node"), st.booleans()),
    st.tuples(st.just("later")),
)
# A node with few apps, or a short way, has little to decide.
steps = st.builds(
    lambda apps, more: [*apps, *more],
    st.lists(an_app, min_size=2, max_size=5),
    st.lists(changes, min_size=3, max_size=20),
)
checks = [HealthCheck.too_slow]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneNode]:
    """An API server, and nothing on it yet."""
    try:
        with open_api_stage(tmp_path_factory.mktemp("api"), simulated=0, tenants=(TENANT,)) as stage:
            node = OneNode(stage)
            yield node
            node.close()
    except MissingToolError as missing:
        pytest.skip(str(missing))


def do(node: OneNode, step: Step, costs: dict[str, float]) -> None:
    match step:
        case ("app", name, weight, minimum, suspend):
            node.put(node.app(name, weight, minimum, suspend))
        case ("drop", name):
            node.drop(node.app(name))
        case ("package", name, number):
            node.train(name, number)
        case ("budget", budget):
            node.put(node.edge_node(budget, costs))
        case ("stranger", "delete"):
            node.delete_orders()
        case ("stranger", "edit"):
            node.edit_orders()
        case ("restart",):
            node.restart()
        case ("errors", seed):
            node.fail(now_and_then(seed))
        case ("quiet",):
            node.fail(never)
        case ("node", ready):
            node.ready(ready)
        case ("later",):
            node.wait_for_next_second()


def go_through(node: OneNode, sequence: list[Step], costs: dict[str, float]) -> None:
    """All of it, a reconcile after each step, and then to rest."""
    node.declare(BUDGET, costs)
    for step in sequence:
        do(node, step, costs)
        node.reconcile()
    node.ready(True)
    node.settle()


@settings(max_examples=10, deadline=None, suppress_health_check=checks)
@given(sequence=steps)
def test_the_end_follows_from_what_is_declared_and_not_from_the_way_there(node: OneNode, sequence: list[Step]) -> None:
    go_through(node, sequence, FREE)
    reached = node.end_state()
    node.begin_again()
    assert reached == node.end_state()


@settings(max_examples=10, deadline=None, suppress_health_check=checks)
@given(sequence=steps)
def test_what_switching_costs_is_the_most_that_a_plan_is_worse(node: OneNode, sequence: list[Step]) -> None:
    go_through(node, sequence, COSTS)
    reached = node.mean_f1()
    node.begin_again()
    assert reached >= node.mean_f1() - COSTS["candidate"] - 2e-4


@settings(max_examples=4, deadline=None, suppress_health_check=checks)
@given(sequence=steps)
def test_a_restart_at_rest_writes_nothing(node: OneNode, sequence: list[Step]) -> None:
    go_through(node, sequence, COSTS)
    before = node.writes
    node.restart()
    assert node.reconcile()
    assert node.writes == before


def test_without_errors_a_change_takes_one_reconcile(node: OneNode) -> None:
    go_through(node, [("app", "crossing", 1, 0, False)], COSTS)
    node.put(node.app("lamp-post"))
    assert node.reconcile()
    assert f"{TENANT}/lamp-post" in node.ordered_apps()


@pytest.mark.parametrize("status", STATUSES)
def test_an_api_error_ends_a_reconcile_and_harms_nothing(node: OneNode, status: int) -> None:
    node.declare(BUDGET, COSTS)
    node.put(node.app("crossing"))
    node.fail(lambda: Failure(status, done=False))
    assert not node.reconcile()
    node.settle()
    reached = node.end_state()
    node.begin_again()
    assert reached == node.end_state()


def test_what_the_api_server_refuses_keeps_no_status_from_being_written(node: OneNode) -> None:
    node.declare(BUDGET, COSTS)
    node.put(node.app("crossing"))
    node.settle()
    node.put(node.app("lamp-post"))
    node.refuse("/configmaps/")
    assert node.reconcile()
    assert node.reason("edgenodes", NODE, "Ready") == "ApplyRefused"
    assert node.reason("videoapps", "lamp-post", "Accepted") == "Valid"
    assert f"{TENANT}/lamp-post" not in node.ordered_apps()
    node.refuse("")
    node.settle()
    assert node.reason("edgenodes", NODE, "Ready") != "ApplyRefused"
    assert f"{TENANT}/lamp-post" in node.ordered_apps()


def test_what_a_stranger_adds_to_the_orders_is_taken_away(node: OneNode) -> None:
    go_through(node, [], COSTS)
    node.edit_orders()
    node.settle()
    assert "strange.gz" not in node.orders()
