"""Rows of `make bench-frames` on decode modes: what each costs and yields, on one core, medians.

What the runner measures of a stream chooses modes; so these rows play the stream in each mode, and count by themselves.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from common.cameras import CAMERA, CORE, cameras, looped, make_clip
from common.harness import QUICK, Report
from common.plaza import CLIP
from common.runner_stage import on_core
from mainstream.messages.node_profile import DecodeModeName
from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.decoding.mode_in_force import ModeInForce
from mainstream_runner.decoding.mode_meter import MeasuredModes, ModeMeter
from mainstream_runner.feeder.source import Source, own_mode

ROUNDS = 1 if QUICK else 5
ROUND_S = 4.0 if QUICK else 10.0
CLIP_S = 12
MODES: tuple[DecodeModeName, ...] = ("all", "reference", "keyframes")
SELDOM_FPS = 0.05
NEAR = 0.2
"""within which what the runner measures has to agree"""


@dataclass(frozen=True)
class _Clip:
    what: str
    path: Path
    fps: float
    rtsp: bool


@dataclass(frozen=True)
class _Used:
    cores: float
    fps: float

    @property
    def a_frame_s(self) -> float:
        return self.cores / self.fps


def mode_rows(report: Report) -> None:
    """A row for each clip, and one on what the runner measures of them."""
    apart: list[float] = []
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder:
        for clip in _clips(Path(folder)):
            if clip.rtsp and not CAMERA.exists():
                report.left_out(f"decoding {clip.what}", "said", f"no camera at {CAMERA}")
                continue
            with _urls(clip) as url:
                stream = RunnerStream(name=clip.what, url=url, fps=clip.fps, crops={})
                measured = metered(stream)
                used = {mode.name: _median(stream, mode.name) for mode in measured.modes}
            told = {mode.name: mode for mode in measured.modes}
            report.row(
                f"decoding {clip.what}: cores by mode, at the rate that the runner measured",
                "; ".join(
                    f"{name} {told[name].fps * each.a_frame_s:.4f} ({_frames(each)})" for name, each in used.items()
                ),
                "said",
                None,
            )
            # By the frame: beside others, a camera's frames may come more slowly than it would send them.
            apart += [told[name].used_s / told[name].fps / each.a_frame_s - 1 for name, each in used.items()]
            report.details[clip.what] = {
                name: {"cores": each.cores, "fps": each.fps, "runner says": told[name].used_s}
                for name, each in used.items()
            }
    near = sum(abs(each) <= NEAR for each in apart)
    report.row(
        "what the runner measures of a mode, a frame of it, over what playing it takes",
        f"{1 + min(apart):.2f} to {1 + max(apart):.2f}, median {1 + median(apart):.2f}; {near} of {len(apart)} near",
        f"within {NEAR:.0%}",
        near == len(apart),
    )


def _frames(used: _Used) -> str:
    return f"{used.fps:.3g} frames a second, {1e3 * used.a_frame_s:.2f} ms each"


def _clips(folder: Path) -> Iterator[_Clip]:
    yield _Clip("the plaza clip (768x576, 10 fps, GOP 50, B-frames), a file", CLIP, 10.0, rtsp=False)
    for group, between in ((12, 0), (50, 0), (50, 2)):
        path = make_clip(folder / f"{group}-{between}.mp4", group=group, between=between, seconds=CLIP_S)
        what = f"1080p25, GOP {group}, {f'{between} B-frames' if between else 'no B-frames'}"
        yield _Clip(f"{what}, a file", path, 25.0, rtsp=False)
        yield _Clip(f"{what}, RTSP", looped(path, folder / f"long-{path.name}", 20), 25.0, rtsp=True)
    small = make_clip(folder / "small.mp4", group=25, size=(640, 360), fps=10, seconds=CLIP_S)
    yield _Clip("640x360 at 10 fps, GOP 25, RTSP", looped(small, folder / "long-small.mp4", 20), 10.0, rtsp=True)


@contextmanager
def _urls(clip: _Clip) -> Iterator[str]:
    if not clip.rtsp:
        yield f"file:{clip.path}"
        return
    with cameras([clip.path]) as (url,):
        yield url


def metered(stream: RunnerStream) -> MeasuredModes:
    """As the runner measures it."""
    meter = ModeMeter()
    with on_core(CORE):
        while not meter.is_settled:
            with closing(Source(stream, meter=meter)) as source:
                for _ in source.frames(time.monotonic()):
                    if meter.is_settled:
                        break
    assert meter.measured is not None
    return meter.measured


def _median(stream: RunnerStream, mode: DecodeModeName) -> _Used:
    rounds = [_played(stream.model_copy(update={"decode": mode})) for _ in range(ROUNDS)]
    return sorted(rounds, key=lambda each: each.cores)[len(rounds) // 2]


def _played(stream: RunnerStream) -> _Used:
    """CPU-seconds a second of the thread that plays it, opening apart, and the frames that came."""
    frames = 0
    # However seldom key frames come, nothing else is decoded.
    with on_core(CORE), closing(Source(stream, modes=ModeInForce(own_mode(stream), SELDOM_FPS))) as source:
        start_s, cpu_s = time.monotonic(), time.thread_time()
        for _ in source.frames(start_s):
            frames += 1
            if time.monotonic() - start_s > ROUND_S:
                break
        seconds = time.monotonic() - start_s
        return _Used((time.thread_time() - cpu_s) / seconds, frames / seconds)
