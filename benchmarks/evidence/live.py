"""Live runs of photo streams: encoded as a camera would send them, through feeder and TorchServe in real time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.spans import events_within
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream.nn.registry import load_base_network
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.run import run_plan_on
from mainstream_runner.run_result import RunResult
from mainstream_runner.serving.torchserve import TorchServe
from mainstream_trainer.data.event_statistics import in_seconds
from mainstream_trainer.measure.picture_streams import IntArray, PictureStream, shown_in_run
from play import Played, judged
from pools import Part

_QUALITY = "10"
"""constant rate factor of H.264: nearly without loss, so that a live score is that of the photo"""
PROFILE_S = 15
_PROFILE_FPS = 14.0


@dataclass(frozen=True)
class LiveFrame:
    """One analysed frame of one app."""

    app: str
    frame: int
    score: float
    decision: bool


def encode_stream(pictures: NDArray[np.uint8], photos: IntArray, fps: float, path: Path) -> Path:
    """A video whose frame i is `pictures[photos[i]]`, (n, height, width, 3); written whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}")
    with av.open(hidden, "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1000))
        video.height, video.width = pictures.shape[1:3]
        video.pix_fmt, video.options = "yuv420p", {"crf": _QUALITY, "preset": "veryfast", "bf": "0"}
        for photo in photos.tolist():
            container.mux(video.encode(av.VideoFrame.from_ndarray(pictures[photo], format="rgb24")))
        container.mux(video.encode())
    return hidden.replace(path)


def measure_profile(base: str, stream: str, part: Part) -> NodeProfile:
    """What a frame costs here, by the product's own profiler, on a clip made of the part's photos."""
    rng = np.random.default_rng(0)
    size = load_base_network(base).preprocessing
    pictures = part.views(size.height, size.width)
    runs = [shown_in_run(np.arange(len(pictures)), round(_PROFILE_FPS), 0.5, rng) for _ in range(PROFILE_S)]
    with TemporaryDirectory(prefix="mainstream-evidence-") as folder:
        clip = encode_stream(pictures, np.concatenate(runs), _PROFILE_FPS, Path(folder) / "clip.mp4")
        camera = RunnerStream(name=stream, url=f"file:{clip}", fps=_PROFILE_FPS, crops={"full": None})
        return profile_node([base], [camera])


def play_live(
    server: TorchServe, orders: RunnerPlan, store: Path, out: Path, frames: int
) -> tuple[RunResult, list[LiveFrame]]:
    """Run a plan in real time over the first frames of its stream."""
    report = run_plan_on(server, orders, store, out, end_frame=frames)
    return report, read_frames(report.frames_path)


def read_frames(path: Path) -> list[LiveFrame]:
    """What the feeder wrote of every analysed frame."""
    with path.open(encoding="utf-8") as file:
        lines = (json.loads(line) for line in file)
        return [LiveFrame(line["app"], line["frame"], line["score"], line["decision"]) for line in lines]


def score_live(
    analysed: Sequence[LiveFrame], app: str, stream: PictureStream, frames: int, classes: Sequence[int], gap_s: float
) -> Played:
    """What one app came to over the first `frames` of a stream; an event that the end cuts is ignored."""
    span = (0.0, frames / stream.fps)
    whole, cut = events_within(in_seconds(stream.events(classes), stream.fps), span, gap_s)
    mine = sorted(((each.frame + 0.5) / stream.fps, each.decision) for each in analysed if each.app == app)
    times_s = np.array([time_s for time_s, _ in mine], dtype=np.float64)
    decided = np.array([decision for _, decision in mine], dtype=np.bool_)
    return judged(times_s[decided], times_s, whole, span, merge_gap_s=gap_s, ignored=cut)
