"""Rows of `make bench-platform` on `mainstream size`: what it says of five loads, and what they take when they run.

One 1080p camera is profiled; the loads have other numbers of cameras and apps, rates, frozen shares, key frames alone,
or a smaller picture. All of it on one core, cameras on another.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common.cameras import CAMERA, CORE, cameras, looped, make_clip
from common.harness import QUICK, Report
from common.runner_stage import on_core
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream.nn.network import Network
from mainstream.nn.registry import load_base_network
from mainstream.workload.sizing import Sizing, branch_point, need
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.profiling.synthetic import synthetic_app
from mainstream_runner.run import run_plan_on
from mainstream_runner.serving.torchserve import torchserve

BASE = "efficientnet-lite0"
RUN_S = 20.0 if QUICK else 60.0
GOP = 50
CAMERA_FPS = 25.0
LOOP_S = 12
LARGE, SMALL = (1920, 1080), (1280, 720)
NEAR = 0.15
_LESS = SMALL[0] * SMALL[1] / (LARGE[0] * LARGE[1])

LOADS = (
    Sizing(1, CAMERA_FPS, apps=1, fps=2.0, frozen=0.8),
    Sizing(1, CAMERA_FPS, apps=6, fps=5.0, frozen=0.8),
    Sizing(2, CAMERA_FPS, apps=3, fps=4.0, frozen=0.5),
    Sizing(6, CAMERA_FPS, apps=2, fps=0.5, frozen=0.8, gop=GOP),
    Sizing(3, CAMERA_FPS, apps=2, fps=3.0, frozen=0.9, pixels=_LESS),
)


@dataclass(frozen=True)
class _Cameras:
    """Addresses of the two pictures that cameras send."""

    large: str
    small: str


def sizing_rows(report: Report) -> None:
    """Profile one camera, then run each load."""
    target = f"within {NEAR:.0%}"
    if not CAMERA.exists():
        report.left_out(f"`size` against {len(LOADS)} measured loads", target, f"no camera at {CAMERA}")
        return
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as name, on_core(CORE):
        folder = Path(name)
        with cameras(_clips(folder)) as urls, torchserve() as server:
            known = _Cameras(*urls)
            profile = profile_node([BASE], [_stream(0, known.large)])
            network = load_base_network(BASE)
            for load in LOADS:
                plan = _plan(network, folder / "store", load, profile, known)
                frames_fps = CAMERA_FPS / GOP if load.key_frames_alone else CAMERA_FPS
                run = run_plan_on(server, plan, folder / "store", folder / "out", end_frame=round(RUN_S * frames_fps))
                said = need(load, profile, BASE)
                late = sum(app.frames.dropped for app in run.apps)
                report.row(
                    f"`size`: {_words(load)}",
                    f"{said.total:.3f} of a core said, {run.cpu_used:.3f} used ({said.total / run.cpu_used - 1:+.0%}); "
                    f"{late} frames late",
                    target,
                    abs(said.total / run.cpu_used - 1) <= NEAR,
                )
    report.details["profile of sizing"] = profile.model_dump(mode="json")


def _words(load: Sizing) -> str:
    size = "1080p" if load.pixels == 1.0 else "720p"
    decoded = f"key frames every {load.gop:g}" if load.key_frames_alone else "every frame decoded"
    return (
        f"{load.cameras} x {size}25 ({decoded}), {load.apps} apps each at {load.fps:g} a second, "
        f"{load.frozen:.0%} of the stem shared"
    )


def _clips(folder: Path) -> list[Path]:
    times = 2 + round(2 * RUN_S / LOOP_S)
    return [
        looped(
            make_clip(folder / f"{name}.mp4", group=GOP, size=size, seconds=LOOP_S), folder / f"{name}-long.mp4", times
        )
        for name, size in (("large", LARGE), ("small", SMALL))
    ]


def _stream(number: int, url: str) -> RunnerStream:
    return RunnerStream(name=f"camera-{number}", url=url, fps=CAMERA_FPS, crops={"full": None})


def _plan(network: Network, store: Path, load: Sizing, profile: NodeProfile, known: _Cameras) -> RunnerPlan:
    point = branch_point(profile.bases[BASE], load.frozen)
    url = known.large if load.pixels == 1.0 else known.small
    mode = {"decode": "keyframes" if load.key_frames_alone else "all"}
    streams: Sequence[RunnerStream] = [_stream(number, url).model_copy(update=mode) for number in range(load.cameras)]
    apps = [
        synthetic_app(network, store, stream, point, load.fps, seed=10 * number + index)
        for number, stream in enumerate(streams)
        for index in range(load.apps)
    ]
    return RunnerPlan(node="node", sharing=True, budget=1.0, cost=0.0, streams=tuple(streams), apps=tuple(apps))
