"""`make bench-chart`: sizes of the images, and how many frames a `helm upgrade` costs.

QUICK=1 leaves nothing out; with the images built it takes some six minutes, most of them to train six apps.
"""

import tempfile
import time
from pathlib import Path

from cluster_images import LARGEST_MB, compressed_bytes, layers
from cluster_stage import Stage, open_stage
from cluster_tools import ROOT, wait_for
from cluster_upgrade import Watched, is_new_runner, next_chart, watched

from common.harness import Report, measure
from mainstream.api.manifests.load import load_manifests

RUNNER_S = 15.0
CAMERA_FPS = 10
SETTLING_S = 10.0


def main(wanted: list[str]) -> int:
    """Measure, print, write; the exit code."""
    return measure("chart", {"all": _all}, wanted, packages=("torch", "openvino", "kubernetes"))


def _all(report: Report) -> None:
    apps = [app.metadata.name for app in load_manifests(ROOT / "examples" / "plaza").apps]
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder, open_stage(Path(folder)) as stage:
        _images(stage, report)
        _start(stage, apps)
        _upgrades(stage, apps, Path(folder), report)


def _images(stage: Stage, report: Report) -> None:
    for part, archive in stage.images.items():
        size = compressed_bytes(archive) / 1e6
        report.row(
            f"{part} image, gzip -6", f"{size:.1f} MB", f"at most {LARGEST_MB[part]} MB", size <= LARGEST_MB[part]
        )
    pairs = zip(layers(stage.images["runner"]), layers(stage.images["trainer"]), strict=False)
    shared = sum(a == b for a, b in pairs)
    report.row("first layers that runner and trainer share", str(shared), "3: Debian, Python, torch", shared >= 3)


def _start(stage: Stage, apps: list[str]) -> None:
    stage.kubectl("label", "node", stage.node, "mainstream.video/edge=true", "--overwrite")
    stage.install()
    stage.train(*apps)
    stage.apply_examples()
    stage.apply(*(stage.app(name, package=stage.package(name)) for name in apps))
    _all_ready(stage, apps)
    time.sleep(SETTLING_S)


def _all_ready(stage: Stage, apps: list[str]) -> None:
    for name in apps:
        stage.wait_condition("videoapp", name, "Ready", "True", timeout_s=180)


def _upgrades(stage: Stage, apps: list[str], folder: Path, report: Report) -> None:
    chart = next_chart(folder)
    seen = watched(stage, apps, lambda: stage.upgrade(chart, "operator.podAnnotations.round=second"), SETTLING_S)
    _note(report, "operator", seen)
    lost = sum(seen.dropped.values())
    kept = lost == 0 and len(seen.pods) == 1
    report.row("frames lost by 6 apps, the operator upgraded", str(lost), "0, the runner left alone", kept)

    def change() -> None:
        before = stage.runner_pod()["metadata"]["uid"]
        stage.upgrade(chart, "runner.podAnnotations.round=third")
        wait_for("new runner", lambda: is_new_runner(stage, before), 120)
        _all_ready(stage, apps)

    seen = watched(stage, apps, change, SETTLING_S)
    _note(report, "runner", seen)
    gap_s = max(seen.gap_s.values())
    frames = round(gap_s * CAMERA_FPS)
    value = f"{gap_s:.1f} s, {frames} frames of the camera"
    report.row("no frame of an app for at most, the runner upgraded", value, f"{RUNNER_S:.0f} s", gap_s <= RUNNER_S)


def _note(report: Report, what: str, seen: Watched) -> None:
    report.details[what] = {"gap_s": seen.gap_s, "dropped": seen.dropped, "pods": sorted(seen.pods)}
