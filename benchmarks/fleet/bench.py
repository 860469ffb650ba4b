"""`make bench-operator`: the operator under load and faults, on a real API server with simulated nodes.

The operator is a process beside the API server, with the rights that the chart gives it. QUICK=1 shortens the quiet
time and the number of hostile objects. With names as arguments (fleet, faults) only those rows are measured.
"""

import time

from api_stage import ApiStage, Call, open_api_stage, seconds_until
from cluster_tools import wait_for
from fleet_run import TENANTS, children_of, declare_fleet, fleet_app, metric, planned_apps, ref, wait_planned

from common.harness import QUICK, Report, scratch
from fleet.faults import drift_row, hostile_rows
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


def _fleet(report: Report) -> None:
    with scratch() as folder, open_api_stage(folder, simulated=NODES, tenants=TENANTS, audit=True) as stage:
        apps = declare_fleet(stage, APPS_A_NODE)
        stage.operator.start()
        what = f"{len(apps)} VideoApps on {len(stage.nodes)} nodes, from nothing (start of the operator included)"
        took_s = seconds_until("plan of all", lambda: planned_apps(stage) == len(apps), 600, 1)
        report.most(f"{what}: all planned", took_s, 60, "s")
        _rest(stage)
        _quiet_row(stage, report)
        _change_rows(stage, report)
        _burst_row(stage, report)
        report.most("operator, highest resident memory with that fleet", stage.operator.memory_mib(), 400, "MiB", 0)


def _faults(report: Report) -> None:
    with scratch() as folder, open_api_stage(folder, simulated=6, tenants=(*TENANTS, "guests")) as stage:
        declare_fleet(stage, 5, switchingCosts=FREE, budget=0.3)
        stage.operator.start()
        wait_planned(stage, 30, 120)
        drift_row(stage, report)
        hostile_rows(stage, report)


def _rest(stage: ApiStage) -> None:
    """Until nothing but the time of observations has been written for a while."""
    deadline_s = time.monotonic() + RESTING_S
    while time.monotonic() < deadline_s:
        since_s = time.time()
        time.sleep(SILENT_S)
        written = stage.writes_since(since_s)
        if len(written) <= REFRESHES_A_S * SILENT_S and all(_is_status(each) for each in written):
            return


def _quiet_row(stage: ApiStage, report: Report) -> None:
    since_s = time.time()
    time.sleep(QUIET_S)
    written = stage.writes_since(since_s)
    report.details["quiet_writes"] = [str(each) for each in written[:50]]
    others, a_second = [each for each in written if not _is_status(each)], len(written) / QUIET_S
    what = f"the same fleet, nothing happens for {QUIET_S:.0f} s: writes a second, and of them no status"
    met = a_second <= REFRESHES_A_S and not others
    report.row(what, f"{a_second:.1f}, {len(others)}", f"{REFRESHES_A_S:.0f}, 0", met)


def _change_rows(stage: ApiStage, report: Report) -> None:
    node = stage.nodes[NODES // 2]
    since_s = time.time()
    stage.kube.patch(ref(fleet_app(stage, node, 0)), {"spec": {"rates": [1]}})
    time.sleep(5)
    written = stage.writes_since(since_s)
    report.details["one_change"] = [f"{each} after {each.moment_s - since_s:.2f} s" for each in written]
    foreign = len([each for each in written if not _is_of(each, node) and not _is_status(each)])
    what = "one app changed: objects of other nodes written, beside statuses that are only old"
    report.row(what, str(foreign), "0", not foreign)
    orders = [each.moment_s - since_s for each in written if "/configmaps/" in each.uri]
    report.most("one app changed: orders of its node written after", max(orders, default=float("inf")), 1, "s", 2)


def _is_status(write: Call) -> bool:
    """Whether somebody's status was written."""
    return write.uri.partition("?")[0].endswith("/status")


def _is_of(write: Call, node: str) -> bool:
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


PARTS = {"fleet": _fleet, "faults": _faults}
