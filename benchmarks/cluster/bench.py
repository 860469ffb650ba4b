"""`make bench-cluster`: seconds from install and apply to frames and events, and what the operator takes, on a cluster.

QUICK=1 makes 5 applies instead of 20. Cluster and images are found or made as for `make test-cluster`. What the
operator writes while nothing happens is a row of `make bench-operator`, what an upgrade costs one of `python benchmarks
platform cluster`, and how large the images are is said by `make images`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median, quantiles

from cluster_stage import TENANT, Stage, open_stage
from cluster_story import APPS, FOURTH, all_ready
from cluster_tools import wait_for

from common.harness import QUICK, Report, scratch


@contextmanager
def edge_stage() -> Iterator[Stage]:
    """A cluster with images, a store, a camera and a webhook, its node labelled."""
    with scratch() as folder, open_stage(folder) as stage:
        stage.kubectl("label", "node", stage.node, "mainstream.video/edge=true", "--overwrite")
        yield stage


def _all(report: Report) -> None:
    with edge_stage() as stage:
        stage.train(*APPS, FOURTH)
        start_s = time.monotonic()
        stage.install()
        stage.apply_examples()
        wait_for("first event", lambda: stage.outside.received.events, 300, 0.05)
        report.most("helm install to first event, images on the node", time.monotonic() - start_s, 60, "s")
        all_ready(stage, *APPS)
        times = [_apply_s(stage, f"fourth-{index}") for index in range(5 if QUICK else 20)]
        report.details["apply_s"] = times
        p95 = quantiles(times, n=20, method="inclusive")[18]
        report.most(f"apply to first analysed frame, p50 of {len(times)}", median(times), 1.5, "s", 2)
        report.most(f"apply to first analysed frame, p95 of {len(times)}", p95, 3, "s", 2)
        report.most("operator, working set", stage.operator_bytes() / 2**20, 200, "MiB")


def _apply_s(stage: Stage, name: str) -> float:
    """Apply a fourth app, until its first frame was analysed; it is deleted then."""
    pod, token = stage.runner_pod()["metadata"]["name"], stage.token()
    key, body = f"{TENANT}/{name}", stage.app(name, package=stage.package(FOURTH))

    def analysed() -> bool:
        report = stage.report(pod, token)
        return report is not None and key in report.apps and report.apps[key].analysed > 0

    start_s = time.monotonic()
    stage.apply(body)
    wait_for(f"first frame of {name}", analysed, 60, 0.02)
    took_s = time.monotonic() - start_s
    stage.kubectl("delete", "videoapp", "-n", TENANT, name)
    time.sleep(3)
    return took_s


PARTS = {"all": _all}
