"""Crops and masks keep their place in the picture of a substream."""

import av
import numpy as np
import pytest

from mainstream.api.video_stream import Crop, Mask, Point
from mainstream.errors import InvalidInputError
from mainstream.footage.frames import view_pixels
from mainstream.footage.masks import grey_out
from mainstream.footage.substream import crop_in, masks_in, other_aspect

OF, SIZE = (1920, 1080), (640, 360)


def picture(width: int, height: int) -> av.VideoFrame:
    """Dark, with a bright box from 1/4 to 1/2 of its width and height."""
    pixels = np.full((height, width, 3), 20, np.uint8)
    pixels[height // 4 : height // 2, width // 4 : width // 2] = 220
    return av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")


@pytest.mark.parametrize("size", [SIZE, (640, 480), (1920, 1080), (320, 180)])
def test_a_view_shows_the_same_of_the_substream_whatever_its_aspect(size: tuple[int, int]) -> None:
    crop = Crop(x=480, y=270, width=480, height=270)
    of_stream = view_pixels(picture(*OF), crop, 64, 64)
    of_substream = view_pixels(picture(*size), crop_in(crop, OF, size), 64, 64)
    assert np.abs(of_stream.astype(int) - of_substream.astype(int)).mean() < 6
    assert crop_in(None, OF, size) is None


def test_a_view_that_is_small_in_the_substream_is_cut_out_of_it_all_the_same() -> None:
    crop = Crop(x=480, y=270, width=16, height=16)
    assert view_pixels(picture(160, 90), crop_in(crop, OF, (160, 90)), 8, 8).mean() > 180


def test_a_view_beyond_the_streams_picture_is_beyond_the_substreams() -> None:
    with pytest.raises(InvalidInputError, match="reaches out"):
        view_pixels(picture(*SIZE), crop_in(Crop(x=1800, y=0, width=480, height=270), OF, SIZE), 64, 64)


def test_what_is_masked_is_masked_in_the_substream() -> None:
    points = [(480, 270), (960, 270), (960, 540), (480, 540)]
    mask = Mask(points=tuple(Point(x=x, y=y) for x, y in points))
    shown = picture(*SIZE)
    grey_out(shown, masks_in([mask], OF, SIZE))
    assert view_pixels(shown, None, 360, 640).max() < 150


def test_another_aspect_is_told() -> None:
    assert other_aspect(OF, SIZE) is None
    assert other_aspect(OF, (704, 396)) is None
    assert "(640x480) has another aspect than the stream's (1920x1080)" in (other_aspect(OF, (640, 480)) or "")
