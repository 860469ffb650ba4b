"""N reconciles are one reconcile: whatever happened on the way, the end follows from what is declared at the end."""

import random
from datetime import timedelta
from typing import Any

import pytest
from fake_cluster import FakeCluster
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operator_objects import NOW, app_body, edge_node_body, machine_body, node_profile, stream_body

NAMES = ("crossing", "lamp-post", "path-left", "road-right", "bench")
STATUSES = (0, 409, 429, 500, 503)
COSTS = {"branchPoint": 0.02, "rate": 0.01}

steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("app"),
            st.sampled_from(NAMES),
            st.sampled_from((0.5, 1, 1, 2)),
            st.sampled_from((0, 0, 0.5, 0.8)),
            st.booleans(),
        ),
        st.tuples(st.just("drop"), st.sampled_from(NAMES)),
        st.tuples(st.just("package"), st.sampled_from(NAMES), st.sampled_from((0.6, 0.7, 0.8, 0.9))),
        st.tuples(st.just("budget"), st.sampled_from((0.05, 0.08, 0.12, 0.2, 0.5))),
        st.tuples(st.just("stranger"), st.sampled_from(("edit", "delete"))),
        st.tuples(st.just("restart")),
        st.tuples(st.just("errors"), st.integers(0, 10_000)),
        st.tuples(st.just("quiet")),
        st.tuples(st.just("node"), st.booleans()),
    ),
    max_size=25,
)


def declare(cluster: FakeCluster, costs: dict[str, float]) -> None:
    cluster.put({"apiVersion": "v1", "kind": "Node", **machine_body()})
    cluster.put(stream_body())
    cluster.put(node(0.2, costs))


def node(budget: float, costs: dict[str, float]) -> dict[str, Any]:
    profile = node_profile("plaza/plaza").model_dump(mode="json")
    return edge_node_body(budget=budget, profile=profile, switchingCosts=costs)


def app(name: str, weight: float, minimum: float, suspend: bool) -> dict[str, Any]:
    body = app_body(name, objective={"weight": weight, "minimum": minimum}, suspend=suspend)
    created = NOW + timedelta(hours=NAMES.index(name))
    body["metadata"]["creationTimestamp"] = created.isoformat()
    return body


def do(cluster: FakeCluster, step: tuple[Any, ...], costs: dict[str, float]) -> None:
    match step:
        case ("app", name, weight, minimum, suspend):
            cluster.put(app(name, weight, minimum, suspend))
        case ("drop", name):
            cluster.drop(app_body(name))
        case ("package", name, hit):
            cluster.hits[name] = hit
        case ("budget", budget):
            cluster.put(node(budget, costs))
        case ("stranger", "delete"):
            cluster.api.objects.pop(cluster.orders_path, None)
        case ("stranger", "edit"):
            orders = cluster.api.objects.get(cluster.orders_path)
            if orders is not None:
                orders["data"]["plan.json"] = "{}"
        case ("restart",):
            cluster.restart()
        case ("errors", seed):
            cluster.api.fails = _failing(seed)
        case ("quiet",):
            cluster.api.fails = lambda: None
        case ("node", ready):
            cluster.put({"apiVersion": "v1", "kind": "Node", **machine_body(ready=ready)})


def _failing(seed: int) -> Any:
    chance = random.Random(seed)  # noqa: S311 - not a secret

    def fails() -> tuple[int, bool] | None:
        return (chance.choice(STATUSES), chance.random() < 0.5) if chance.random() < 0.3 else None

    return fails


def after(sequence: list[tuple[Any, ...]], costs: dict[str, float]) -> FakeCluster:
    """A cluster that went through all of it, and came to rest."""
    cluster = FakeCluster()
    declare(cluster, costs)
    for step in sequence:
        do(cluster, step, costs)
        cluster.reconcile()
    do(cluster, ("node", True), costs)
    cluster.settle()
    return cluster


def from_nothing(like: FakeCluster) -> FakeCluster:
    """A cluster in which the same was declared at once."""
    fresh = FakeCluster()
    fresh.hits.update(like.hits)
    for path, body in like.api.objects.items():
        if path.endswith("/nodes/n1"):
            fresh.api.objects[path] = body
        elif "mainstream.video" in path:
            fresh.api.objects[path] = {name: value for name, value in body.items() if name != "status"}
    fresh.settle()
    return fresh


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_the_end_follows_from_what_is_declared_and_not_from_the_way_there(sequence: list[tuple[Any, ...]]) -> None:
    costs = {"branchPoint": 0.0, "rate": 0.0}
    cluster = after(sequence, costs)
    assert cluster.end_state() == from_nothing(cluster).end_state()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_what_switching_costs_is_the_most_that_a_plan_is_worse(sequence: list[tuple[Any, ...]]) -> None:
    cluster = after(sequence, COSTS)
    best = from_nothing(cluster).mean_f1()
    assert cluster.mean_f1() >= best - COSTS["branchPoint"] - 2e-4


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_a_restart_at_rest_writes_nothing(sequence: list[tuple[Any, ...]]) -> None:
    cluster = after(sequence, COSTS)
    before = len(cluster.api.writes)
    cluster.restart()
    assert cluster.reconcile()
    assert len(cluster.api.writes) == before


def test_without_errors_a_change_takes_one_reconcile() -> None:
    cluster = after([("app", "crossing", 1, 0, False)], COSTS)
    cluster.put(app("lamp-post", 1, 0, False))
    assert cluster.reconcile()
    orders = cluster.api.objects[cluster.orders_path]["data"]["plan.json"]
    assert "plaza/lamp-post" in orders


@pytest.mark.parametrize("status", STATUSES)
def test_an_api_error_ends_a_reconcile_and_harms_nothing(status: int) -> None:
    cluster = FakeCluster()
    declare(cluster, COSTS)
    cluster.put(app("crossing", 1, 0, False))
    cluster.api.fails = lambda: (status, False)
    assert not cluster.reconcile()
    cluster.settle()
    assert cluster.end_state() == from_nothing(cluster).end_state()


def test_what_a_stranger_adds_to_the_orders_is_taken_away() -> None:
    cluster = after([], COSTS)
    cluster.api.objects[cluster.orders_path]["data"]["plan.json"] = "{}"
    cluster.settle()
    assert "plan.json" not in cluster.api.objects[cluster.orders_path]["data"]
