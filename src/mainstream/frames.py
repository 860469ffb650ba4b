"""From a decoded frame to the pixels of a view: the one way in which trainer and runner crop and scale.

Scores mean the same live as on held-out video only if both look at the same pixels, so there is one function for it.
swscale's bilinear filter widens its support when it shrinks, so every source pixel counts and small people do not
flicker; it costs half of what its area filter does (.4 against .9 ms of CPU from 768x576 to 160x160).
"""

import threading
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError

if TYPE_CHECKING:
    import av

_scalers = threading.local()
"""swscale keeps its filter tables from frame to frame; a scaler belongs to one thread"""


def view_pixels(frame: "av.VideoFrame", crop: Crop | None, height: int, width: int) -> NDArray[np.uint8]:
    """RGB pixels (height, width, 3) of the part of `frame` that `crop` names, or of the whole picture.

    The aspect ratio is not kept: a view fills the input of its network. Chroma is stored for pairs of pixels, so a crop
    starts and ends at the even pixel below. Raises `InvalidInputError` where the crop reaches out of the picture.
    """
    from av.video.reformatter import Interpolation, VideoReformatter

    if not hasattr(_scalers, "scaler"):
        _scalers.scaler = VideoReformatter()
    picture = frame if crop is None else _cropped(frame, crop)
    scaled = _scalers.scaler.reformat(
        picture, width=width, height=height, format="rgb24", interpolation=Interpolation.BILINEAR, threads=1
    )
    return cast(NDArray[np.uint8], scaled.to_ndarray())


def _cropped(frame: "av.VideoFrame", crop: Crop) -> "av.VideoFrame":
    import av

    if crop.x + crop.width > frame.width or crop.y + crop.height > frame.height:
        raise InvalidInputError(
            f"reaches out of the picture of {frame.width}x{frame.height} pixels; make it smaller", field="crop"
        )
    left, top = crop.x // 2, crop.y // 2
    right, bottom = (crop.x + crop.width) // 2, (crop.y + crop.height) // 2
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
