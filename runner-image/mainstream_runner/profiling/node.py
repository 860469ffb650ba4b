"""Profiles this node for `mainstream profile`: files that the pipeline's own process plays drive the profiler."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.machine import machine_name
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.processes import cpu_seconds, resident_bytes
from mainstream_runner.profiling.duties import duties_of_file
from mainstream_runner.profiling.fit import by_device, fit_base, fit_decode_s
from mainstream_runner.profiling.modes import Decoding, measure_modes
from mainstream_runner.profiling.profiler import (
    IdleCost,
    ProbeRun,
    Profiler,
    probe_plan,
    profiled_versions,
    zero_head,
)
from mainstream_runner.run import run_plan_on
from mainstream_runner.run_result import RunResult
from mainstream_runner.serving.torchserve import TorchServe, torchserve
from mainstream_runner.serving.worker import device

_DECODE_S = 5.0
_NO_FRAMES_FPS = 1e-6
"""only the first frame falls due"""


def profile_node(
    base_names: Sequence[str],
    streams: Sequence[RunnerStream],
    *,
    on_step: Callable[[str], None] = lambda step: None,
) -> NodeProfile:
    """Measure what frames of `streams` cost here with each base network: about 50 s, 15 more for each further one, and
    10 to 30 for each further stream.

    Plays the beginning of every stream in real time. `on_step` learns what comes next. Raises `MainstreamError` where
    a base network is not installed or a stream can't be played.
    """
    if not base_names or not streams:
        raise InvalidInputError("name at least one base network and one stream to profile", field="streams")
    with tempfile.TemporaryDirectory(prefix="mainstream-profile-") as name:
        folder = Path(name)
        on_step("starting TorchServe")
        with torchserve() as server:
            driver = _FileDriver(server, folder, streams)
            profiler = Profiler(server.port, folder, driver, on_step=on_step)
            parts = {base: profiler.part_costs(base) for base in base_names}
            idle = profiler.idle()
            first = base_names[0]
            decoding: dict[str, Decoding] = {}
            for stream in streams:
                on_step(f"measuring decoding of {stream.name}")
                driver.measure_decoding(stream, first, parts[first], idle)
                decoding[stream.name] = measure_modes(stream, driver.decode_s[stream.name])
            on_step("watching which views move")
            duties = {stream.name: duties_of_file(stream) for stream in streams}
            costs = profiler.frame_costs(first, parts[first], idle)
            measured = NodeProfile(
                machine=machine_name(),
                device=device(),
                back_end=parts[first].back_end,
                versions=profiled_versions(),
                bases={base: fit_base(each, costs.scale) for base, each in parts.items()},
                frame_s=costs.frame_s,
                app_s=costs.app_s,
                decode_s=driver.decode_s,
                decode_modes={name: each.modes for name, each in decoding.items() if each.modes},
                pixels={name: each.pixels for name, each in decoding.items() if each.pixels is not None},
                duties=duties,
                resident_bytes=idle.resident_bytes,
                idle=idle.cpu,
            )
            return by_device(measured)


class _FileDriver:
    """Plays the beginning of files. Whoever asks is no part of a runner: the demo, say, has trained in this process."""

    def __init__(self, server: TorchServe, folder: Path, streams: Sequence[RunnerStream]) -> None:
        self._server = server
        self._folder = folder
        self._streams = streams
        self.decode_s: dict[str, float] = {}
        """CPU-seconds per captured frame, by stream, once measured"""

    def idle(self, seconds: float) -> IdleCost:
        """Of TorchServe, which is all that runs between two runs."""
        before_s, start_s = cpu_seconds(self._server.guard), time.monotonic()
        time.sleep(seconds)
        cpu = (cpu_seconds(self._server.guard) - before_s) / (time.monotonic() - start_s)
        return IdleCost(cpu, resident_bytes(self._server.guard))

    def stream(self) -> RunnerStream:
        """The first one."""
        return self._streams[0]

    def run(self, plan: RunnerPlan, seconds: float) -> ProbeRun:
        """Play the stream's beginning, once what decoding costs is known."""
        (stream,) = plan.streams
        run = self._play(plan, seconds)
        frames = run.apps[0].frames
        cpu_s = run.cpu_used * run.seconds - self.decode_s[stream.name] * frames.captured
        return ProbeRun(run.seconds, frames.analysed, cpu_s)

    def measure_decoding(self, stream: RunnerStream, base: str, parts: PartCosts, idle: IdleCost) -> None:
        """Play a stream with no frame to analyse."""
        run = self._play(probe_plan(stream, base, parts, _NO_FRAMES_FPS, zero_head(self._folder, parts)), _DECODE_S)
        fps = run.apps[0].frames.captured / run.seconds
        self.decode_s[stream.name] = fit_decode_s(run.cpu_used, idle.cpu, fps)

    def _play(self, plan: RunnerPlan, seconds: float) -> RunResult:
        frames = max(1, round(seconds * plan.streams[0].fps))
        return run_plan_on(self._server, plan, self._folder, self._folder / "out", end_frame=frames)
