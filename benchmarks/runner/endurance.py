"""`make bench-endurance`: a runner in its own processes at full load for 10 minutes (HOURS=1 for an hour; QUICK=1: 2).

Two cameras over RTSP with twelve apps, then half of that for the way from a frame's time stamp to its alert at a
webhook.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import psutil
from fault_scene import looped
from fault_stage import Stage, counted, staged, webhook
from fault_surroundings import Camera, Receiver
from fault_tools import MissingToolError, wait_for

from common.harness import QUICK, Report
from common.plaza import CLIP
from mainstream.messages.status_report import AppStatusReport

HOURS = float(os.environ.get("HOURS", "0"))
LOADED_S = HOURS * 3600 if HOURS else (120.0 if QUICK else 600.0)
WARM_SHARE = 0.3
"""of the loaded time: caches fill and the JVM's heap finds its size before growth is measured"""
LATENCY_S = 20.0 if QUICK else 60.0
SAMPLE_S = 1.0
LATENCY_TARGET_S = 0.15
GROWTH_TARGET = 0.01
_FULL = [(15, 10.0)] * 4 + [(12, 10.0), (9, 10.0)]
_HALF = [(15, 5.0)] * 2 + [(12, 5.0)]
_START_S = 180.0
_CLIP_S = 79.5


@dataclass(frozen=True)
class Sample:
    """What the runner's processes hold."""

    resident_bytes: int
    files: int
    threads: int


def _all(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="mainstream-endurance-") as folder:
        try:
            with _cameras(Path(folder)) as cameras, staged(Path(folder), CLIP) as (stage, receiver):
                stage.start()
                _loaded(stage, receiver, cameras, report)
                _latency(stage, receiver, cameras, report)
        except MissingToolError as missing:
            report.left_out("endurance", "runs", str(missing))


@contextlib.contextmanager
def _cameras(folder: Path) -> Iterator[list[Camera]]:
    """Two cameras that send no frame out of order, as most do: a decoder has nothing to wait for."""
    plain = looped(CLIP, folder / "plain.mp4", 1, width=768, seconds=_CLIP_S)
    long = looped(plain, folder / "long.mp4", int((LOADED_S + 600.0) / _CLIP_S) + 1)
    cameras: list[Camera] = []
    try:
        cameras += [Camera(long), Camera(long)]
        yield cameras
    finally:
        for camera in cameras:
            camera.stop()


def _order(
    stage: Stage, cameras: list[Camera], apps: list[tuple[int, float]], receiver: Receiver, threshold: float = 0.0
) -> None:
    """The same apps on each camera; every analysed frame is an event unless `threshold` says otherwise."""
    plans = [stage.make_plan(camera.url, apps, [webhook(receiver)], threshold=threshold) for camera in cameras]
    streams, placed = [], []
    for index, plan in enumerate(plans):
        name = f"camera-{index}"
        streams.append(plan.streams[0].model_copy(update={"name": name}))
        placed += [app.model_copy(update={"name": f"{name}/{app.name}", "stream": name}) for app in plan.apps]
    stage.order(plans[0].model_copy(update={"streams": tuple(streams), "apps": tuple(placed)}))
    wait_for(stage.serves, _START_S)


def _loaded(stage: Stage, receiver: Receiver, cameras: list[Camera], report: Report) -> None:
    _order(stage, cameras, _FULL, receiver, threshold=1.0)
    samples: list[Sample] = []
    start_s = time.monotonic()
    while time.monotonic() - start_s < LOADED_S:
        samples.append(_sample(stage))
        time.sleep(SAMPLE_S)
    told = stage.report()
    assert told is not None
    warm = samples[int(len(samples) * WARM_SHARE) :]
    share = max(1, len(warm) // 10)
    begun, ended = warm[:share], warm[-share:]
    grown = median(s.resident_bytes for s in ended) / median(s.resident_bytes for s in begun) - 1
    # Medians: whoever reads a file at the moment of a sample has one more open, which is no growth.
    files = round(median(s.files for s in ended) - median(s.files for s in begun))
    threads = round(median(s.threads for s in ended) - median(s.threads for s in begun))
    minutes = LOADED_S / 60
    cpu = "unknown" if told.cpu is None else f"{told.cpu:.2f}"
    fps = sum(app.fps or 0.0 for app in told.apps.values())
    mebibytes = median(s.resident_bytes for s in ended) / 2**20
    report.row(
        f"resident memory over {minutes:.0f} min ({fps:.0f} frames x apps per second, {cpu} CPU)",
        f"{grown:+.2%} of {mebibytes:.0f} MiB",
        "grows by at most 1 %",
        grown <= GROWTH_TARGET,
    )
    report.row(
        "open files and threads", f"{files:+d} files, {threads:+d} threads", "no more", files <= 0 and threads <= 0
    )
    report.details["samples"] = [vars(sample) for sample in samples[:: max(1, len(samples) // 200)]]
    for camera in cameras:
        camera.stop()
    with contextlib.suppress(TimeoutError):
        wait_for(lambda: _uncounted(stage) == 0, 20.0)
    told = stage.report()
    assert told is not None
    captured = sum(app.captured for app in told.apps.values())
    dropped = sum(app.dropped for app in told.apps.values())
    report.row(
        "captured = analysed + skipped + dropped, per app",
        f"{_uncounted(stage)} of {captured} uncounted ({len(told.apps)} apps, {dropped} dropped)",
        "exactly, always",
        _uncounted(stage) == 0,
    )
    for camera in cameras:
        camera.start()


def _latency(stage: Stage, receiver: Receiver, cameras: list[Camera], report: Report) -> None:
    _order(stage, cameras, _HALF, receiver)
    time.sleep(5.0)
    first = len(receiver.received)
    time.sleep(LATENCY_S)
    delays = sorted(
        each.at_s - each.line["start_s"] for each in receiver.received[first:] if each.line["event"] == "opened"
    )
    cuts = quantiles(delays, n=100)
    report.row(
        "frame's time stamp (the camera's) to event at the webhook, votes 1, half load",
        f"p50 {cuts[49] * 1e3:.0f} ms, p95 {cuts[94] * 1e3:.0f} ms, p99 {cuts[98] * 1e3:.0f} ms ({len(delays)} events)",
        f"p95 {LATENCY_TARGET_S * 1e3:.0f} ms",
        cuts[94] <= LATENCY_TARGET_S,
    )


def _sample(stage: Stage) -> Sample:
    resident = files = threads = 0
    for process in stage.processes():
        with contextlib.suppress(psutil.Error):
            resident += process.memory_info().rss
            files += process.num_fds()
            threads += process.num_threads()
    return Sample(resident, files, threads)


def _apps(stage: Stage) -> list[AppStatusReport]:
    told = stage.report()
    return [] if told is None else list(told.apps.values())


def _uncounted(stage: Stage) -> int:
    return sum(abs(app.captured - counted(app)) for app in _apps(stage))


PARTS = {"all": _all}
