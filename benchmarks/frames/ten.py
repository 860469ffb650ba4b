"""Rows of `make bench-frames` on ten cameras: 1080p25 over RTSP, two apps each, on one core, in each mode that serves.

What the plan is expected to take is worked out by the cost law from a profile that is made on the same core.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common.cameras import CORE, cameras, long_clip
from common.harness import QUICK, Report, scratch
from common.runner_stage import on_core, plan_of, planned_cost
from mainstream.messages.node_profile import DecodeModeName, NodeProfile
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream, RunnerSubstream
from mainstream.nn.network import Network
from mainstream.nn.registry import load_base_network
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.profiling.synthetic import synthetic_micro_app
from mainstream_runner.run import run_plan_on
from mainstream_runner.serving.torchserve import TorchServe, torchserve

BASE = "efficientnet-lite0"
CAMERAS = 10
FORMS = (("flat", 9, 8), ("pooled", 9, 8))
"""micro-heads of the two apps of a camera"""
RUN_S = 30.0 if QUICK else 120.0
GROUP = 12
SMALL_FPS = 10
NEAR = 0.1


@dataclass(frozen=True)
class _Case:
    what: str
    mode: DecodeModeName
    fps: float
    """that each app looks"""
    frames_fps: float
    """that the mode yields"""
    target: str


CASES = (
    _Case("640x360 substreams at 10 fps", "substream", 5.0, float(SMALL_FPS), "5 looks a second an app, none late"),
    _Case(
        f"GOP {GROUP}, no B-frames, no substream", "keyframes", 2.0, 25 / GROUP, "2 looks a second an app, none late"
    ),
    _Case("every frame decoded", "all", 2.0, 25.0, "said"),
)


def ten_rows(report: Report) -> None:
    """Profile one of the cameras on the core, then run ten in each mode."""
    with scratch() as folder, on_core(CORE), cameras(_clips(folder)) as urls:
        streams = [_stream(number, urls) for number in range(CAMERAS)]
        profile = profile_node([BASE], streams[:1])
        profile = profile.model_copy(
            update={
                "decode_s": {each.name: profile.decode_s["camera-0"] for each in streams},
                "decode_modes": {each.name: profile.decode_modes["camera-0"] for each in streams},
            }
        )
        network = load_base_network(BASE)
        with torchserve() as server:
            for case in CASES:
                _row(report, case, server, _plan(network, folder / "store", streams, case), profile, folder)
    report.details["profile of ten"] = profile.model_dump(mode="json", include={"frame_s", "app_s", "idle"}) | {
        "modes": [mode.model_dump(mode="json") for mode in profile.decode_modes["camera-0"]]
    }


def _row(report: Report, case: _Case, server: TorchServe, plan: RunnerPlan, profile: NodeProfile, folder: Path) -> None:
    cost = planned_cost(plan, profile)
    run = run_plan_on(server, plan, folder / "store", folder / "out", end_frame=round(RUN_S * case.frames_fps))
    rates = sorted(app.fps_achieved for app in run.apps)
    dropped = sum(app.frames.dropped for app in run.apps)
    kept = rates[0] >= 0.95 * case.fps and dropped == 0
    report.row(
        f"{CAMERAS} cameras, 1080p25 H.264 over RTSP, {case.what}; two apps with micro-heads each, one core",
        f"{rates[0]:.2f} to {rates[-1]:.2f} looks a second an app ({case.fps:g} asked for); {dropped} late; "
        f"{run.cpu_used:.2f} of a core used, {cost:.2f} planned",
        case.target,
        None if case.target == "said" else kept,
    )
    report.row(
        f"the same ({case.what}): CPU used over planned cost",
        f"{run.cpu_used / cost:.2f}",
        f"within {NEAR:.0%}, where it fits",
        None if cost > 1.0 else abs(run.cpu_used / cost - 1) <= NEAR,
    )


def _clips(folder: Path) -> list[Path]:
    """Of the cameras, then of their substreams."""
    lasts_s = 2 * RUN_S + 24.0
    small = long_clip(folder / "small.mp4", lasts_s, group=SMALL_FPS, size=(640, 360), fps=SMALL_FPS)
    return [long_clip(folder / "large.mp4", lasts_s, group=GROUP), small]


def _stream(number: int, urls: Sequence[str]) -> RunnerStream:
    large, small = urls
    substream = RunnerSubstream(url=small, fps=float(SMALL_FPS))
    return RunnerStream(name=f"camera-{number}", url=large, fps=25.0, crops={"full": None}, substream=substream)


def _plan(network: Network, store: Path, streams: Sequence[RunnerStream], case: _Case) -> RunnerPlan:
    decoded = tuple(stream.model_copy(update={"decode": case.mode}) for stream in streams)
    apps = [
        synthetic_micro_app(network, store, stream, form, case.fps, seed=10 * number + index)
        for number, stream in enumerate(decoded)
        for index, form in enumerate(FORMS)
    ]
    return plan_of(decoded, apps)
