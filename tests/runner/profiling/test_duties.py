"""How much of the time the views of a file move, as `mainstream profile` sees it."""

from pathlib import Path

import av
import numpy as np
import pytest

from mainstream.api.video_stream import Crop
from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.profiling.duties import duties_of_file

FPS = 4


def written(path: Path, seconds: int, moving_s: int) -> RunnerStream:
    """A quiet scene, in whose left half something moves for so many seconds from the tenth on."""
    random = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FPS)
        stream.width, stream.height = 320, 160
        stream.bit_rate = 4_000_000
        for number in range(seconds * FPS):
            shown = np.clip(random.normal(100, 2, (160, 320, 3)), 0, 255).astype(np.uint8)
            if 10 * FPS <= number < (10 + moving_s) * FPS:
                at = 8 * (number % 15)
                shown[60:100, at : at + 30] = 240
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24")))
        container.mux(stream.encode(None))
    crops = {"left": Crop(x=0, y=0, width=160, height=160), "right": Crop(x=160, y=0, width=160, height=160)}
    return RunnerStream(name="hall", url=f"file:{path}", fps=FPS, crops=crops)


def test_a_view_moves_for_as_long_as_something_does_in_it(tmp_path: Path) -> None:
    duties = duties_of_file(written(tmp_path / "hall.mp4", 50, moving_s=20))
    assert duties["left"] == pytest.approx(0.45, abs=0.05)
    assert duties["right"] <= 0.1


def test_a_camera_is_profiled_without_duties_as_its_runner_watches_it() -> None:
    assert duties_of_file(RunnerStream(name="hall", url="rtsp://127.0.0.1:9/hall", fps=FPS, crops={"full": None})) == {}


def test_a_file_of_a_few_seconds_says_nothing(tmp_path: Path) -> None:
    assert duties_of_file(written(tmp_path / "short.mp4", 12, moving_s=2)) == {}
