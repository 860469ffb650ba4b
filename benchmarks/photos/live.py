"""Photo streams as a camera would send them."""

from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray

from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerStream
from mainstream.nn.registry import load_base_network
from mainstream_runner.profiling.node import profile_node
from mainstream_trainer.measure.picture_streams import IntArray, shown_in_run
from photos.pools import Part

_QUALITY = "10"
"""constant rate factor of H.264: nearly without loss, so that a live score is that of the photo"""
PROFILE_S = 15
_PROFILE_FPS = 14.0


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
