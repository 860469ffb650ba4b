"""Profiles this node: TorchServe and feeder as they run plans, with a head of zeros on the whole base network."""

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from mainstream.errors import InvalidInputError
from mainstream.machine import machine_name
from mainstream.mpackage.folder_store import FolderStore
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.publish import blob_of
from mainstream.node_profile import NodeProfile
from mainstream.runner_plan import RunnerApp, RunnerPlan, RunnerStream
from mainstream_runner.client import EngineClient, PlanNotServedError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine_state import EngineState
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.processes import cpu_seconds, resident_bytes
from mainstream_runner.profiling.fit import fit_app_s, fit_base, fit_decode_s, fit_frame_s, fit_scale
from mainstream_runner.run import run_plan_on
from mainstream_runner.run_result import RunResult
from mainstream_runner.serving.torchserve import TorchServe, torchserve

_PACE_FPS = 8.0
"""analysed frames per second of live runs; plans on a small node run at 1 to 10"""
_PARTS_FPS = 24.0
"""cuts timed a second: there are some sixteen, and each needs a few runs"""
PROBE_APPS = 8
"""of the live run that tells what an app costs beside its network"""
_WARM_MESSAGES = 300
"""that the JVM sees before it is measured: it translates its code at the first few hundred"""
_PARTS_S = 7.0
_IDLE_S = 2.5
_DECODE_S = 5.0
_LIVE_S = 8.0
_NO_FRAMES_FPS = 1e-6
"""only the first frame falls due"""
PROFILED_VERSIONS = ("torch", "openvino", "torchserve", "av", "mainstream")


def profile_node(
    base_names: Sequence[str],
    streams: Sequence[RunnerStream],
    *,
    on_step: Callable[[str], None] = lambda step: None,
) -> NodeProfile:
    """Measure what frames of `streams` cost here with each base network: about 45 s, 10 more for each further one.

    Plays the beginning of every stream in real time. `on_step` is told what comes next. Raises `MainstreamError` where
    a base network is not installed or a stream can't be played.
    """
    if not base_names or not streams:
        raise InvalidInputError("name at least one base network and one stream to profile", field="streams")
    with tempfile.TemporaryDirectory(prefix="mainstream-profile-") as folder:
        on_step("starting TorchServe")
        with torchserve() as server:
            return _Profiler(server, Path(folder), on_step).profile(base_names, streams)


class _Profiler:
    def __init__(self, server: TorchServe, folder: Path, on_step: Callable[[str], None]) -> None:
        self._server = server
        self._folder = folder
        self._on_step = on_step

    def profile(self, base_names: Sequence[str], streams: Sequence[RunnerStream]) -> NodeProfile:
        parts: dict[str, PartCosts] = {}
        with closing(EngineClient(self._server.port)) as client:
            for name in base_names:
                self._on_step(f"measuring segments of {name}")
                parts[name] = client.part_costs(name, _PARTS_FPS, _PARTS_S)
            self._on_step("warming TorchServe")
            _warm(client)
        first = base_names[0]
        self._on_step("measuring idle processes")
        # Whoever asks is no part of a runner: the demo, say, has trained in this process.
        idle, resident = self._idle(), resident_bytes(self._server.guard)
        decode_s: dict[str, float] = {}
        for stream in streams:
            self._on_step(f"measuring decoding of {stream.name}")
            run = self._play(stream, first, parts[first], _NO_FRAMES_FPS, _DECODE_S)
            decode_s[stream.name] = fit_decode_s(run.cpu_used, idle, _captured_fps(run))
        fps = min(_PACE_FPS, streams[0].fps)
        self._on_step("measuring whole frames")
        before = self._state()
        run = self._play(streams[0], first, parts[first], fps, _LIVE_S)
        after = self._state()
        scored_s = (after.scored_s - before.scored_s) / (after.scored_frames - before.scored_frames)
        scale = fit_scale(parts[first], scored_s)
        bases = {name: fit_base(costs, scale) for name, costs in parts.items()}
        self._on_step("measuring frames of several apps")
        several = self._play(streams[0], first, parts[first], fps, _LIVE_S, apps=PROBE_APPS)

        def frame_s(run: RunResult) -> float:
            decode = decode_s[streams[0].name] * _captured_fps(run)
            return max(0.0, run.cpu_used - idle - decode) / run.apps[0].fps_achieved

        app_s = fit_app_s(frame_s(run), frame_s(several), PROBE_APPS)
        return NodeProfile(
            machine=machine_name(),
            back_end=after.back_end,
            versions={name: version(name) for name in PROFILED_VERSIONS},
            bases=bases,
            frame_s=fit_frame_s(frame_s(run), app_s, bases[first]),
            app_s=app_s,
            decode_s=decode_s,
            resident_bytes=resident,
            idle=idle,
        )

    def _state(self) -> EngineState:
        with closing(EngineClient(self._server.port)) as client:
            return client.state()

    def _idle(self) -> float:
        before_s, start_s = cpu_seconds(self._server.guard), time.monotonic()
        time.sleep(_IDLE_S)
        return (cpu_seconds(self._server.guard) - before_s) / (time.monotonic() - start_s)

    def _play(
        self, stream: RunnerStream, base: str, parts: PartCosts, fps: float, seconds: float, apps: int = 1
    ) -> RunResult:
        plan = probe_plan(stream, base, parts, fps, zero_head(self._folder, parts), apps)
        frames = max(1, round(seconds * stream.fps))
        return run_plan_on(self._server, plan, self._folder, self._folder / "out", end_frame=frames)


def zero_head(store: Path, parts: PartCosts) -> Blob:
    """A head that never hits, written to a folder store."""
    content = save({"weight": np.zeros((1, parts.feature_channels), np.float32), "bias": np.zeros(1, np.float32)})
    blob = blob_of(content)
    FolderStore(store).put(blob_key(blob), content)
    return blob


def probe_plan(stream: RunnerStream, base: str, parts: PartCosts, fps: float, head: Blob, apps: int = 1) -> RunnerPlan:
    """So many apps with everything frozen on the first view of the stream."""
    app = RunnerApp(
        name="probe-0",
        stream=stream.name,
        view=next(iter(stream.crops)),
        base=base,
        base_digest=parts.digest,
        package_digest=head.sha256,
        branch_point=len(parts.stem_s) - 1,
        prefix_hash=parts.digest,
        segments=(),
        head=head,
        threshold=1.0,
        fps=fps,
        votes=1,
        merge_gap_s=1.0,
    )
    all_apps = tuple(app.model_copy(update={"name": f"probe-{number}"}) for number in range(apps))
    return RunnerPlan(node="", sharing=True, budget=0.0, cost=0.0, streams=(stream,), apps=all_apps)


def _warm(client: EngineClient) -> None:
    """Send frames that the engine refuses, since it serves no such plan."""
    pixels = np.zeros((160, 160, 3), np.uint8)
    for _ in range(_WARM_MESSAGES):
        with suppress(PlanNotServedError):
            client.score("", [DueFrame(0, pixels, ())])


def _captured_fps(run: RunResult) -> float:
    return run.apps[0].frames.captured / run.seconds
