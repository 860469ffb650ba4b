"""`make bench-endurance`: a runner in its own processes at full load for 10 minutes (HOURS=1 for an hour; QUICK=1: 2).

Two cameras over RTSP with twelve apps, then half of that for the way from a frame's time stamp to its alert at a
webhook.
"""

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress

import numpy as np
import psutil
from fault_scene import looped
from fault_stage import Stage, counted, staged, webhook
from fault_surroundings import Camera, Receiver
from fault_tools import wait_for

from common.harness import QUICK, Report, scratch
from common.plaza import CLIP
from mainstream.messages.status_report import StatusReport

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


def _all(report: Report) -> None:
    with scratch() as folder, ExitStack() as opened:
        # No frame is sent out of order, as most cameras do it: a decoder has nothing to wait for.
        plain = looped(CLIP, folder / "plain.mp4", 1, width=768, seconds=_CLIP_S)
        long = looped(plain, folder / "long.mp4", int((LOADED_S + 600.0) / _CLIP_S) + 1)
        cameras = []
        for _ in range(2):
            cameras.append(Camera(long))
            opened.callback(cameras[-1].stop)
        stage, receiver = opened.enter_context(staged(folder, CLIP))
        stage.start()
        _loaded(stage, receiver, cameras, report)
        _latency(stage, receiver, cameras, report)


PARTS = {"all": _all}


def _order(
    stage: Stage, cameras: list[Camera], apps: Sequence[tuple[int, float]], receiver: Receiver, threshold: float = 0.0
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
    samples: list[tuple[int, int, int]] = []
    start_s = time.monotonic()
    while time.monotonic() - start_s < LOADED_S:
        samples.append(_held(stage))
        time.sleep(SAMPLE_S)
    told = _told(stage)
    warm = np.array(samples)[int(len(samples) * WARM_SHARE) :]
    share = max(1, len(warm) // 10)
    # Medians: whoever reads a file at the moment of a sample has one more open, which is no growth.
    begun, ended = np.median(warm[:share], axis=0), np.median(warm[-share:], axis=0)
    grown = float(ended[0] / begun[0] - 1)
    files, threads = np.round(ended - begun)[1:].astype(int).tolist()
    cpu = "unknown" if told.cpu is None else f"{told.cpu:.2f}"
    fps = sum(app.fps or 0.0 for app in told.apps.values())
    report.row(
        f"resident memory over {LOADED_S / 60:.0f} min ({fps:.0f} frames x apps per second, {cpu} CPU)",
        f"{grown:+.2%} of {ended[0] / 2**20:.0f} MiB",
        "grows by at most 1 %",
        grown <= GROWTH_TARGET,
    )
    report.row(
        "open files and threads", f"{files:+d} files, {threads:+d} threads", "no more", files <= 0 and threads <= 0
    )
    report.details["resident bytes, files, threads"] = samples[:: max(1, len(samples) // 200)]
    for camera in cameras:
        camera.stop()
    with suppress(TimeoutError):
        wait_for(lambda: _uncounted(_told(stage)) == 0, 20.0)
    told = _told(stage)
    captured = sum(app.captured for app in told.apps.values())
    dropped = sum(app.dropped for app in told.apps.values())
    report.row(
        "captured = analysed + skipped + dropped, per app",
        f"{_uncounted(told)} of {captured} uncounted ({len(told.apps)} apps, {dropped} dropped)",
        "exactly, always",
        _uncounted(told) == 0,
    )
    for camera in cameras:
        camera.start()


def _latency(stage: Stage, receiver: Receiver, cameras: list[Camera], report: Report) -> None:
    _order(stage, cameras, _HALF, receiver)
    time.sleep(5.0)
    first = len(receiver.received)
    time.sleep(LATENCY_S)
    delays_s = [
        each.at_s - each.line["start_s"] for each in receiver.received[first:] if each.line["event"] == "opened"
    ]
    p50, p95, p99 = np.percentile(delays_s, (50, 95, 99)).tolist()
    report.row(
        "frame's time stamp (the camera's) to event at the webhook, votes 1, half load",
        f"p50 {p50 * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms ({len(delays_s)} events)",
        f"p95 {LATENCY_TARGET_S * 1e3:.0f} ms",
        p95 <= LATENCY_TARGET_S,
    )


def _held(stage: Stage) -> tuple[int, int, int]:
    """What the runner's processes hold: resident bytes, open files, threads."""
    resident = files = threads = 0
    for process in stage.processes():
        with suppress(psutil.Error):
            resident += process.memory_info().rss
            files += process.num_fds()
            threads += process.num_threads()
    return resident, files, threads


def _told(stage: Stage) -> StatusReport:
    report = stage.report()
    assert report is not None
    return report


def _uncounted(told: StatusReport) -> int:
    return sum(abs(app.captured - counted(app)) for app in told.apps.values())
