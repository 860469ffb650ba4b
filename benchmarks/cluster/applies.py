"""`make bench-cluster`: seconds from install and apply to frames and events, and what the operator takes, on a cluster.

QUICK=1 makes 5 applies instead of 20. Cluster and images are found or made as for `make test-cluster`. What the
operator writes while nothing happens is a row of `make bench-operator`.
"""

import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from cluster_images import compressed_bytes
from cluster_stage import SYSTEM, TENANT, Stage, open_stage
from cluster_tools import wait_for

from common.harness import QUICK, Report, measure

APPS = ("crossing", "road-right", "lamp-post")
TRAINED = (*APPS, "path-left")
MEBIBYTE = 1 << 20


def main(wanted: list[str]) -> int:
    """Measure, print, write; the exit code."""
    return measure("cluster", {"all": _all}, wanted, packages=("kopf", "kubernetes", "boto3"))


def _all(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder, open_stage(Path(folder)) as stage:
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
    size = compressed_bytes(stage.images["operator"]) / 1e6
    report.row("operator image, gzip -6 of its archive", f"{size:.1f} MB", "at most 120 MB", size <= 120)
    memory = stage.operator_bytes() / MEBIBYTE
    report.row("operator, working set", f"{memory:.1f} MiB", "at most 200 MiB", memory <= 200)
    level = (stage.get("namespace", SYSTEM, None) or {})["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
    report.row("pod security level that pods run under", level, "restricted", level == "restricted")


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
