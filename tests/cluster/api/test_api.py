"""The operator beside a real API server, with simulated nodes: what others break, what is nonsense, what goes away."""

import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_stage import SYSTEM, ApiStage, open_api_stage
from cluster_tools import MissingToolError, wait_for
from fleet_objects import app, stream
from fleet_run import (
    APPS,
    camera,
    children_of,
    declare_fleet,
    fleet_app,
    hostile_crowd,
    is_told,
    metric,
    orders_of,
    planned_apps,
    ref,
    throw,
    wait_planned,
    wait_still,
)

pytestmark = pytest.mark.timeout(400)
FREE = {"candidate": 0, "rate": 0}
_STILL_S = 4.0
"""without a change after which an operator that has just started is taken to be done"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiStage]:
    """Three nodes with four apps each, planned."""
    folder = tmp_path_factory.mktemp("api")
    try:
        with open_api_stage(folder, simulated=3, tenants=("tenant-a", "tenant-b", "guests")) as stage:
            declare_fleet(stage, 4, switchingCosts=FREE, budget=0.3)
            stage.operator.start()
            wait_planned(stage, 12, 90)
            yield stage
    except MissingToolError as missing:
        pytest.skip(str(missing))


def status_of(stage: ApiStage, body: dict[str, Any], type_: str) -> tuple[str, str]:
    found = stage.kube.get(ref(body)) or {}
    for each in found.get("status", {}).get("conditions", []):
        if each["type"] == type_:
            return each["status"], each["reason"]
    return "", ""


def test_what_others_change_or_delete_is_repaired_within_seconds(fleet: ApiStage) -> None:
    node = fleet.nodes[0]
    orders = orders_of(fleet, node)
    for kind, place in children_of(node).items():
        before = fleet.kube.get(place)
        assert before is not None
        fleet.kube.delete(place, before["metadata"]["uid"])
        wait_for(f"new {kind}", lambda place=place: fleet.kube.get(place), 5, 0.05)
    assert orders_of(fleet, node) == orders
    fleet.kube.patch(children_of(node)["ConfigMap"], {"binaryData": {"orders-00.gz": "AAAA", "more.gz": "AAAA"}})
    wait_for("orders put right", lambda: orders_of(fleet, node) == orders, 5, 0.05)
    fleet.kube.patch(children_of(node)["Deployment"], {"spec": {"replicas": 3}})
    wait_for("one replica", lambda: (fleet.kube.get(children_of(node)["Deployment"]) or {})["spec"]["replicas"] == 1, 5)


@pytest.mark.parametrize(
    ("part", "patch"),
    [
        ("env", {"op": "add", "path": "/env/-", "value": {"name": "STRANGE", "value": "1"}}),
        ("ports", {"op": "replace", "path": "/ports/0/containerPort", "value": 4444}),
    ],
)
def test_what_others_do_to_the_runners_lists_is_undone(fleet: ApiStage, part: str, patch: dict[str, Any]) -> None:
    place = children_of(fleet.nodes[0])["Deployment"]

    def told() -> Any:
        return (fleet.kube.get(place) or {})["spec"]["template"]["spec"]["containers"][0][part]

    before = told()
    patch = {**patch, "path": f"/spec/template/spec/containers/0{patch['path']}"}
    fleet.kubectl("patch", "deployment", place.name, "-n", SYSTEM, "--type=json", "-p", json.dumps([patch]))
    assert told() != before
    wait_for("list as it was", lambda: told() == before, 10, 0.05)


def test_kills_at_random_moments_lead_to_the_same_end(fleet: ApiStage) -> None:
    chance = random.Random(7)  # noqa: S311 - not a secret
    node = fleet.nodes[1]
    for _ in range(3):
        for index in range(4):
            weight = chance.choice((0.5, 1, 2))
            fleet.kube.patch(ref(fleet_app(fleet, node, index)), {"spec": {"objective": {"weight": weight}}})
        time.sleep(chance.uniform(0.2, 4))
        fleet.operator.kill()
        fleet.operator.start()
    reached = settled(fleet, node)
    fleet.operator.kill()
    fleet.kubectl("delete", "configmap", "-n", SYSTEM, children_of(node)["ConfigMap"].name)
    fleet.operator.start()
    assert settled(fleet, node) == reached


def settled(stage: ApiStage, node: str) -> dict[str, Any]:
    """The end state: every app of the node is told of its last spec, the orders name them all, and nothing moves."""
    wait_for("the last state", lambda: is_told(stage, [node], 4), 60)
    return wait_still(stage, [node], 4, still_s=_STILL_S, timeout_s=60, every_s=0.5)


def test_hostile_objects_are_rejected_or_told_and_touch_nobody(fleet: ApiStage) -> None:
    neighbours = {node: orders_of(fleet, node) for node in fleet.nodes[:2]}
    objects = hostile_crowd(fleet, fleet.nodes[2], 60, seed=3)
    before = metric(fleet, "mainstream_operator_reconciles_total")
    start_s = time.monotonic()
    result = throw(fleet, objects, 60)
    assert not result.strange
    assert not result.untold
    assert result.rejected
    assert len(result.accepted) > 10
    assert fleet.operator.alive()
    time.sleep(5)
    minutes = (time.monotonic() - start_s) / 60
    reconciles = metric(fleet, "mainstream_operator_reconciles_total") - before
    assert reconciles / (len(result.accepted) + 3) / minutes < 120, "a hot loop"
    assert {node: orders_of(fleet, node) for node in neighbours} == neighbours
    fleet.kubectl("delete", "namespace", "guests", "--timeout=60s")
    for body in result.accepted:
        if body["kind"] == "EdgeNode":
            fleet.kubectl("delete", "edgenode", body["metadata"]["name"], "--timeout=20s")
    wait_for("orders without them", lambda: "guests/" not in orders_of(fleet, fleet.nodes[2]).get("plan.json", ""), 20)


def test_the_plan_of_others_is_out_within_five_seconds_of_the_end_of_an_apps_hours(fleet: ApiStage) -> None:
    node = fleet.nodes[0]
    idle = ref(fleet_app(fleet, node, 1))
    others = [f"{node}-{number}" for number in (0, 2, 3)]
    # Windows are told in whole minutes; until this one ends there is time to plan with the app once more.
    end = (datetime.now(UTC) + timedelta(seconds=80)).replace(second=0, microsecond=0)
    window = {"from": f"{end - timedelta(hours=2):%H:%M}", "to": f"{end:%H:%M}"}
    fleet.kube.patch(idle, {"spec": {"active": {"timeZone": "UTC", "windows": [window]}}})
    wait_for("a plan with the app", lambda: f"{node}-1" in planned(fleet, node), 15)
    time.sleep((end - datetime.now(UTC)).total_seconds())
    wait_for("a plan without it", lambda: sorted(planned(fleet, node)) == others, 20, 0.05)
    out_after_s = (datetime.now(UTC) - end).total_seconds()
    print(f"the plan of others was out {out_after_s:.1f} s after the end of its hours")
    assert out_after_s < 5
    fleet.kube.patch(idle, {"spec": {"active": None}})
    wait_for("a plan with it again", lambda: f"{node}-1" in planned(fleet, node), 30)


def planned(stage: ApiStage, node: str) -> list[str]:
    """Names of the apps that the node's runner is told to run."""
    plan = orders_of(stage, node).get("plan.json")
    return [] if plan is None else [app["name"].rpartition("/")[2] for app in json.loads(plan)["apps"]]


def test_the_api_server_refuses_a_login_in_a_cameras_address(fleet: ApiStage) -> None:
    for url in ("rtsp://user:word@camera/1", "rtsps://user@camera"):
        with pytest.raises(AssertionError, match="holds a user or password; leave it out, and name a Secret"):
            fleet.apply(stream("login", SYSTEM, fleet.nodes[0], url=url))
        with pytest.raises(AssertionError, match="holds a user or password"):
            fleet.apply(stream("login", SYSTEM, fleet.nodes[0], substream={"url": url, "framesPerSecond": 5}))
    fleet.apply(stream("no-login", SYSTEM, fleet.nodes[0], url="rtsp://camera/a@b"))
    fleet.kubectl("delete", "videostream", "no-login", "-n", SYSTEM)


def test_a_dry_run_says_what_would_be_and_changes_nobody(fleet: ApiStage) -> None:
    node = fleet.nodes[0]
    orders = json.loads(orders_of(fleet, node)["plan.json"])
    tried = app("tried", "tenant-a", camera(node), 5, fleet.store_url, dryRun=True)
    fleet.apply(tried)
    found = wait_for("forecast", lambda: (fleet.kube.get(ref(tried)) or {}).get("status", {}).get("dryRun"), 20)
    assert found["admitted"]
    assert found["wouldGet"]["framesPerSecond"] > 0
    assert 0 < found["meanF1After"] <= 1
    assert json.loads(orders_of(fleet, node)["plan.json"]) == orders
    fleet.kubectl("delete", "videoapp", "-n", "tenant-a", "tried")


def test_a_stream_that_is_deleted_under_its_apps_is_told_and_comes_back(fleet: ApiStage) -> None:
    node = fleet.nodes[0]
    looking, orders = fleet_app(fleet, node, 0), orders_of(fleet, node)
    stream = fleet.kubectl("get", "videostream", "-n", SYSTEM, f"cam-{node}", "-o", "json")
    fleet.kubectl("delete", "videostream", "-n", SYSTEM, f"cam-{node}", "--timeout=10s")
    wait_for("refusal", lambda: status_of(fleet, looking, "Accepted") == ("False", "StreamNotFound"), 20)
    wait_for("no runner", lambda: fleet.kube.get(children_of(node)["Deployment"]) is None, 20)
    body = json.loads(stream)
    fleet.apply({**body, "metadata": {"name": f"cam-{node}", "namespace": SYSTEM}, "status": {}})
    wait_for("plan", lambda: status_of(fleet, looking, "Planned")[0] == "True", 30)
    assert orders_of(fleet, node) == orders


def test_a_node_that_goes_and_comes_back_gets_its_plan_again(fleet: ApiStage) -> None:
    node = fleet.nodes[2]
    looking = fleet_app(fleet, node, 1)
    fleet.kubectl("label", "node", node, "mainstream.video/edge-")
    wait_for("refusal", lambda: status_of(fleet, looking, "Accepted") == ("False", "StreamNotPlaced"), 20)
    fleet.kubectl("label", "node", node, "mainstream.video/edge=true")
    wait_for("plan", lambda: status_of(fleet, looking, "Planned")[0] == "True", 30)
    assert planned_apps(fleet) == len(fleet.kube.list_all(APPS)) == 12


def test_nothing_blocks_deletion_while_the_operator_is_away(fleet: ApiStage) -> None:
    fleet.operator.kill()
    runners = fleet.kubectl("get", "pods", "-n", SYSTEM, "-o", "name")
    node = fleet.nodes[0]
    fleet.kubectl("delete", "videoapp", "-n", "tenant-a", f"{node}-0", "--timeout=10s")
    fleet.kubectl("delete", "namespace", "tenant-b", "--timeout=60s")
    assert fleet.kubectl("get", "pods", "-n", SYSTEM, "-o", "name") == runners
    fleet.kubectl("delete", "edgenode", node, "--timeout=10s")
    wait_for("end of its runner", lambda: fleet.kube.get(children_of(node)["Deployment"]) is None, 30)


def test_an_operator_whose_definitions_are_installed_again_begins_anew_within_half_a_minute(
    fleet: ApiStage,
) -> None:
    """The last test here: with their definitions goes all that was declared."""
    names = [f"{plural}.mainstream.video" for plural in ("videoapps", "videostreams", "edgenodes")]
    definitions = [json.loads(fleet.kubectl("get", "crd", name, "-o", "json")) for name in names]
    fleet.kubectl("delete", "crd", *names)
    for body in definitions:
        known = body["metadata"]
        body["metadata"] = {key: known[key] for key in ("name", "labels", "annotations") if key in known}
        del body["status"]
    fleet.apply(*definitions)
    fleet.kubectl("wait", "--for=condition=Established", *(f"crd/{name}" for name in names))
    back_s = time.monotonic()
    wait_for("end of an operator that hears nothing", lambda: not fleet.operator.alive(), 30)
    fleet.operator.start()  # as the kubelet does
    again = stream("again", SYSTEM, fleet.nodes[0])
    wait_for("definitions that serve", lambda: _applied(fleet, again), 10)
    wait_for("a status after the definitions came back", lambda: status_of(fleet, again, "Placed")[0], 30)
    assert time.monotonic() - back_s < 45.0


def _applied(stage: ApiStage, body: dict[str, Any]) -> bool:
    try:
        stage.apply(body)
    except Exception:  # discovery takes a moment
        return False
    return True
