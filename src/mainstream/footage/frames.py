"""From a decoded frame to the pixels of a view: the one way in which trainer and runner turn, crop and scale.

Scores mean the same live as on held-out video only if both look at the same pixels, so there is one function for it.
Whatever is decoded becomes upright 8-bit RGB: turned as its display matrix says, with crops in shown pixels, and HDR
brought down to what SDR shows. swscale's area filter has every source pixel count once, so small people do not
flicker; the bilinear one, whose support is twice as wide, is no cheaper (`make bench-frames`).
"""

import threading
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError
from mainstream.footage.orientation import UPRIGHT, Box, Orientation
from mainstream.footage.shown import orientation_of, shown_size

if TYPE_CHECKING:
    import av
    from av.video.reformatter import VideoReformatter

_scalers = threading.local()
"""swscale keeps its filter tables from frame to frame; a scaler belongs to one thread"""
_HDR_TRANSFERS = (16, 18)
"""PQ (SMPTE 2084) and HLG (ARIB STD-B67), as ITU-T H.273 numbers them"""


def view_pixels(frame: "av.VideoFrame", crop: Crop | None, height: int, width: int) -> NDArray[np.uint8]:
    """RGB pixels (height, width, 3) of the part of the upright `frame` that `crop` names, or of the whole picture.

    The aspect ratio is not kept: a view fills the input of its network. Chroma is stored for pairs of pixels, so a crop
    starts and ends at the even pixel below. Raises `InvalidInputError` where the crop reaches out of the picture.
    """
    orientation = orientation_of(frame)
    stored_width, stored_height = orientation.size(width, height)
    if crop is not None:
        frame = _part(frame, _stored_box(frame, orientation, crop))
    pixels = _scaled(frame, stored_width, stored_height)
    return pixels if orientation == UPRIGHT else orientation.upright(pixels)


def upright_rgb(frame: "av.VideoFrame") -> NDArray[np.uint8]:
    """RGB pixels (height, width, 3) of a whole frame as it is shown, none of them scaled."""
    width, height = shown_size(frame)
    return view_pixels(frame, None, height, width)


def _scaler() -> "VideoReformatter":
    from av.video.reformatter import VideoReformatter

    if not hasattr(_scalers, "scaler"):
        _scalers.scaler = VideoReformatter()
    return cast("VideoReformatter", _scalers.scaler)


def _scaled(frame: "av.VideoFrame", width: int, height: int) -> NDArray[np.uint8]:
    """8-bit RGB (height, width, 3) of a stored picture; HDR is brought down by swscale's own tone mapping."""
    from av.video.reformatter import ColorPrimaries, ColorTrc, Interpolation

    hdr = frame.color_trc in _HDR_TRANSFERS
    scaled = _scaler().reformat(
        frame,
        width=width,
        height=height,
        format="rgb24",
        interpolation=Interpolation.AREA,
        dst_color_trc=ColorTrc.BT709 if hdr else None,
        dst_color_primaries=ColorPrimaries.BT709 if hdr else None,
        threads=1,
    )
    return cast(NDArray[np.uint8], scaled.to_ndarray())


def _stored_box(frame: "av.VideoFrame", orientation: Orientation, crop: Crop) -> Box:
    width, height = orientation.size(frame.width, frame.height)
    if (problem := crop.problem_in(width, height)) is not None:
        raise InvalidInputError(problem, field="crop")
    return orientation.stored((crop.x, crop.y, crop.width, crop.height), width, height)


def _part(frame: "av.VideoFrame", box: Box) -> "av.VideoFrame":
    import av

    if frame.color_trc in _HDR_TRANSFERS:
        # Its ten bits and its transfer are needed until it is brought down.
        frame = av.VideoFrame.from_ndarray(_scaled(frame, frame.width, frame.height), format="rgb24")
    x, y, width, height = box
    left, top = x // 2, y // 2
    right, bottom = (x + width) // 2, (y + height) // 2
    planar = frame.reformat(format="yuv420p")
    luma, blue, red = (_plane(planar.planes[index]) for index in range(3))
    parts = (
        luma[2 * top : 2 * bottom, 2 * left : 2 * right],
        blue[top:bottom, left:right],
        red[top:bottom, left:right],
    )
    stacked = np.concatenate([part.reshape(-1) for part in parts]).reshape(-1, 2 * (right - left))
    part = av.VideoFrame.from_ndarray(stacked, format="yuv420p")
    part.color_range, part.colorspace = planar.color_range, planar.colorspace
    return part


def _plane(plane: "av.video.plane.VideoPlane") -> NDArray[np.uint8]:
    lines = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
    return cast(NDArray[np.uint8], lines[: plane.height, : plane.width])
