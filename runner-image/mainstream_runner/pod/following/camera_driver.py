"""Drives the profiler in a pod: frames come from the cameras that play anyway, through the pipeline that runs plans."""

import time
from collections.abc import Callable
from pathlib import Path

from mainstream.errors import MainstreamError
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream_runner.feeder.routing import served_routing
from mainstream_runner.pipeline.frame_pipeline import FramePipeline
from mainstream_runner.pod.cpu import CpuMeter
from mainstream_runner.pod.following.long_work import Pause
from mainstream_runner.profiling.profiler import IdleCost, ProbeRun


class CameraDriver:
    """Belongs to the thread that profiles; nobody else gives the pipeline plans meanwhile."""

    def __init__(self, pipeline: FramePipeline, cpu: CpuMeter, store: Path, pause: Pause) -> None:
        self._pipeline = pipeline
        self._cpu = cpu
        self._store = store
        self._pause = pause

    def idle(self, seconds: float) -> IdleCost:
        """Of all processes; what cameras decode is not idling."""
        start_s, used_s = time.monotonic(), self._used()
        self._pause(seconds)
        cpu = max(0.0, self._used() - used_s) / (time.monotonic() - start_s)
        return IdleCost(cpu, self._cpu.resident_bytes())

    def stream(self) -> RunnerStream:
        """Of a camera that delivers."""
        playing = self._pipeline.cameras.decoding()
        if playing is None:
            raise MainstreamError("no stream answers")
        return RunnerStream(name=playing.name, url="", fps=playing.fps, crops={"full": None})

    def run(self, plan: RunnerPlan, seconds: float) -> ProbeRun:
        """Have the plan served, and watch."""
        state = self._pipeline.load(plan, self._store, self._pause)
        self._pipeline.adopt(served_routing(plan, state), {})
        analysed = self._analysed(plan.apps[0].name)
        start_s, used_s, before = time.monotonic(), self._used(), analysed()
        self._pause(seconds)
        return ProbeRun(time.monotonic() - start_s, analysed() - before, self._used() - used_s)

    def _used(self) -> float:
        return self._cpu.total_s() - self._pipeline.cameras.decode_cpu_s()

    def _analysed(self, app: str) -> Callable[[], int]:
        return lambda: self._pipeline.counts.tallies()[app].analysed
