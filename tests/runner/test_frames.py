"""The one way from a decoded frame to the pixels of a view."""

import gc
import sys

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError
from mainstream.footage.frames import view_pixels


def test_shrinking_averages_all_pixels_so_that_a_thin_line_does_not_vanish() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    picture[:, 301] = 255
    pixels = view_pixels(av.VideoFrame.from_ndarray(picture, format="rgb24"), None, 160, 160)
    assert pixels.shape == (160, 160, 3)
    assert pixels.dtype == np.uint8
    assert pixels[80].sum() == pytest.approx(255 * 3 / 4, rel=0.15)


def exact(picture: av.VideoFrame, crop: Crop, height: int, width: int) -> NDArray[np.float64]:
    """What each pixel of a view is the mean of, in BT.601: of luma and chroma as they are stored (yuv420p)."""
    stored = picture.to_ndarray().astype(float)
    rows, half = picture.height, (2, picture.height // 2, picture.width // 2)
    whole = {"y": stored[:rows], **dict(zip("uv", stored[rows:].reshape(half), strict=True))}
    y, u, v = (
        means(crop.height // step, height)
        @ whole[name][crop.y // step :, crop.x // step :][: crop.height // step, : crop.width // step]
        @ means(crop.width // step, width).T
        for name, step in (("y", 1), ("u", 2), ("v", 2))
    )
    light, blue, red = (y - 16) * 255 / 219, (u - 128) * 255 / 224, (v - 128) * 255 / 224
    colours = light + 1.402 * red, light - 0.344136 * blue - 0.714136 * red, light + 1.772 * blue
    return np.clip(np.stack(colours, axis=-1), 0, 255)


def means(of: int, to: int) -> NDArray[np.float64]:
    """(to, of): how much of each of so many pixels counts for each of fewer."""
    edges = np.linspace(0, of, to + 1)
    covered = np.minimum(edges[1:, None], np.arange(1, of + 1)) - np.maximum(edges[:-1, None], np.arange(of))
    return np.maximum(0.0, covered) * to / of


@pytest.mark.parametrize("size", [(160, 160), (224, 224), (90, 70), (131, 97)])
@pytest.mark.parametrize(
    "crop", [Crop(x=0, y=0, width=768, height=576), Crop(x=202, y=102, width=322, height=242)], ids=["whole", "crop"]
)
def test_a_view_is_within_a_grey_level_of_what_its_pixels_are_the_means_of(
    pictures: list[av.VideoFrame], size: tuple[int, int], crop: Crop
) -> None:
    picture = pictures[0].reformat(format="yuv420p")
    off = np.abs(view_pixels(picture, crop, *size) - exact(picture, crop, *size))
    assert off.mean() < 0.6
    assert off.mean(axis=(0, 2)).max() < 3, "a column is off"


def test_a_crop_shows_that_part_of_the_picture_at_full_size(pictures: list[av.VideoFrame]) -> None:
    whole = view_pixels(pictures[0], None, 576, 768)
    part = view_pixels(pictures[0], Crop(x=200, y=100, width=320, height=240), 240, 320)
    difference = np.abs(part.astype(int) - whole[100:340, 200:520])
    assert difference.mean() < 2


@pytest.mark.parametrize("form", ["yuv420p", "yuvj420p", "nv12", "yuv422p", "yuv444p", "yuv420p10le", "rgb24", "gray"])
def test_a_crop_of_any_format_is_the_even_part_of_the_picture_in_one_pass(
    pictures: list[av.VideoFrame], form: str
) -> None:
    picture = pictures[0].reformat(format=form)
    whole = view_pixels(picture, None, 576, 768)
    part = view_pixels(picture, Crop(x=201, y=101, width=321, height=241), 242, 322)
    assert np.abs(part.astype(int) - whole[100:342, 200:522]).mean() < 1


def test_crops_of_pictures_whose_size_changes_are_cut_from_each_as_it_is(pictures: list[av.VideoFrame]) -> None:
    crop = Crop(x=20, y=10, width=200, height=120)
    for size in (768, 400, 768, 640):
        picture = pictures[0].reformat(width=size, height=300)
        part = view_pixels(picture, crop, 120, 200)
        assert np.abs(part.astype(int) - view_pixels(picture, None, 300, size)[10:130, 20:220]).mean() < 1


def test_a_picture_is_let_go_as_soon_as_nobody_holds_it(pictures: list[av.VideoFrame]) -> None:
    picture = pictures[0].reformat(format="yuv420p", width=64, height=64)
    held = sys.getrefcount(picture)
    gc.collect()
    gc.disable()
    try:
        view_pixels(picture, None, 16, 16)
        view_pixels(picture, Crop(x=0, y=0, width=32, height=32), 16, 16)
        assert gc.collect() == 0
    finally:
        gc.enable()
    assert sys.getrefcount(picture) == held


@pytest.mark.parametrize("size", [(64, 64), (16, 16), (31, 29)])
def test_pixels_outlive_the_picture(pictures: list[av.VideoFrame], size: tuple[int, int]) -> None:
    picture = pictures[0].reformat(format="yuv420p", width=64, height=64)
    pixels = view_pixels(picture, None, *size)
    kept = pixels.copy()
    view_pixels(pictures[1], None, *size)
    del picture
    gc.collect()
    np.testing.assert_array_equal(pixels, kept)


def test_a_picture_of_hdr_is_brought_down_to_what_sdr_shows() -> None:
    # Reference white of HDR (203 cd/m2, ITU-R BT.2408) is .58 of the PQ signal, and white in SDR.
    white = av.VideoFrame(64, 64, "yuv420p10le")
    for plane, level in zip(white.planes, (64 + round(0.58 * 876), 512, 512), strict=True):
        plane.update(np.full(plane.buffer_size // 2, level, np.uint16).tobytes())
    white.color_trc, white.color_primaries, white.colorspace, white.color_range = 16, 9, 9, 1
    whole = view_pixels(white, None, 16, 16)
    part = view_pixels(white, Crop(x=16, y=16, width=32, height=32), 16, 16)
    assert whole.min() > 235
    assert np.abs(whole.astype(int) - part).max() <= 3


def test_a_crop_that_reaches_out_of_the_picture_is_refused(pictures: list[av.VideoFrame]) -> None:
    with pytest.raises(InvalidInputError, match="crop: reaches out of the picture of 768x576"):
        view_pixels(pictures[0], Crop(x=500, y=0, width=300, height=100), 160, 160)
