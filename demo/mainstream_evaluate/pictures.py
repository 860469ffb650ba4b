"""Pictures of moments: the frames of a clip at which alerts opened or events were missed, as JPEG."""

import base64
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import av

from mainstream.footage.frames import upright_rgb
from mainstream_evaluate.evaluation import OUTCOMES, Moment
from mainstream_trainer.data.clip import Clip, pictures_of

MOST_SHOWN = 48
"""pictures of one app; of more moments, as many of each outcome are left out, evenly over time"""
_WIDTH_PIXELS = 384


@dataclass(frozen=True)
class Picture:
    """A moment and what the camera saw."""

    moment: Moment
    jpeg_base64: str


def shown_moments(moments: Sequence[Moment], most: int = MOST_SHOWN) -> list[Moment]:
    """All, where there are no more than `most`; else some of each outcome."""
    if len(moments) <= most:
        return list(moments)
    groups = [[each for each in moments if each.outcome == outcome] for outcome in OUTCOMES]
    there = [group for group in groups if group]
    chosen = [each for group in there for each in _thinned(group, most // len(there))]
    return sorted(chosen, key=lambda moment: moment.shown_s)


def take_pictures(clip: Clip, moments: Iterable[Moment]) -> dict[Moment, Picture]:
    """The frame of each moment, in one pass over the clip up to the last."""
    frame_of = {moment: clip.times.frame_at(moment.shown_s) for moment in moments}
    jpegs = {number: base64.b64encode(jpeg).decode() for number, jpeg in jpegs_of(clip, set(frame_of.values()))}
    return {moment: Picture(moment, jpegs[number]) for moment, number in frame_of.items()}


def jpegs_of(clip: Clip, numbers: Collection[int]) -> Iterator[tuple[int, bytes]]:
    """Of frames by number, small and upright, in one pass over the clip up to the last."""
    if numbers:
        for number, picture in pictures_of(clip, (0, max(numbers) + 1)):
            if number in numbers:
                yield number, _jpeg(picture)


def _thinned(moments: Sequence[Moment], most: int) -> list[Moment]:
    if len(moments) <= most:
        return list(moments)
    return [moments[int((i + 0.5) * len(moments) / most)] for i in range(most)]


def _jpeg(frame: av.VideoFrame) -> bytes:
    rgb = upright_rgb(frame)
    small = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    height = round(small.height * _WIDTH_PIXELS / small.width / 2) * 2
    small = small.reformat(width=_WIDTH_PIXELS, height=height, format="yuvj420p")
    buffer = BytesIO()
    with av.open(buffer, "w", format="mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = small.width, small.height, "yuvj420p"
        small.pts = None
        out.mux(stream.encode(small))
        out.mux(stream.encode(None))
    return buffer.getvalue()
