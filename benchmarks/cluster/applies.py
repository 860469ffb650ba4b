"""`make bench-cluster`: seconds from install and apply to frames and events, and what the operator takes, on a cluster.

QUICK=1 makes 5 applies instead of 20, and leaves out the quiet minute. Cluster and images are found or made as for
`make test-cluster`.
"""

import json
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from cluster_images import compressed_bytes
from cluster_stage import SYSTEM, TENANT, Stage, open_stage
from cluster_tools import wait_for

from common.harness import QUICK, Report, measure

APPS = ("crossing", "road-right", "lamp-post")
TRAINED = (*APPS, "path-left")
OPERATOR = f"system:serviceaccount:{SYSTEM}:mainstream-operator"
WRITES = ("create", "update", "patch", "delete", "deletecollection")
LAWN: dict[str, Any] = {"name": "lawn", "crop": {"left": 0, "top": 330, "width": 240, "height": 240}}
QUIET_S = 60.0
SETTLING_S = 100.0
MOST_STATUSES = 36
"""of ten apps, a stream and an EdgeNode, each of which says every half minute that its runner was seen"""
MEBIBYTE = 1 << 20


def main(wanted: list[str]) -> int:
    """Measure, print, write; the exit code."""
    return measure("cluster", {"all": _all}, wanted, packages=("kopf", "kubernetes", "boto3"))


def _all(report: Report) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder,
        open_stage(Path(folder), audit=True) as stage,
    ):
        _measure(stage, report)


def _measure(stage: Stage, report: Report) -> None:
    stage.kubectl("label", "node", stage.node, "mainstream.video/edge=true", "--overwrite")
    stage.train(*TRAINED)
    first_event_s = _first_event(stage)
    report.row("helm install to first event, images on the node", f"{first_event_s:.1f} s", "60 s", first_event_s <= 60)
    for app in APPS:
        stage.wait_condition("videoapp", app, "Ready", "True")
    times = applies(stage, 5 if QUICK else 20)
    report.details["apply_s"] = times
    p50, p95 = median(times), quantiles(times, n=20, method="inclusive")[18]
    report.row(f"apply to first analysed frame, p50 of {len(times)}", f"{p50:.2f} s", "1.5 s", p50 <= 1.5)
    report.row(f"apply to first analysed frame, p95 of {len(times)}", f"{p95:.2f} s", "3 s", p95 <= 3)
    _quiet_row(stage, report)
    size = compressed_bytes(stage.images["operator"]) / 1e6
    report.row("operator image, gzip -6 of its archive", f"{size:.1f} MB", "at most 120 MB", size <= 120)
    memory = stage.operator_bytes() / MEBIBYTE
    report.row("operator, working set", f"{memory:.1f} MiB", "at most 200 MiB", memory <= 200)
    level = (stage.get("namespace", SYSTEM, None) or {})["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    report.row("pod security level that pods run under", level, "restricted", level == "restricted")


def _quiet_row(stage: Stage, report: Report) -> None:
    what, target = "the operator wrote in 60 s, 10 apps, no events: statuses, anything else", f"{MOST_STATUSES}, 0"
    if QUICK:
        report.left_out(what, target, "takes four minutes")
    elif stage.cluster.audit_log is None:
        report.left_out(what, target, "this cluster does not record who asked for what")
    else:
        written = _quiet(stage, stage.cluster.audit_log)
        report.details["written"] = written
        statuses = sum(each.partition("?")[0].endswith("/status") for each in written)
        others = len(written) - statuses
        report.row(what, f"{statuses}, {others}", target, statuses <= MOST_STATUSES and not others)


def _first_event(stage: Stage) -> float:
    start_s = time.monotonic()
    stage.install()
    stage.apply_examples()
    wait_for("first event", lambda: stage.outside.received.events, 300, 0.05)
    return time.monotonic() - start_s


def applies(stage: Stage, number: int) -> list[float]:
    """Apply a fourth app again and again, each time as another object."""
    pod, token = stage.runner_pod()["metadata"]["name"], stage.token()
    times = []
    for index in range(number):
        name = f"fourth-{index}"
        key = f"{TENANT}/{name}"
        body = stage.app(name, package=stage.package("path-left"))

        def analysed(key: str = key) -> bool:
            report = stage.report(pod, token)
            return report is not None and key in report.apps and report.apps[key].analysed > 0

        start_s = time.monotonic()
        stage.apply(body)
        wait_for(f"first frame of {name}", analysed, 60, 0.02)
        times.append(time.monotonic() - start_s)
        stage.kubectl("delete", "videoapp", "-n", TENANT, name)
        time.sleep(3)
    return times


def _quiet(stage: Stage, audit_log: Path) -> list[str]:
    """What the operator writes in a minute in which nothing changes: ten apps that look at a lawn nobody crosses."""
    lawn = json.dumps([{"op": "add", "path": "/spec/views/-", "value": LAWN}])
    stage.kubectl("patch", "videostream", "plaza", "-n", TENANT, "--type=json", "-p", lawn)
    stage.kubectl("delete", "videoapp", "--all", "-n", TENANT)
    names = [f"quiet-{index}" for index in range(10)]
    quiet = {
        "package": stage.package("path-left"),
        "stream": {"name": "plaza", "view": LAWN["name"]},
        "rates": [0.5],
        # The highest precision needs the highest threshold: what could still be mistaken for somebody is not reported.
        "objective": {"metric": "precision"},
    }
    stage.apply(*(stage.app(name, **quiet) for name in names))
    for name in names:
        stage.wait_condition("videoapp", name, "Ready", "True", timeout_s=120)
    # A rate is told once 30 planned frames should have come; then everything has been said.
    time.sleep(SETTLING_S)
    start_s = time.time()
    time.sleep(QUIET_S)
    entries = (json.loads(line) for line in audit_log.read_text(encoding="utf-8").splitlines())
    return [
        f"{entry['verb']} {entry['requestURI']}"
        for entry in entries
        if entry["user"]["username"] == OPERATOR and entry["verb"] in WRITES and _seconds(entry) >= start_s
    ]


def _seconds(entry: dict[str, Any]) -> float:
    return datetime.fromisoformat(entry["requestReceivedTimestamp"].replace("Z", "+00:00")).timestamp()
