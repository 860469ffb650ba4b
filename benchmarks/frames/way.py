"""The row of `make bench-frames` on a frame's way: from a decoded frame to its scores, without the network.

Paced as plans run, since caches are cold then; the CPU of every thread of feeder, JVM and worker, less what they take
with nothing to do, less what the engine takes from the network's input to the scores.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import av
import numpy as np
import torch
from av.video.reformatter import Interpolation, VideoReformatter

from common.harness import QUICK, Report
from common.runner_stage import below, clip_stream, pictures, workers
from mainstream.footage.frames import view_pixels
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.nn.network import Network
from mainstream.nn.registry import load_base_network
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
from mainstream_runner.serving.torchserve import TorchServe, torchserve

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


@dataclass(frozen=True)
class _Round:
    """Milliseconds of CPU a look."""

    feeder: float
    jvm: float
    worker: float
    """without the network"""

    @property
    def all(self) -> float:
        return self.feeder + self.jvm + self.worker


def way_rows(report: Report) -> None:
    """Two apps with micro-heads on one view of a clip of 768x576 pixels."""
    torch.set_num_threads(1)
    network = load_base_network(BASE)
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder:
        store, cache = Path(folder) / "store", Path(folder) / "cache"
        calibrated(cache)(network)
        stream = clip_stream(fps=1000.0)
        plan = synthetic_micro_plan(network, store, stream, [(("flat", TAP, 8), 1000.0)] * APPS, sharing=True)
        with torchserve(cache=cache) as server:
            enter_ms = 1e3 * _entering_s(network, cache)
            measured = list(_rounds(server, plan, store, enter_ms, EngineLine))
            through_http = list(_rounds(server, plan, store, enter_ms, EngineClient))
    middle, other = (sorted(each, key=lambda one: one.all)[len(each) // 2] for each in (measured, through_http))
    report.row(
        f"frame's way at 160 px, {FPS:g} looks a second, CPU a look beside the network",
        f"{middle.all:.2f} ms ({middle.feeder:.2f} feeder with scaling from 768x576, {middle.worker:.2f} worker with "
        f"preprocessing, {middle.jvm:.2f} JVM)",
        "1 ms",
        middle.all <= 1.0,
    )
    report.row(
        "the same through TorchServe's HTTP, as others may ask",
        f"{other.all:.2f} ms ({other.feeder:.2f} feeder, {other.worker:.2f} worker, {other.jvm:.2f} JVM)",
        "said",
        None,
    )
    report.details["way_ms"] = {"line": list(map(vars, measured)), "http": list(map(vars, through_http))}


def scaling_rows(report: Report) -> None:
    """The way that views are scaled beside swscale's packed pixels at once, by two filters, with cold caches."""
    times_ms = _scaled_ms(pictures(FRAMES))
    report.row(
        "scaling 768x576 to 160x160, CPU a look, paced: as views are, packed at once, that with the bilinear filter",
        ", ".join(f"{each:.2f} ms" for each in times_ms.values()),
        "as views are no dearer",
        times_ms["view"] <= 1.05 * min(times_ms.values()),
    )


def _scaled_ms(shown: list[av.VideoFrame]) -> dict[str, float]:
    ways: dict[str, Callable[[av.VideoFrame], object]] = {
        "view": lambda frame: view_pixels(frame, None, 160, 160),
        **{name: partial(_packed, VideoReformatter(), Interpolation[name]) for name in ("AREA", "BILINEAR")},
    }
    spent_s: dict[str, list[float]] = {name: [] for name in ways}
    for look in range(SCALED):
        for name, scale in ways.items():
            time.sleep(1 / 20)
            start_s = time.thread_time()
            scale(shown[look % FRAMES])
            spent_s[name].append(time.thread_time() - start_s)
    return {name: 1e3 * median(each) for name, each in spent_s.items()}


def _packed(scaler: VideoReformatter, way: Interpolation, frame: av.VideoFrame) -> object:
    return scaler.reformat(frame, 160, 160, "rgb24", interpolation=way, threads=1).to_ndarray()


def _rounds(
    server: TorchServe, plan: RunnerPlan, store: Path, enter_ms: float, asking: type[EngineLine | EngineClient]
) -> Iterator[_Round]:
    shown = pictures(FRAMES)
    with closing(EngineClient(server.port)) as client, _feeding(server.port, asking) as feeder:
        feeder.adopt(served_routing(plan, client.load(plan, store)))
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
        jvm = [each.pid for each in below(server.guard) if "java" in each.name()]
        parts = {"feeder": [os.getpid()], "jvm": jvm, "worker": [each.pid for each in workers(server.guard)]}
        looks = round(FPS * ROUND_S)
        for _ in range(ROUNDS):
            idle = _used_s(parts, lambda: time.sleep(IDLE_S))
            before = client.state().scored_s
            used = _used_s(parts, lambda: look(FPS, looks))
            network_ms = 1e3 * (client.state().scored_s - before) / looks - enter_ms
            ms = {part: 1e3 * (used[part] - idle[part] * ROUND_S / IDLE_S) / looks for part in parts}
            yield _Round(ms["feeder"], ms["jvm"], ms["worker"] - network_ms)


@contextmanager
def _feeding(port: int, asking: type[EngineLine | EngineClient]) -> Iterator[Feeder]:
    """A feeder that asks in that way."""
    with patch.object(feeder_module, "EngineLine", asking):
        feeder = Feeder(port, FrameCounts(), Decider(lambda app, alert: None), lambda digest: None)
    try:
        yield feeder
    finally:
        feeder.close()


def _used_s(parts: Mapping[str, list[int]], work: Callable[[], None]) -> dict[str, float]:
    """CPU-seconds that each part's processes take while it works."""
    before = {part: _cpu_s(processes) for part, processes in parts.items()}
    work()
    return {part: _cpu_s(processes) - before[part] for part, processes in parts.items()}


def _cpu_s(processes: list[int]) -> float:
    """Of all threads, in nanoseconds where the kernel counts so; those of a process's times come in hundredths."""
    spent = 0
    for process in processes:
        for thread in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):  # it has ended since it was listed
                spent += int((thread / "schedstat").read_text().split()[0])
    return spent / 1e9


def _entering_s(network: Network, cache: Path) -> float:
    """What preprocessing takes at the head of a stem, as it runs in the worker: with it less without it, in turn."""
    choice, shape = calibrated(cache)(network), network.branch_points[0].shape
    stem = choice.back_end.chain(network.segments[:TAP], shape, 1).step()
    entered = choice.back_end.chain(network.segments[:TAP], shape, 1, network.preprocessing).step()
    pixels = np.random.default_rng(0).integers(0, 256, (1, 160, 160, 3), dtype=np.uint8)
    value = choice.back_end.preprocessing(network.preprocessing, 1).step()(pixels)
    times_s: list[tuple[float, float]] = []
    with torch.inference_mode():
        for _ in range(ENTERED):
            one_s = _paced_s(lambda: stem(value))
            times_s.append((one_s, _paced_s(lambda: entered(pixels))))
    return max(0.0, median(with_s for _, with_s in times_s) - median(without_s for without_s, _ in times_s))


def _paced_s(run: Callable[[], object]) -> float:
    time.sleep(1 / 20)
    start_s = time.thread_time()
    run()
    return time.thread_time() - start_s
