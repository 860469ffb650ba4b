"""From a decoded frame to the pixels of a view: the one way in which trainer and runner turn, crop and scale.

Scores mean the same live as on held-out video only if both look at the same pixels, so there is one function for it.
Whatever is decoded becomes upright 8-bit RGB: turned as its display matrix says, with crops in shown pixels, and HDR
brought down to what SDR shows. swscale's area filter has every source pixel count once, so small people do not
flicker; the bilinear one, whose support is twice as wide, is no cheaper (`make bench-frames`). Its planes of colour are
nearer to exact than its packed pixels, which have half of the columns of chroma, at about the same cost.
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

_tools = threading.local()
"""swscale keeps its filter tables from frame to frame, and a graph its filters; both belong to one thread"""
_PLANES, _PACKED = "gbrp", "rgb24"
_CUTTERS = 16
"""parts of pictures that a thread cuts out in turn, before it makes one anew"""
_HDR_TRANSFERS = (16, 18)
"""PQ (SMPTE 2084) and HLG (ARIB STD-B67), as ITU-T H.273 numbers them"""


def view_pixels(
    frame: "av.VideoFrame", crop: Crop | None, height: int, width: int, *, way_up: Orientation | None = None
) -> NDArray[np.uint8]:
    """RGB pixels (height, width, 3) of the part of the upright `frame` that `crop` names, or of the whole picture.

    The aspect ratio is not kept: a view fills the input of its network. Chroma is stored for pairs of pixels, so a crop
    starts and ends at the even pixel below. `way_up` spares asking the frame. Raises `InvalidInputError` where the crop
    reaches out of the picture.
    """
    orientation = orientation_of(frame) if way_up is None else way_up
    stored_width, stored_height = orientation.size(width, height)
    if crop is not None:
        frame = _part(frame, _stored_box(frame, orientation, crop))
    pixels = _own_tools().scaler(frame, stored_width, stored_height)
    return pixels if orientation == UPRIGHT else orientation.upright(pixels)


def upright_rgb(frame: "av.VideoFrame") -> NDArray[np.uint8]:
    """RGB pixels (height, width, 3) of a whole frame as it is shown, none of them scaled."""
    width, height = shown_size(frame)
    return view_pixels(frame, None, height, width)


class _Scaler:
    """Scales to planes of 8-bit RGB, which are then packed; HDR is brought down by swscale's own tone mapping."""

    def __init__(self) -> None:
        # Not with every frame: names that are looked up with cold caches cost a tenth of the scaling.
        from av.video.reformatter import ColorPrimaries, ColorTrc, Interpolation, VideoReformatter

        self._scale, self._pack = VideoReformatter().reformat, VideoReformatter().reformat
        self._area = Interpolation.AREA
        self._sdr = ColorTrc.BT709, ColorPrimaries.BT709

    def __call__(self, frame: "av.VideoFrame", width: int, height: int) -> NDArray[np.uint8]:
        trc, primaries = self._sdr if frame.color_trc in _HDR_TRANSFERS else (None, None)
        # Where nothing is scaled, swscale leaves out what no block of columns fills, in planes alone.
        is_scaled = (frame.width, frame.height) != (width, height)
        scaled = self._scale(
            frame,
            width=width,
            height=height,
            format=_PLANES if is_scaled else _PACKED,
            interpolation=self._area,
            dst_color_trc=trc,
            dst_color_primaries=primaries,
            threads=1,
        )
        return cast("NDArray[np.uint8]", self._pack(scaled, format=_PACKED, threads=1).to_ndarray())


class _Cutter:
    """Cuts a part out of frames of one form: a window on the frame's own planes, no pixel is copied."""

    def __init__(self, form: str, box: Box) -> None:
        """`form` is that of the frames, as libavfilter's `buffer` takes it; numbers of the box are even."""
        from av.filter import Graph

        x, y, width, height = box
        self._graph = graph = Graph()
        self._source, cut = graph.add("buffer", form), graph.add("crop", f"w={width}:h={height}:x={x}:y={y}")
        self._sink = graph.add("buffersink")
        self._source.link_to(cut)
        cut.link_to(self._sink)
        graph.configure()

    def __call__(self, frame: "av.VideoFrame") -> "av.VideoFrame":
        self._source.push(frame)
        return cast("av.VideoFrame", self._sink.pull())


class _Tools:
    """What one thread scales and cuts with."""

    def __init__(self) -> None:
        self.scaler = _Scaler()
        self._cutters: dict[tuple[str, Box], _Cutter] = {}

    def cutter(self, form: str, box: Box) -> _Cutter:
        """Made where it is asked for first; those that were made first are let go."""
        if (form, box) not in self._cutters:
            if len(self._cutters) >= _CUTTERS:
                del self._cutters[next(iter(self._cutters))]
            self._cutters[form, box] = _Cutter(form, box)
        return self._cutters[form, box]


def _own_tools() -> _Tools:
    if not hasattr(_tools, "own"):
        _tools.own = _Tools()
    return cast(_Tools, _tools.own)


def _stored_box(frame: "av.VideoFrame", orientation: Orientation, crop: Crop) -> Box:
    width, height = orientation.size(frame.width, frame.height)
    if (problem := crop.problem_in(width, height)) is not None:
        raise InvalidInputError(problem, field="crop")
    return orientation.stored((crop.x, crop.y, crop.width, crop.height), width, height)


def _part(frame: "av.VideoFrame", box: Box) -> "av.VideoFrame":
    x, y, width, height = box
    left, top = x // 2, y // 2
    even = 2 * left, 2 * top, 2 * ((x + width) // 2 - left), 2 * ((y + height) // 2 - top)
    form = (
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1"
        f":colorspace={int(frame.colorspace)}:range={int(frame.color_range)}"
    )
    return _own_tools().cutter(form, even)(frame)
