"""`make bench-operator`: the operator under load and faults, on a real API server with simulated nodes.

The operator is a process beside the API server, with the rights that the chart gives it. QUICK=1 shortens the quiet
time and the number of hostile objects. With names as arguments (fleet, faults) only those rows are measured.
"""

import tempfile
import time
from functools import partial
from pathlib import Path

from api_stage import ApiStage, Write, open_api_stage, seconds_until
from cluster_tools import wait_for
from fleet_run import TENANTS, children_of, declare_fleet, fleet_app, metric, planned_apps, ref

from common.harness import QUICK, Report, measure
from fleet.faults import drift_row
from fleet.hostile import hostile_rows
from mainstream_operator.status.writing.refreshes import PER_S
from mainstream_operator.status.writing.write_decision import SEEN_S

NODES, APPS_A_NODE = 100, 10
QUIET_S = 30.0 if QUICK else 300.0
REFRESHES_A_S = PER_S + NODES / SEEN_S
"""statuses that are written only because they are old: of apps and streams, and of the EdgeNodes"""
SILENT_S = 20.0
"""so long without a write, and the fleet is at rest"""
RESTING_S = 180.0
BURST = 100
FREE = {"candidate": 0, "rate": 0}


def _large(folder: Path, report: Report) -> None:
    with open_api_stage(folder / "large", simulated=NODES, tenants=TENANTS, audit=True) as stage:
        _fleet_rows(stage, report)


def _small(folder: Path, report: Report) -> None:
    with open_api_stage(folder / "small", simulated=6, tenants=(*TENANTS, "guests"), audit=True) as stage:
        declare_fleet(stage, 5, switchingCosts=FREE, budget=0.3)
        stage.operator.start()
        wait_for("plan of all", lambda: planned_apps(stage) == 30, 120, 0.5)
        drift_row(stage, report)
        hostile_rows(stage, report)


def _fleet_rows(stage: ApiStage, report: Report) -> None:
    apps = declare_fleet(stage, APPS_A_NODE)
    stage.operator.start()
    what = f"{len(apps)} VideoApps on {len(stage.nodes)} nodes, from nothing (start of the operator included)"
    took_s = seconds_until("plan of all", lambda: planned_apps(stage) == len(apps), 600, 1)
    report.row(f"{what}: all planned", f"{took_s:.1f} s", "60 s", took_s <= 60)
    _rest(stage)
    _quiet_rows(stage, report)
    _burst_row(stage, report)
    memory = stage.operator.memory_mib()
    report.row("operator, highest resident memory with that fleet", f"{memory:.0f} MiB", "400 MiB", memory <= 400)


def _rest(stage: ApiStage) -> None:
    """Until nothing but the time of observations has been written for a while."""
    deadline_s = time.monotonic() + RESTING_S
    while time.monotonic() < deadline_s:
        since_s = time.time()
        time.sleep(SILENT_S)
        written = stage.writes_since(since_s)
        if len(written) <= REFRESHES_A_S * SILENT_S and all(_is_status(each) for each in written):
            return


def _quiet_rows(stage: ApiStage, report: Report) -> None:
    since_s = time.time()
    time.sleep(QUIET_S)
    written = stage.writes_since(since_s)
    report.details["quiet_writes"] = [str(each) for each in written[:50]]
    others, a_second = [each for each in written if not _is_status(each)], len(written) / QUIET_S
    report.row(
        f"the same fleet, nothing happens for {QUIET_S:.0f} s: writes a second, and of them no status",
        f"{a_second:.1f}, {len(others)}",
        f"{REFRESHES_A_S:.0f}, 0",
        a_second <= REFRESHES_A_S and not others,
    )
    node = stage.nodes[NODES // 2]
    changed = fleet_app(stage, node, 0)
    since_s = time.time()
    stage.kube.patch(ref(changed), {"spec": {"rates": [1]}})
    time.sleep(5)
    written = stage.writes_since(since_s)
    foreign = [str(each) for each in written if not _is_of(each, node) and not _is_status(each)]
    orders = [each.moment_s - since_s for each in written if "/configmaps/" in each.uri]
    report.details["one_change"] = [f"{each} after {each.moment_s - since_s:.2f} s" for each in written]
    took_s = max(orders, default=float("inf"))
    report.row(
        "one app changed: objects of other nodes written, beside statuses that are only old",
        str(len(foreign)),
        "0",
        not foreign,
    )
    report.row("one app changed: orders of its node written after", f"{took_s:.2f} s", "1 s", took_s <= 1)


def _is_status(write: Write) -> bool:
    """Whether somebody's status was written."""
    return write.uri.partition("?")[0].endswith("/status")


def _is_of(write: Write, node: str) -> bool:
    """Whether it is of the node, its camera, its runner, or its apps; Events are told of those."""
    return node in write.uri or "/events" in write.uri


def _burst_row(stage: ApiStage, report: Report) -> None:
    node = stage.nodes[3]
    place = ref(fleet_app(stage, node, 1))
    solved = r'mainstream_operator_planner_seconds_count\{policy="max-sharing"\}'
    before, since_s = metric(stage, solved), time.time()
    start_s = time.monotonic()
    for number in range(BURST):
        stage.kube.patch(place, {"spec": {"rates": [1 + number % 9, 10]}})
        time.sleep(max(0.0, start_s + (number + 1) / BURST - time.monotonic()))
    lasted_s = time.monotonic() - start_s
    last = stage.kube.get(place) or {}

    def told() -> bool:
        status = (stage.kube.get(place) or {}).get("status", {})
        return bool(status.get("observedGeneration") == last["metadata"]["generation"])

    wait_for("the last state", told, 30)
    time.sleep(3)
    written = [each for each in stage.writes_since(since_s) if each.uri.startswith(children_of(node)["ConfigMap"].path)]
    plans = metric(stage, solved) - before
    report.details["burst"] = {"lasted_s": lasted_s, "plans": plans, "orders_written": len(written)}
    right = (stage.kube.get(place) or {})["status"]["plan"]["framesPerSecond"] in last["spec"]["rates"]
    value = f"{plans:.0f} plans, the last state {'won' if right else 'lost'}"
    report.row(f"{BURST} changes in {lasted_s:.1f} s on one node", value, "at most 5 plans", plans <= 5 and right)


PARTS = {"fleet": _large, "faults": _small}


def main(wanted: list[str]) -> int:
    """Some parts, or all; the exit code."""
    with tempfile.TemporaryDirectory(prefix="mainstream-fleet-") as folder:
        parts = {name: partial(part, Path(folder)) for name, part in PARTS.items()}
        return measure("operator", parts, wanted, packages=("kopf", "kubernetes", "boto3", "numpy"))
