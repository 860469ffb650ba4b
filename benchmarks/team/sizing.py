"""Rows of `make bench-platform` on `mainstream size`: what it says of five loads, and what they take when they run.

One 1080p camera is profiled; the loads have other numbers of cameras and apps, rates, frozen shares, key frames alone,
or a smaller picture. All of it on one core, cameras on another.
"""

from pathlib import Path

from common.cameras import CORE, cameras, long_clip
from common.harness import QUICK, Report, scratch
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
SPARE_S = 12.0
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


def sizing_rows(report: Report) -> None:
    """Profile one camera, then run each load."""
    with scratch() as folder, on_core(CORE):
        clips = [
            long_clip(folder / f"{size[1]}.mp4", 2 * RUN_S + SPARE_S, group=GOP, size=size) for size in (LARGE, SMALL)
        ]
        with cameras(clips) as urls, torchserve() as server:
            profile = profile_node([BASE], [_stream(0, urls[0])])
            network = load_base_network(BASE)
            for load in LOADS:
                plan = _plan(network, folder / "store", load, profile, urls[load.pixels < 1.0])
                frames_fps = CAMERA_FPS / GOP if load.key_frames_alone else CAMERA_FPS
                run = run_plan_on(server, plan, folder / "store", folder / "out", end_frame=round(RUN_S * frames_fps))
                said, used = need(load, profile, BASE).total, run.cpu_used
                late = sum(app.frames.dropped for app in run.apps)
                value = f"{said:.3f} of a core said, {used:.3f} used ({said / used - 1:+.0%}); {late} frames late"
                report.row(f"`size`: {_words(load)}", value, f"within {NEAR:.0%}", abs(said / used - 1) <= NEAR)
    report.details["profile of sizing"] = profile.model_dump(mode="json")


def _words(load: Sizing) -> str:
    size = "1080p" if load.pixels == 1.0 else "720p"
    decoded = f"key frames every {load.gop:g}" if load.key_frames_alone else "every frame decoded"
    return (
        f"{load.cameras} x {size}25 ({decoded}), {load.apps} apps each at {load.fps:g} a second, "
        f"{load.frozen:.0%} of the stem shared"
    )


def _stream(number: int, url: str, decode: str = "all") -> RunnerStream:
    return RunnerStream(name=f"camera-{number}", url=url, fps=CAMERA_FPS, crops={"full": None}, decode=decode)


def _plan(network: Network, store: Path, load: Sizing, profile: NodeProfile, url: str) -> RunnerPlan:
    point = branch_point(profile.bases[BASE], load.frozen)
    decode = "keyframes" if load.key_frames_alone else "all"
    streams = [_stream(number, url, decode) for number in range(load.cameras)]
    apps = [
        synthetic_app(network, store, stream, point, load.fps, seed=10 * number + index)
        for number, stream in enumerate(streams)
        for index in range(load.apps)
    ]
    return RunnerPlan(node="node", sharing=True, budget=1.0, cost=0.0, streams=tuple(streams), apps=tuple(apps))
