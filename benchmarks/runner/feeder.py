"""Rows of `make bench-runner` on what TorchServe and the feeder cost on top of the engine alone."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import torch

from common.harness import QUICK, Report
from common.runner_stage import below, clip_stream, on_core, per_second, pictures, pin, pixels, rounds, workers
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.nn.registry import load_base_network
from mainstream_runner.client import EngineClient
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.calibration import always, calibrated
from mainstream_runner.engine.loader import load_executor
from mainstream_runner.engine.openvino_cpu import OpenVinoCpu
from mainstream_runner.engine.templates import Templates
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.feeder import Feeder
from mainstream_runner.feeder.routing import served_routing
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.feeder.waiting import WAITING_FRAMES, WaitingFrame
from mainstream_runner.profiling.synthetic import synthetic_plan
from mainstream_runner.serving.torchserve import TorchServe, torchserve

BASE = "efficientnet-lite0-224"
APPS = 8
FRAMES = 8
ROUND_S = 3.0 if QUICK else 10.0
ROUNDS = 3 if QUICK else 5
LATENCY_S = 10.0 if QUICK else 60.0
CORE = 0


class _Recorder:
    """Takes scores where the feeder's decider would; knows when frames were scored."""

    def __init__(self) -> None:
        self.late_s: list[float] = []

    def keep(self, apps: Any) -> None:
        """Nothing to keep."""

    def take(self, frame: WaitingFrame, scores: dict[str, float]) -> None:
        """Note how long after it came the frame was scored."""
        self.late_s.append(time.monotonic() - frame.due_s)


def feeder_rows(report: Report) -> None:
    """Both rows."""
    torch.set_num_threads(1)
    network = load_base_network(BASE)
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder:
        store, cache = Path(folder) / "store", Path(folder) / "cache"
        calibrated(cache)(network)  # once, before two engines ask for it
        frozen = [(network.depth, 1000.0)] * APPS
        plan = synthetic_plan(network, store, clip_stream(fps=1000.0), frozen, sharing=True)
        with torchserve(cache=cache) as server:
            _rows(report, server, plan, store, OpenVinoCpu(Templates(cache / "templates")))


def _rows(report: Report, server: TorchServe, plan: RunnerPlan, store: Path, back_end: OpenVinoCpu) -> None:
    size = load_base_network(BASE).preprocessing.height
    apps = tuple(app.name for app in plan.apps)
    executor = load_executor(plan, store, always(back_end))
    due = [DueFrame(0, each, apps) for each in pixels(FRAMES, size)]
    pin(below(server.guard), range(os.cpu_count() or 1))
    pin(workers(server.guard), [CORE])

    def alone() -> float:
        with on_core(CORE):
            return per_second(lambda: len(executor.score(due)), ROUND_S)

    shown = pictures(FRAMES)
    with closing(EngineClient(server.port)) as client:
        routing = served_routing(plan, client.load(plan, store))

    def fed() -> float:
        return _feed(server, routing, shown, ROUND_S, None)[0]

    saturated = rounds({"alone": alone, "fed": fed}, ROUNDS)
    loss = 1 - saturated["fed"] / saturated["alone"]
    report.row(
        "TorchServe and feeder on top of the engine alone, saturated",
        f"{loss:.1%} fewer frames ({saturated['alone']:.0f} and {saturated['fed']:.0f} a second)",
        "at most 10 %",
        loss <= 0.1,
    )
    half_fps = saturated["fed"] / 2
    with on_core(CORE):
        engine_s = _paced(lambda: executor.score(due[:1]), half_fps, LATENCY_S)
    _, late_s = _feed(server, routing, shown, LATENCY_S, half_fps)
    added_s = float(np.quantile(late_s, 0.99) - np.median(engine_s))
    report.row(
        f"latency that TorchServe and feeder add at half load ({half_fps:.0f} frames a second), p99",
        f"{added_s * 1e3:.1f} ms",
        "15 ms",
        added_s <= 0.015,
    )
    report.details["feeder"] = {
        **saturated,
        "engine_ms": np.quantile(engine_s, (0.5, 0.99)).tolist(),
        "late_ms": (1e3 * np.quantile(late_s, (0.5, 0.95, 0.99))).tolist(),
    }


def _paced(work: Callable[[], object], fps: float, seconds: float) -> list[float]:
    """Seconds that each call takes, so many calls a second."""
    times_s: list[float] = []
    start_s = time.monotonic()
    for number in range(int(fps * seconds)):
        time.sleep(max(0.0, start_s + number / fps - time.monotonic()))
        begun_s = time.monotonic()
        work()
        times_s.append(time.monotonic() - begun_s)
    return times_s


def _feed(
    server: TorchServe, routing: Any, shown: Sequence[Any], seconds: float, fps: float | None
) -> tuple[float, list[float]]:
    """Play pictures through the feeder, at `fps` or as fast as the engine takes them: analysed frames a second, and
    how long after each came its scores did."""
    recorder, counts = _Recorder(), FrameCounts()
    feeder = Feeder(server.port, counts, recorder, lambda digest: None)  # type: ignore[arg-type]
    stopping = threading.Event()
    try:
        feeder.adopt(routing)
        app = routing.plan.apps[0].name
        start_s = time.monotonic()
        number = 0
        while time.monotonic() - start_s < seconds:
            if fps is None:
                # A queue that is never empty and never so full that a frame is scaled for nothing.
                while counts.tallies()[app].waiting >= WAITING_FRAMES:
                    stopping.wait(0.001)
            else:
                time.sleep(max(0.0, start_s + number / fps - time.monotonic()))
            now_s = time.monotonic()
            feeder.take("plaza", CapturedFrame(number, now_s, now_s, shown[number % len(shown)]))
            number += 1
        taken = len(recorder.late_s) / (time.monotonic() - start_s)
        feeder.drain(5.0)
        return taken, list(recorder.late_s)
    finally:
        feeder.close()
