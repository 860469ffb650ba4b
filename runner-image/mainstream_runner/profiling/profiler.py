"""Measures what frames cost on this node: with one pace and one length, whoever plays the frames.

A driver says where frames and CPU time come from: `node` plays files for `mainstream profile`, a pod has cameras that
play anyway. What is measured is a head of zeros on the whole base network, through TorchServe and the frame pipeline
as they run plans.
"""

import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from safetensors.numpy import save

from mainstream.errors import MainstreamError
from mainstream.head_form import HeadForm
from mainstream.machine import versions
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.publish import blob_of
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_runner.client import EngineClient, PlanNotServedError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.profiling.fit import fit_app_s, fit_base, fit_frame_s, fit_scale

PARTS_FPS = 24.0
"""cuts timed a second: there are some sixteen, and each needs a few runs"""
_PARTS_S = 10.0
_IDLE_S = 2.0
_LIVE_FPS = 8.0
"""analysed frames per second of live runs; plans on a small node run at 1 to 10"""
_LIVE_S = 6.0
_PROBE_APPS = 8
"""of the live run that tells what an app costs beside its network"""
_WARM_MESSAGES = 300
"""that the JVM sees before it is measured: it translates its code at the first few hundred"""
_PROFILED = ("torch", "openvino", "torchserve", "av", "mainstream")


def profiled_versions() -> dict[str, str]:
    """Versions of what a profile depends on, as installed here."""
    return versions(_PROFILED)


@dataclass(frozen=True)
class IdleCost:
    """What a runner takes with no frame to analyse."""

    cpu: float
    """CPU-seconds per second of all processes, without decoding"""
    resident_bytes: int


@dataclass(frozen=True)
class ProbeRun:
    """What it took to run a probe plan for a while."""

    seconds: float
    analysed: int
    """frames that the first app analysed"""
    cpu_s: float
    """of all processes, without decoding; idling included"""


@dataclass(frozen=True)
class FrameCosts:
    """What a frame costs beyond its network, and how networks in service compare with their parts."""

    frame_s: float
    """CPU-seconds per frame and view"""
    app_s: float
    """CPU-seconds per frame and app"""
    scale: float
    """what a network costs in service over what its parts cost one by one"""


class ProfileDriver(Protocol):
    """Plays frames, and knows what all processes use."""

    def idle(self, seconds: float) -> IdleCost:
        """Watch for so long what is used while nothing is analysed."""
        ...

    def stream(self) -> RunnerStream:
        """The stream that probe plans run on; raises `MainstreamError` while none delivers."""
        ...

    def run(self, plan: RunnerPlan, seconds: float) -> ProbeRun:
        """Run a plan for so long; raises `MainstreamError` where that can't be done now."""
        ...


class Profiler:
    """One TorchServe's profiler; belongs to one thread."""

    def __init__(
        self,
        port: int,
        store: Path,
        driver: ProfileDriver,
        *,
        on_step: Callable[[str], None] = lambda step: None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        """`port` is of the inference API, `store` the folder store that probe heads are put into.

        `on_step` learns what comes next; what `pause` raises ends the profiling.
        """
        self._port = port
        self._store = store
        self._driver = driver
        self._on_step = on_step
        self._pause = pause

    def part_costs(self, base: str) -> PartCosts:
        """Of a base network, measured in the worker beside whatever frames there are."""
        self._on_step(f"measuring segments of {base}")
        with self._client() as client:
            return client.part_costs(base, PARTS_FPS, _PARTS_S)

    def idle(self) -> IdleCost:
        """With TorchServe warm."""
        self._on_step("warming TorchServe")
        with self._client() as client:
            # Frames that the engine refuses, since it serves no such plan.
            pixels = np.zeros((160, 160, 3), np.uint8)
            for _ in range(_WARM_MESSAGES):
                with suppress(PlanNotServedError):
                    client.score("", [DueFrame(0, pixels, ())])
        self._on_step("measuring idle processes")
        return self._driver.idle(_IDLE_S)

    def frame_costs(self, base: str, parts: PartCosts, idle: IdleCost) -> FrameCosts:
        """From two live runs, of one app and of several."""
        self._on_step("measuring whole frames")
        one_s, scored_s = self._live(base, parts, idle, 1)
        self._on_step("measuring frames of several apps")
        several_s, _ = self._live(base, parts, idle, _PROBE_APPS)
        scale = fit_scale(parts, scored_s)
        app_s = fit_app_s(one_s, several_s, _PROBE_APPS)
        return FrameCosts(fit_frame_s(one_s, app_s, fit_base(parts, scale)), app_s, scale)

    def _live(self, base: str, parts: PartCosts, idle: IdleCost, apps: int) -> tuple[float, float]:
        """CPU-seconds per analysed frame without idling and decoding, and those of them from pixels to scores."""
        stream = self._driver.stream()
        head = zero_head(self._store, parts)
        plan = probe_plan(stream, base, parts, min(_LIVE_FPS, stream.fps), head, apps)
        with self._client() as client:
            before = client.state()
            run = self._driver.run(plan, _LIVE_S)
            after = client.state()
        scored = after.scored_frames - before.scored_frames
        if run.analysed < run.seconds or not scored:
            raise MainstreamError("delivers too few frames to measure what they cost", source=stream.name)
        used_s = max(0.0, run.cpu_s - idle.cpu * run.seconds)
        return used_s / run.analysed, (after.scored_s - before.scored_s) / scored

    def _client(self) -> "closing[EngineClient]":
        return closing(EngineClient(self._port, pause=self._pause))


def zero_head(store: Path, parts: PartCosts) -> Blob:
    """A head that never hits, written to a folder store."""
    content = save({"weight": np.zeros((1, parts.feature_map[0]), np.float32), "bias": np.zeros(1, np.float32)})
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
        candidate="zero",
        kind="fine-tuned",
        branch_point=len(parts.stem_s) - 1,
        prefix_hash=parts.digest,
        segments=(),
        head_form=HeadForm(kind="pool-linear", map=parts.feature_map),
        head=head,
        threshold=1.0,
        fps=fps,
        votes=1,
        merge_gap_s=1.0,
    )
    all_apps = tuple(app.model_copy(update={"name": f"probe-{number}"}) for number in range(apps))
    return RunnerPlan(node="", sharing=True, budget=0.0, cost=0.0, streams=(stream,), apps=all_apps)
