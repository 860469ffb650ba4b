"""What others break, what kills the operator, and what goes on without it."""

import json
import random
import threading
import time
from typing import Any

from api_stage import SYSTEM, ApiStage, seconds_until
from cluster_tools import wait_for
from fleet_objects import API
from fleet_run import (
    children_of,
    end_state,
    fleet_app,
    orders_of,
    owned_leaves,
    planned_apps,
    pointer,
    ref,
    value_at,
)

from common.harness import QUICK, Report
from mainstream_operator.kube import Ref
from mainstream_operator.names import FIELD_MANAGER

KILLS = 8 if QUICK else 50
LONGEST_LIFE_S = 6.0
AWAY_S = 20.0 if QUICK else 600.0
LIMIT_S = 2.0
APPS_A_NODE = 5


def drift_row(stage: ApiStage, report: Report) -> None:
    """Every owned field of every child, and every child as a whole."""
    node = stage.nodes[0]
    times: dict[str, float] = {}
    refused: list[str] = []
    for kind, place in children_of(node).items():
        body = stage.kube.get(place) or {}
        for path in owned_leaves(body, FIELD_MANAGER):
            _edit(stage, kind, place, path, times, refused)
        before = stage.kube.get(place) or {}
        stage.kube.delete(place, before["metadata"]["uid"])
        times[f"{kind} deleted"] = seconds_until(f"new {kind}", lambda place=place: stage.kube.get(place), 30, 0.02)
    report.details["drift_s"] = times
    report.details["edits_refused_by_the_api_server"] = refused
    worst = max(times.values())
    what = f"drift: {len(times)} edits and deletions by another ({len(refused)} the API server refused), slowest repair"
    report.row(what, f"{worst:.2f} s", f"{LIMIT_S:g} s", worst <= LIMIT_S)


def _edit(stage: ApiStage, kind: str, place: Ref, path: list[str], times: dict[str, float], refused: list[str]) -> None:
    wanted = value_at(stage.kube.get(place), path)
    where = f"{kind} {pointer(path)}"
    patch = [{"op": "replace", "path": pointer(path), "value": _other(wanted)}]
    try:
        namespace = ("-n", place.namespace or "")
        stage.kubectl("patch", kind, place.name, *namespace, "--type=json", "-p", json.dumps(patch))
    except AssertionError:
        refused.append(where)
        return
    looked = f"{where} put right"
    try:
        times[where] = seconds_until(looked, lambda: value_at(stage.kube.get(place), path) == wanted, 30, 0.02)
    except AssertionError:
        times[where] = float("inf")


def _other(value: Any) -> Any:
    """Something of the same kind that is not it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return {"Always": "Never", "IfNotPresent": "Always", "Recreate": "RollingUpdate"}.get(value, f"{value}x"[-60:])


def kill_rows(stage: ApiStage, report: Report) -> None:
    """Killed again and again while its fleet changes, it ends where it would have without."""
    chance = random.Random(11)  # noqa: S311 - not a secret
    runners = _runners(stage)
    ending = threading.Event()
    changes = 0

    def change() -> None:
        nonlocal changes
        while not ending.is_set():
            place = ref(fleet_app(stage, chance.choice(stage.nodes), chance.randrange(APPS_A_NODE)))
            stage.kube.patch(place, {"spec": {"objective": {"weight": chance.choice((0.5, 1, 2, 3))}}})
            changes += 1
            ending.wait(0.3)

    worker = threading.Thread(target=change)
    worker.start()
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, LONGEST_LIFE_S))
        stage.operator.kill()
        stage.operator.start()
    ending.set()
    worker.join()
    _settle(stage)
    reached = end_state(stage, stage.nodes)
    same_runners = _runners(stage) == runners
    stage.operator.kill()
    for node in stage.nodes:
        place = children_of(node)["ConfigMap"]
        stage.kube.delete(place, (stage.kube.get(place) or {})["metadata"]["uid"])
    stage.operator.start()
    _settle(stage)
    same = end_state(stage, stage.nodes) == reached
    report.details["kills"] = {"kills": KILLS, "changes": changes}
    what = f"killed at {KILLS} random moments under {changes} changes"
    report.row(f"{what}: same end state as from nothing", "yes" if same else "no", "yes", same)
    report.row(f"{what}: runners started anew", "none" if same_runners else "some", "none", same_runners)


def _settle(stage: ApiStage) -> None:
    """Every app is told of its last spec, and every node has orders that name its apps."""

    def there() -> bool:
        apps = stage.kube.list_all(f"/apis/{API}/videoapps")
        told = all(each.get("status", {}).get("observedGeneration") == each["metadata"]["generation"] for each in apps)
        return told and all(f"{node}-0" in orders_of(stage, node).get("plan.json", "") for node in stage.nodes)

    wait_for("the last state", there, 120, 0.5)
    time.sleep(5)


def _runners(stage: ApiStage) -> list[tuple[str, str]]:
    """Runners' pods, and the generation of their Deployments."""
    pods = [each["metadata"]["uid"] for each in stage.kube.list_all(f"/api/v1/namespaces/{SYSTEM}/pods")]
    deployments = stage.kube.list_all(f"/apis/apps/v1/namespaces/{SYSTEM}/deployments")
    return sorted(
        [(uid, "") for uid in pods]
        + [(each["metadata"]["uid"], str(each["metadata"]["generation"])) for each in deployments]
    )


def deletion_rows(stage: ApiStage, report: Report) -> None:
    """With the operator away runners go on, and nothing holds up a deletion; back, it tidies up."""
    stage.operator.kill()
    runners = _runners(stage)
    time.sleep(AWAY_S)
    unchanged = _runners(stage) == runners
    report.row(f"operator down for {AWAY_S:.0f} s: runners go on", "yes" if unchanged else "no", "yes", unchanged)
    start_s = time.monotonic()
    first, second = stage.nodes[0], stage.nodes[1]
    stage.kubectl("delete", "videoapp", "-n", "tenant-a", f"{first}-0", "--timeout=10s")
    stage.kubectl("delete", "videostream", "-n", SYSTEM, f"cam-{first}", "--timeout=10s")
    stage.kubectl("delete", "edgenode", second, "--timeout=10s")
    wait_for("end of its runner", lambda: stage.kube.get(children_of(second)["Deployment"]) is None, 30)
    stage.kubectl("delete", "namespace", "tenant-b", "--timeout=60s")
    took_s = time.monotonic() - start_s
    report.row("meanwhile app, stream, node and a whole namespace deleted in", f"{took_s:.1f} s", "nothing hangs", True)
    stage.operator.start()
    wait_for("end of the runner that nobody needs", lambda: not orders_of(stage, first), 60)
    left = planned_apps(stage)
    expected = len(stage.kube.list_all(f"/apis/{API}/videoapps"))
    report.details["after_deletions"] = {"apps": expected, "planned": left}
