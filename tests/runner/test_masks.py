"""What is masked is seen by nobody: no pixel reaches a network, a picture or a frame that is trained on."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from packets import filled_ring
from pydantic import ValidationError
from runner_apps import runner_app

from mainstream.api.video_stream import Crop, Mask, Point
from mainstream.errors import InvalidInputError
from mainstream.footage.frames import view_pixels
from mainstream.footage.masks import grey_out
from mainstream.footage.orientation import UPRIGHT, Orientation
from mainstream.footage.stream_fit import DeliveredPicture, mask_beyond_picture
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.clips.remux import write_picture
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider
from mainstream_runner.feeder.feeder import Feeder
from mainstream_runner.feeder.routing import Routing
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_trainer.data.clip import ClipPart, inspect_clip

CORNERS = ((100, 80), (300, 120), (260, 300), (90, 240))
WINDOW = Mask(points=tuple(Point(x=x, y=y) for x, y in CORNERS))
CROP = Crop(x=192, y=140, width=500, height=288)


def well_inside(width: int = 768, height: int = 576) -> NDArray[np.bool_]:
    """Pixels of the polygon, told by the sides of its edges that they lie on (it is convex)."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    inside = np.ones((height, width), dtype=bool)
    for (ax, ay), (bx, by) in zip(CORNERS, (*CORNERS[1:], CORNERS[0]), strict=True):
        inside &= (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0
    return inside


def spoiled(frame: av.VideoFrame) -> av.VideoFrame:
    """The same picture with noise where the mask lies: whoever sees any of it sees another picture."""
    pixels = frame.to_ndarray(format="rgb24")
    pixels[well_inside()] = np.random.default_rng(1).integers(0, 256, (well_inside().sum(), 3), dtype=np.uint8)
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


@pytest.fixture
def first(clip: Path) -> av.VideoFrame:
    with av.open(str(clip)) as container:
        return next(container.decode(video=0))


def clean_and_spoiled(first: av.VideoFrame, form: str) -> tuple[av.VideoFrame, av.VideoFrame]:
    clean = av.VideoFrame.from_ndarray(first.to_ndarray(format="rgb24"), format="rgb24")
    return clean.reformat(format=form), spoiled(first).reformat(format=form)


@pytest.mark.parametrize("form", ["yuv420p", "nv12", "yuv422p", "yuv444p", "yuv420p10le", "gray", "rgb24", "bgra"])
@pytest.mark.parametrize("crop", [None, CROP])
def test_no_masked_pixel_reaches_the_input_of_a_network(first: av.VideoFrame, form: str, crop: Crop | None) -> None:
    clean, noisy = clean_and_spoiled(first, form)
    assert (view_pixels(clean, crop, 160, 160) != view_pixels(noisy, crop, 160, 160)).any()
    for frame in (clean, noisy):
        grey_out(frame, [WINDOW])
    for size in (64, 160, 224):
        # Converting noise to planes of half the width spreads it by a chroma sample, which is masked, too.
        np.testing.assert_array_equal(view_pixels(clean, crop, size, size), view_pixels(noisy, crop, size, size))


def test_what_is_masked_is_grey_and_what_is_not_stays(first: av.VideoFrame) -> None:
    before = view_pixels(first, None, 576, 768).astype(int)
    grey_out(first, [WINDOW])
    after = view_pixels(first, None, 576, 768).astype(int)
    inside = well_inside()
    assert np.ptp(after[inside], axis=0).max() <= 2
    assert abs(after[inside].mean() - 128) < 4
    far = ~inside
    far[76:304, 86:304] = False
    np.testing.assert_array_equal(after[far], before[far])


@pytest.mark.parametrize(
    "turn",
    [Orientation(swapped=True, columns_reversed=True), Orientation(rows_reversed=True, columns_reversed=True), UPRIGHT],
)
def test_points_are_those_of_the_picture_as_it_is_shown(turn: Orientation) -> None:
    # Stored so that, once turned, it is 768x576.
    stored_width, stored_height = turn.size(768, 576)
    stored = av.VideoFrame.from_ndarray(np.full((stored_height, stored_width, 3), 255, np.uint8), format="rgb24")
    grey_out(stored, [WINDOW], turn)
    shown = turn.upright(stored.to_ndarray(format="rgb24"))
    assert (shown[well_inside()] == 128).all()
    assert (shown[350:] == 255).all()


def test_pictures_that_are_decoded_later_do_not_suffer(clip: Path) -> None:
    with av.open(str(clip)) as masked, av.open(str(clip)) as plain:
        for count, (one, two) in enumerate(zip(masked.decode(video=0), plain.decode(video=0), strict=True)):
            grey_out(one, [WINDOW])
            assert (one.to_ndarray()[400:576] == two.to_ndarray()[400:576]).all()
            seen, wanted = (each.to_ndarray(format="rgb24")[310:] for each in (one, two))
            np.testing.assert_array_equal(seen, wanted)
            if count == 40:
                return


@pytest.fixture
def clip_with(tmp_path: Path, clip: Path) -> Callable[[str, bool], Path]:
    """A short clip, losslessly, with the window as it is or with noise in it."""

    def make(name: str, noisy: bool) -> Path:
        with av.open(str(clip)) as source, av.open(str(tmp_path / name), "w") as output:
            stream = output.add_stream("ffv1", rate=10)
            stream.width, stream.height, stream.pix_fmt = 768, 576, "yuv444p"
            for count, frame in enumerate(source.decode(video=0)):
                if count == 8:
                    break
                written = clean_and_spoiled(frame, "yuv444p")[int(noisy)]
                written.pts = None
                output.mux(stream.encode(written))
            output.mux(stream.encode(None))
        return tmp_path / name

    return make


def test_frames_that_are_trained_on_hold_none_of_it(clip_with: Callable[[str, bool], Path]) -> None:
    clips = [replace(inspect_clip(clip_with(f"{noisy}.mkv", noisy)), masks=(WINDOW,)) for noisy in (False, True)]
    read = [ClipPart(each, (0, 8)).read(CROP, 160, 160, lambda share: None) for each in clips]
    np.testing.assert_array_equal(*read)
    unmasked = replace(clips[0], masks=())
    assert ClipPart(unmasked, (0, 8)).sha256 != ClipPart(clips[0], (0, 8)).sha256
    assert (ClipPart(unmasked, (0, 8)).read(CROP, 160, 160, lambda share: None) != read[0]).any()


@pytest.fixture
def ring(clip: Path) -> Iterator[PacketRing]:
    with filled_ring(clip, 30) as filled:
        yield filled


def test_the_picture_of_an_alert_holds_none_of_it_and_no_clip_is_made(ring: PacketRing, tmp_path: Path) -> None:
    ring.masks = (WINDOW,)
    write_picture(ring.between(0.0, time.monotonic()), UPRIGHT, time.monotonic(), tmp_path / "1.jpg", ring.masks)
    with av.open(str(tmp_path / "1.jpg")) as picture:
        shown = next(picture.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    # Beyond the blocks of JPEG at its edge.
    assert np.abs(shown[130:190, 120:190] - 128).max() < 8
    recorder = ClipRecorder(tmp_path / "clips", lambda _: ring)
    assert not recorder.may_clip("s")
    recorder.begin("a", "s", "1.jpg", "1.mp4", time.monotonic())
    recorder.end("1.mp4", time.monotonic() - 60)
    deadline_s = time.monotonic() + 10
    while not recorder.failed and time.monotonic() < deadline_s:
        time.sleep(0.02)
    recorder.close()
    assert [path.name for path in (tmp_path / "clips/a").iterdir()] == ["1.jpg"]


def test_what_the_feeder_hands_to_the_engine_holds_none_of_it(first: av.VideoFrame) -> None:
    handed = []
    for frame in clean_and_spoiled(first, "yuv420p"):
        app = runner_app("door", stream="s", view="full")
        stream = RunnerStream(name="s", url="file:a", fps=10, crops={"full": None}, masks=(WINDOW,))
        plan = RunnerPlan(node="n", sharing=True, budget=1, cost=1, streams=(stream,), apps=(app,))
        feeder = Feeder(9, FrameCounts(), Decider(lambda *_: None), lambda _: None)
        feeder._stopping.set()
        feeder.adopt(Routing(plan, ((160, 160),)))
        now_s = time.monotonic()
        taken: list[NDArray[np.uint8]] = []
        feeder._queue.put = lambda waiting, taken=taken: taken.append(waiting.pixels)  # type: ignore[method-assign, misc]
        feeder.take("s", CapturedFrame(0, now_s, now_s, frame))
        feeder.close()
        handed += taken
    np.testing.assert_array_equal(*handed)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([(0, 0), (10, 10)], "at least 3 items"),
        ([(0, 0), (10, 10), (20, 20)], "points lie on one line covers nothing; give three that do not"),
        ([(0, 0), (-1, 10), (20, 20)], "greater than or equal to 0"),
    ],
)
def test_a_polygon_that_covers_nothing_is_refused(points: list[tuple[int, int]], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Mask.model_validate({"points": [{"left": x, "top": y} for x, y in points]})


def test_a_polygon_outside_of_the_picture_is_told_and_nothing_of_the_stream_is_looked_at(first: av.VideoFrame) -> None:
    outside = Mask(points=(Point(x=0, y=0), Point(x=900, y=0), Point(x=0, y=90)))
    with pytest.raises(InvalidInputError, match="masks: reach out of the picture of 768x576 pixels"):
        grey_out(first, [outside])
    said = mask_beyond_picture([outside], DeliveredPicture(768, 576, 10))
    assert said is not None
    assert said.startswith("The picture is 768x576, and spec.masks reach beyond it")
