"""Statuses of apps that are beyond their namespace's quota: told once, and then no work until something changes."""

from dataclasses import replace

import pytest
from operator_objects import app_body, observed

from mainstream.decide.admission.quotas import Quota, Quotas
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.status import statuses as statuses_module
from mainstream_operator.status.statuses import ObjectStatus, object_statuses
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.snapshot import take_snapshot


def put(cluster: ClusterState, name: str, created: int, generation: int = 1, **spec: object) -> None:
    body = app_body(name, **spec)
    body["metadata"] |= {"creationTimestamp": f"2026-01-01T00:00:{created:02}Z", "generation": generation}
    known = cluster.apps.get(f"plaza/{name}")
    status = {} if known is None else known.status.model_dump(mode="json", by_alias=True, exclude_none=True)
    cluster.note_resource("VideoApp", {**body, "status": status}, gone=False)


def statuses(cluster: ClusterState, apps: int) -> dict[str, ObjectStatus]:
    quotas = Quotas(namespaces={"plaza": Quota(apps=apps)})
    observation = replace(observed(cluster), snapshot=take_snapshot(cluster, "n1", quotas))
    found = object_statuses(observation, decide(observation, KeptPlanning()))
    return {each.metadata.name: each for each in found if each.kind == "VideoApp"}


def write(cluster: ClusterState, found: dict[str, ObjectStatus]) -> None:
    for name, each in found.items():
        app = cluster.apps[f"plaza/{name}"]
        cluster.apps[app.key] = app.model_copy(update={"status": each.after})


def test_who_is_beyond_a_quota_and_says_so_has_no_status_worked_out_until_something_changes(
    cluster: ClusterState,
) -> None:
    put(cluster, "crossing", 1)
    put(cluster, "lamp-post", 2)
    first = statuses(cluster, 1)
    assert set(first) == {"crossing", "lamp-post"}
    write(cluster, first)
    assert set(statuses(cluster, 1)) == {"crossing"}
    assert set(statuses(cluster, 0)) == {"crossing", "lamp-post"}, "another quota is told"
    assert set(statuses(cluster, 2)) == {"crossing", "lamp-post"}, "whoever may run is told"
    put(cluster, "lamp-post", 2, generation=2, votes=2)
    assert set(statuses(cluster, 1)) == {"crossing", "lamp-post"}, "of another spec it is told anew"


def test_of_thousands_beyond_a_quota_so_many_are_told_at_a_time_and_a_neighbour_at_once(
    cluster: ClusterState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statuses_module, "MOST_BEYOND", 3)
    for number in range(8):
        put(cluster, f"app-{number}", 10 + number)
    told = statuses(cluster, 2)
    beyond = sorted(name for name in told if name.startswith("app-"))
    assert beyond == ["app-0", "app-1", "app-2"]
    assert {"crossing", "lamp-post"} <= told.keys()
    write(cluster, told)
    then = statuses(cluster, 2)
    assert sorted(name for name in then if name.startswith("app-")) == ["app-3", "app-4", "app-5"]


def test_who_is_beyond_a_quota_and_refused_too_is_told_of_the_refusal(cluster: ClusterState) -> None:
    put(cluster, "crossing", 1)
    put(cluster, "lamp-post", 2)
    write(cluster, statuses(cluster, 1))
    put(cluster, "lamp-post", 2, stream={"name": "plaza", "view": "roof"})
    told = {each.type: each.reason for each in statuses(cluster, 1)["lamp-post"].after.conditions}
    assert told["Accepted"] == "ViewNotFound"
