"""Small clips as cameras send them, made here: their groups of pictures are what these tests are about."""

import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

MakeClip = Callable[..., Path]


@pytest.fixture(scope="session")
def make_clip(tmp_path_factory: pytest.TempPathFactory) -> MakeClip:
    """Frames of 160x120 pixels (or larger) at ten a second, each brighter than the one before; `groups` are lengths,
    the last of which goes on."""
    folder = tmp_path_factory.mktemp("groups")

    def make(groups: tuple[int, ...] = (10,), *, between: int = 0, frames: int = 60, size: int = 160) -> Path:
        path = folder / f"{'-'.join(map(str, groups))}-{between}-{frames}-{size}.mp4"
        if path.exists():
            return path
        keys, number = set(), 0
        for index in range(frames):
            if number == 0:
                keys.add(index)
            number = (number + 1) % groups[min(len(keys), len(groups)) - 1]
        options = {"bf": str(between), "g": "1000", "sc_threshold": "0", "preset": "veryfast", "forced-idr": "1"}
        rng = np.random.default_rng(0)
        with av.open(str(path), "w") as output:
            stream = output.add_stream("libx264", rate=10, options=options)
            stream.width, stream.height, stream.pix_fmt = size, size * 3 // 4, "yuv420p"
            for index in range(frames):
                noise = rng.integers(0, 40, (size * 3 // 4, size, 3), dtype=np.uint8)
                frame = av.VideoFrame.from_ndarray(noise + np.uint8(index % 60 * 3), format="rgb24")
                frame.pict_type = av.video.frame.PictureType.I if index in keys else av.video.frame.PictureType.NONE
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return path

    return make
