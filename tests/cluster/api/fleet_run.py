"""What tests and benchmarks do to a fleet beside an API server, and what they look at."""

import base64
import json
import re
import time
import urllib.request
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from api_stage import SYSTEM, ApiStage, store_secret
from cluster_tools import wait_for
from fleet_objects import API, app, edge_node, package, publish_manifest, stream
from hostile_specs import hostile_objects, special_objects

from mainstream.errors import InvalidInputError
from mainstream.messages.packed_orders import unpack_orders
from mainstream_operator.kinds import SECRET
from mainstream_operator.kube import Body, KubeError, Ref
from mainstream_operator.names import runner_name

PACKAGES = 12
TENANTS = ("tenant-a", "tenant-b")
APPS = f"/apis/{API}/videoapps"


def camera(node: str) -> str:
    """Key of a node's stream."""
    return f"{SYSTEM}/cam-{node}"


def declare_fleet(stage: ApiStage, apps_a_node: int, **node_spec: Any) -> list[dict[str, Any]]:
    """Packages, nodes with declared profiles, a camera each, apps of both tenants; the apps."""
    for number in range(PACKAGES):
        publish_manifest(stage.store, package(number))
    stage.kubectl("label", "nodes", "--all", "mainstream.video/edge=true", "--overwrite")
    nodes = [edge_node(node, camera(node), **node_spec) for node in stage.nodes]
    streams = [stream(f"cam-{node}", SYSTEM, node) for node in stage.nodes]
    stage.apply(*(store_secret(tenant) for tenant in TENANTS), *nodes, *streams)
    apps = [fleet_app(stage, node, index) for node in stage.nodes for index in range(apps_a_node)]
    stage.apply(*apps)
    return apps


def fleet_app(stage: ApiStage, node: str, index: int, **spec: Any) -> dict[str, Any]:
    """The `index`-th app of a node."""
    number = (stage.nodes.index(node) * 10 + index) % PACKAGES
    return app(f"{node}-{index}", TENANTS[index % 2], camera(node), number, stage.store_url, **spec)


def ref(body: Body) -> Ref:
    """Where an object of ours lies."""
    plural = f"{body['kind'].lower()}s"
    return Ref(body["apiVersion"], plural, body["metadata"]["name"], body["metadata"].get("namespace"))


def children_of(node: str) -> dict[str, Ref]:
    """Of a node's runner, by kind."""
    name = runner_name(node)
    return {
        "ConfigMap": Ref("v1", "configmaps", name, SYSTEM),
        "Secret": Ref("v1", "secrets", name, SYSTEM),
        "Deployment": Ref("apps/v1", "deployments", name, SYSTEM),
    }


def orders_of(stage: ApiStage, node: str) -> dict[str, str]:
    """What a node's runner is told, as the files that it keeps; empty where it is told nothing, or no sense."""
    body = stage.kube.get(children_of(node)["ConfigMap"]) or {}
    try:
        text = unpack_orders({name: base64.b64decode(data) for name, data in (body.get("binaryData") or {}).items()})
    except InvalidInputError:
        text = None
    if text is None:
        return {}
    return {"wanted.json": text.wanted, **({} if text.plan is None else {"plan.json": text.plan})}


def planned_apps(stage: ApiStage) -> int:
    """Apps that have a plan in their status."""
    return sum(1 for each in stage.kube.list_all(APPS) if each.get("status", {}).get("plan"))


def wait_planned(stage: ApiStage, number: int, timeout_s: float) -> None:
    """Until so many apps are planned."""
    wait_for(f"plan of {number} apps", lambda: planned_apps(stage) >= number, timeout_s, 0.5)


def metric(stage: ApiStage, pattern: str) -> float:
    """Sum of the operator's metrics whose line matches."""
    url = f"http://127.0.0.1:{stage.operator.metrics_port}/metrics"
    secret = stage.kube.get(SECRET.ref("mainstream-operator-metrics", SYSTEM))
    token = base64.b64decode((secret or {}).get("data", {}).get("token", "")).decode()
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310 - our own
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(pattern, line))


def end_state(stage: ApiStage, nodes: Iterable[str]) -> dict[str, Any]:
    """What the operator decided for these nodes: plans, and what it says of apps, but for times."""
    names = tuple(nodes)
    apps = {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}": timeless(each.get("status", {}))
        for each in stage.kube.list_all(APPS)
        if each.get("status", {}).get("node") in names
    }
    return {"orders": {node: orders_of(stage, node) for node in names}, "apps": apps}


def is_told(stage: ApiStage, nodes: Iterable[str], apps_a_node: int) -> bool:
    """Whether every app of these nodes was told of its last spec, and their orders name them all."""
    for node in nodes:
        bodies = [stage.kube.get(ref(fleet_app(stage, node, index))) or {} for index in range(apps_a_node)]
        if any(each["status"].get("observedGeneration") != each["metadata"]["generation"] for each in bodies):
            return False
        orders = orders_of(stage, node).get("plan.json", "")
        if not all(f"{node}-{index}" in orders for index in range(apps_a_node)):
            return False
    return True


def wait_still(
    stage: ApiStage, nodes: Sequence[str], apps_a_node: int, *, still_s: float, timeout_s: float, every_s: float
) -> dict[str, Any]:
    """The end state, once all are told, and it has not changed for so long."""
    state, since_s = end_state(stage, nodes), time.monotonic()

    def still() -> bool:
        nonlocal state, since_s
        now = end_state(stage, nodes)
        if now != state or not is_told(stage, nodes, apps_a_node):
            state, since_s = now, time.monotonic()
        return time.monotonic() - since_s > still_s

    wait_for("end of changes", still, timeout_s, every_s)
    return state


def timeless(status: Any) -> Any:
    """A status without times, and without what it remembers of before: the best F1, and that an app has fallen."""
    if isinstance(status, dict):
        skipped = ("lastTransitionTime", "since", "at", "observedGeneration", "bestPredictedF1")
        return {name: timeless(value) for name, value in status.items() if name not in skipped}
    if isinstance(status, list):
        return [timeless(each) for each in status if not _of_quality_alone(each)]
    return status


def _of_quality_alone(condition: Any) -> bool:
    """Whether it is the condition that depends on what an app had before, and says nothing else."""
    known = isinstance(condition, dict) and condition.get("type") == "Degraded"
    return known and condition.get("reason") in ("QualityFell", "AsPlanned")


def owned_leaves(body: Body, manager: str) -> list[list[str]]:
    """Paths of fields that `manager` applied and whose value is text, number or boolean."""
    fields: dict[str, Any] = {}
    for entry in body["metadata"].get("managedFields", []):
        if entry["manager"] == manager and entry["operation"] == "Apply" and not entry.get("subresource"):
            fields = entry["fieldsV1"]
    found: list[list[str]] = []

    def walk(marks: dict[str, Any], value: Any, path: list[str]) -> None:
        for mark, below in marks.items():
            if mark == "." or value is None:
                continue
            kind, _, name = mark.partition(":")
            if kind == "f":
                walk(below, value.get(name), [*path, name])
            elif kind == "k":
                keys = json.loads(name)
                index = next(i for i, each in enumerate(value) if all(each.get(k) == v for k, v in keys.items()))
                walk(below, value[index], [*path, str(index)])
        if not any(mark != "." for mark in marks) and isinstance(value, str | int | float | bool):
            found.append(path)

    walk(fields, {key: body.get(key) for key in body}, [])
    return found


def pointer(path: list[str]) -> str:
    """As JSON patches name a field."""
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)


def value_at(body: Any, path: list[str]) -> Any:
    """What stands there; None where nothing does."""
    for part in path:
        if isinstance(body, list):
            body = body[int(part)] if int(part) < len(body) else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body


@dataclass
class Hostile:
    """What became of hostile objects."""

    rejected: int = 0
    accepted: list[Body] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    """answers that are neither"""
    untold: list[str] = field(default_factory=list)
    """accepted objects without any condition"""


def hostile_crowd(stage: ApiStage, node: str, number: int, seed: int) -> list[Body]:
    """Objects of the namespace `guests` that make no sense or are meant to harm, at a node's camera and our store."""
    stage.apply(store_secret("guests"))
    store = {"endpoint": stage.store_url, "secretName": "store"}
    crowd = hostile_objects(number, seed, "guests", camera(node), store, PACKAGES)
    return crowd + special_objects("guests", camera(node), store)


def throw(stage: ApiStage, objects: list[Body], timeout_s: float) -> Hostile:
    """Create them all, and wait until each that was accepted has a condition."""
    result = Hostile()

    def create(body: Body) -> None:
        try:
            stage.kube.create(ref(body), body)
        except KubeError as error:
            # An answer with a warning for each of hundreds of unknown fields has more headers than Python reads.
            unread = error.status == 0 and "ProtocolError" in str(error)
            if not unread and not 400 <= error.status < 500:
                result.strange.append(f"{body['metadata']['name']}: {error}")
            if not unread or stage.kube.get(ref(body)) is None:
                result.rejected += 1
                return
        result.accepted.append(body)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(create, objects))

    def untold() -> list[str]:
        there = {
            (kind, each["metadata"]["name"]): each.get("status", {}).get("conditions")
            for kind in ("VideoApp", "VideoStream", "EdgeNode")
            for each in stage.kube.list_all(f"/apis/{API}/{kind.lower()}s", label="hostile")
        }
        names = [(body["kind"], body["metadata"]["name"]) for body in result.accepted]
        return [f"{kind} {name}" for kind, name in names if not there.get((kind, name))]

    try:
        wait_for("a condition on every hostile object", lambda: not untold(), timeout_s, 1)
    except AssertionError:
        result.untold = untold()
    return result
