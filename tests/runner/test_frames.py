"""The one way from a decoded frame to the pixels of a view."""

import av
import numpy as np
import pytest

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError
from mainstream.frames import view_pixels


def test_shrinking_averages_all_pixels_so_that_a_thin_line_does_not_vanish() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:, 301] = 255
    pixels = view_pixels(av.VideoFrame.from_ndarray(picture, format="rgb24"), None, 160, 160)
    assert pixels.shape == (160, 160, 3)
    assert pixels.dtype == np.uint8
    assert pixels[80].sum() == pytest.approx(255 * 3 / 4, rel=0.15)


def test_a_crop_shows_that_part_of_the_picture_at_full_size(pictures: list[av.VideoFrame]) -> None:
    whole = view_pixels(pictures[0], None, 576, 768)
    part = view_pixels(pictures[0], Crop(x=200, y=100, width=320, height=240), 240, 320)
    difference = np.abs(part.astype(int) - whole[100:340, 200:520])
    assert difference.mean() < 2


def test_a_crop_that_reaches_out_of_the_picture_is_refused(pictures: list[av.VideoFrame]) -> None:
    with pytest.raises(InvalidInputError, match="crop: reaches out of the picture of 768x576"):
        view_pixels(pictures[0], Crop(x=500, y=0, width=300, height=100), 160, 160)
