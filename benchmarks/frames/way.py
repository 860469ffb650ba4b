"""The row of `make bench-frames` on a frame's way: from a decoded frame to its scores, without the network.

Paced as plans run, since caches are cold then; the CPU of every thread of feeder, JVM and worker, less what they take
with nothing to do, less what the engine takes from the network's input to the scores.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from functools import partial
from itertools import cycle
from pathlib import Path
from unittest.mock import patch

import av
import numpy as np
import torch
from av.video.reformatter import Interpolation, VideoReformatter

from common.harness import QUICK, Report
from common.runner_stage import Served, below, clip_stream, cpu_s, pictures, rounds, served
from mainstream.footage.frames import view_pixels
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.client import EngineClient
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.feeder import feeder as feeder_module
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider
from mainstream_runner.feeder.feeder import Feeder
from mainstream_runner.feeder.routing import served_routing
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.line.caller import EngineLine
from mainstream_runner.profiling.synthetic import synthetic_micro_plan

BASE = "efficientnet-lite0"
TAP = 9
APPS = 2
FPS = 5.0
ROUNDS = 3 if QUICK else 5
ROUND_S = 5.0 if QUICK else 20.0
IDLE_S = 5.0
WARM_LOOKS = 600
"""the JVM translates its code at the first few hundred requests, whoever sends them"""
ENTERED = 40
SCALED = 60
FRAMES = 8


Milliseconds = dict[str, float]
"""of CPU a look, by part: feeder, jvm, worker (without the network)"""


def way_rows(report: Report) -> None:
    """Two apps with micro-heads on one view of a clip of 768x576 pixels."""
    with served(BASE) as on:
        stream = clip_stream(fps=1000.0)
        plan = synthetic_micro_plan(on.network, on.store, stream, [(("flat", TAP, 8), 1000.0)] * APPS, sharing=True)
        enter_ms = 1e3 * _entering_s(on)
        measured = list(_rounds(on, plan, enter_ms, EngineLine))
        through_http = list(_rounds(on, plan, enter_ms, EngineClient))
    middle, other = (sorted(each, key=_all)[len(each) // 2] for each in (measured, through_http))
    report.row(
        f"frame's way at 160 px, {FPS:g} looks a second, CPU a look beside the network",
        f"{_all(middle):.2f} ms ({middle['feeder']:.2f} feeder with scaling from 768x576, {middle['worker']:.2f} "
        f"worker with preprocessing, {middle['jvm']:.2f} JVM)",
        "1 ms",
        _all(middle) <= 1.0,
    )
    report.row(
        "the same through TorchServe's HTTP, as others may ask",
        f"{_all(other):.2f} ms ({other['feeder']:.2f} feeder, {other['worker']:.2f} worker, {other['jvm']:.2f} JVM)",
        "said",
        None,
    )
    report.details["way_ms"] = {"line": measured, "http": through_http}


def _all(parts: Milliseconds) -> float:
    return sum(parts.values())


def scaling_rows(report: Report) -> None:
    """The way that views are scaled beside swscale's packed pixels at once, by two filters, with cold caches."""
    ways: dict[str, Callable[[av.VideoFrame], object]] = {
        "view": lambda frame: view_pixels(frame, None, 160, 160),
        **{name: partial(_packed, VideoReformatter(), Interpolation[name]) for name in ("AREA", "BILINEAR")},
    }
    shown = cycle([frame for frame in pictures(FRAMES) for _ in ways])

    def scaled_s(way: Callable[[av.VideoFrame], object]) -> float:
        return _paced_s(lambda: way(next(shown)))

    times_s = rounds({name: partial(scaled_s, way) for name, way in ways.items()}, SCALED)
    report.row(
        "scaling 768x576 to 160x160, CPU a look, paced: as views are, packed at once, that with the bilinear filter",
        ", ".join(f"{1e3 * each:.2f} ms" for each in times_s.values()),
        "as views are no dearer",
        times_s["view"] <= 1.05 * min(times_s.values()),
    )


def _packed(scaler: VideoReformatter, way: Interpolation, frame: av.VideoFrame) -> object:
    return scaler.reformat(frame, 160, 160, "rgb24", interpolation=way, threads=1).to_ndarray()


def _rounds(
    on: Served, plan: RunnerPlan, enter_ms: float, asking: type[EngineLine | EngineClient]
) -> Iterator[Milliseconds]:
    shown = pictures(FRAMES)
    with patch.object(feeder_module, "EngineLine", asking):
        feeder = Feeder(on.server.port, FrameCounts(), Decider(lambda app, alert: None), lambda digest: None)
    with closing(EngineClient(on.server.port)) as client, closing(feeder):
        feeder.adopt(served_routing(plan, client.load(plan, on.store)))
        number = 0

        def look(fps: float, looks: int) -> None:
            nonlocal number
            start_s = time.monotonic()
            for at in range(looks):
                time.sleep(max(0.0, start_s + at / fps - time.monotonic()))
                now_s = time.monotonic()
                feeder.take("plaza", CapturedFrame(number, now_s, now_s, shown[number % len(shown)]))
                number += 1
            feeder.drain(10.0)

        look(50.0, WARM_LOOKS)
        parts = {"feeder": [os.getpid()], "jvm": [], "worker": []}
        for each in below(on.server.guard):
            if "java" in each.name():
                parts["jvm"].append(each.pid)
            elif any("model_service_worker" in word for word in each.cmdline()):
                parts["worker"].append(each.pid)
        looks = round(FPS * ROUND_S)
        for _ in range(ROUNDS):
            idle = _used_s(parts, lambda: time.sleep(IDLE_S))
            before = client.state().scored_s
            used = _used_s(parts, lambda: look(FPS, looks))
            network_ms = 1e3 * (client.state().scored_s - before) / looks - enter_ms
            ms = {part: 1e3 * (used[part] - idle[part] * ROUND_S / IDLE_S) / looks for part in parts}
            yield {**ms, "worker": ms["worker"] - network_ms}


def _used_s(parts: Mapping[str, list[int]], work: Callable[[], None]) -> dict[str, float]:
    """CPU-seconds that each part's processes take while it works."""
    before = {part: _spent_s(processes) for part, processes in parts.items()}
    work()
    return {part: _spent_s(processes) - before[part] for part, processes in parts.items()}


def _spent_s(processes: list[int]) -> float:
    """Of all threads, in nanoseconds where the kernel counts so; those of a process's times come in hundredths."""
    spent = 0
    for process in processes:
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):  # it has ended since it was listed
                spent += int((thread / "schedstat").read_text().split()[0])
    return spent / 1e9


def _entering_s(on: Served) -> float:
    """What preprocessing takes at the head of a stem, as it runs in the worker: with it less without it, in turn."""
    choice, shape = calibrated(on.cache)(on.network), on.network.branch_points[0].shape
    stem = choice.back_end.chain(on.network.segments[:TAP], shape, 1).step()
    entered = choice.back_end.chain(on.network.segments[:TAP], shape, 1, on.network.preprocessing).step()
    pixels = np.random.default_rng(0).integers(0, 256, (1, 160, 160, 3), dtype=np.uint8)
    value = choice.back_end.preprocessing(on.network.preprocessing, 1).step()(pixels)
    ways = {"without": lambda: _paced_s(lambda: stem(value)), "with": lambda: _paced_s(lambda: entered(pixels))}
    with torch.inference_mode():
        times_s = rounds(ways, ENTERED)
    return max(0.0, times_s["with"] - times_s["without"])


def _paced_s(run: Callable[[], object]) -> float:
    time.sleep(1 / 20)
    return cpu_s(run)
