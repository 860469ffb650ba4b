"""Clips as cameras send them, and cameras that play them."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from itertools import islice
from math import ceil
from pathlib import Path

import av
from fault_scene import looped
from fault_surroundings import Camera

from common.plaza import CLIP

CORE = 0
"""the one that is measured"""
_LOOP_S = 12


def make_clip(
    path: Path,
    *,
    group: int,
    between: int = 0,
    size: tuple[int, int] = (1920, 1080),
    fps: int = 25,
    seconds: int = _LOOP_S,
) -> Path:
    """The plaza's frames one after the other at that size and rate, as H.264 in groups of `group` frames with `between`
    B-frames in a row."""
    return encode(path, islice(_frames(), fps * seconds), size, fps, bf=between, g=group, sc_threshold=0, crf=23)


def encode(
    path: Path, frames: Iterable[av.VideoFrame], size: tuple[int, int], fps: int, *, bf: int = 0, **options: int
) -> Path:
    """Frames one after the other as H.264 of that size and rate, with options of x264."""
    with av.open(str(path), "w") as output:
        told = {"preset": "veryfast", "bf": str(bf), **{name: str(value) for name, value in options.items()}}
        stream = output.add_stream("libx264", rate=fps, options=told)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number, frame in enumerate(frames):
            picture = frame.reformat(width=size[0], height=size[1], format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, fps)
            picture.pict_type = av.video.frame.PictureType.NONE
            output.mux(stream.encode(picture))
        output.mux(stream.encode(None))
    return path


def long_clip(path: Path, lasts_s: float, *, group: int, size: tuple[int, int] = (1920, 1080), fps: int = 25) -> Path:
    """The same of which some seconds come again and again, for so long at least, without being encoded again."""
    once = make_clip(path.with_name(f"once-{path.name}"), group=group, size=size, fps=fps)
    return looped(once, path, ceil(lasts_s / _LOOP_S))


@contextmanager
def cameras(clips: Sequence[Path]) -> Iterator[list[str]]:
    """RTSP cameras that play these clips, a process each, away from the core that is measured; their addresses."""
    before = os.sched_getaffinity(0)
    with ExitStack() as stack:
        stack.callback(os.sched_setaffinity, 0, before)
        # A process begins on the cores of who starts it.
        os.sched_setaffinity(0, set(range(os.cpu_count() or 1)) - {CORE} or {CORE})
        playing = []
        for clip in clips:
            playing.append(Camera(clip))
            stack.callback(playing[-1].stop)
        os.sched_setaffinity(0, before)
        yield [camera.url for camera in playing]


def _frames() -> Iterator[av.VideoFrame]:
    """The plaza's, again and again."""
    while True:
        with av.open(str(CLIP)) as source:
            yield from source.decode(video=0)
