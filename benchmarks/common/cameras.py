"""Clips as cameras send them, and cameras that play them."""

import os
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path

import av

from common.plaza import CLIP
from mainstream_runner.serving.torchserve import free_port

CAMERA = Path(os.environ.get("MAINSTREAM_SHARED", Path(__file__).parents[3] / "shared")) / "camera" / "rtsp-camera"
CORE = 0
"""the one that is measured"""
_ANSWERS_S = 15.0


def make_clip(
    path: Path, *, group: int, between: int = 0, size: tuple[int, int] = (1920, 1080), fps: int = 25, seconds: int = 12
) -> Path:
    """The plaza's frames one after the other at that size and rate, as H.264 in groups of `group` frames with `between`
    B-frames in a row."""
    return encode(path, _frames(fps * seconds), size, fps, bf=between, g=group, sc_threshold=0, crf=23)


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


def looped(clip: Path, path: Path, times: int) -> Path:
    """The clip so often, not encoded again."""
    with av.open(str(path), "w") as output:
        stream, shift = None, 0
        for _ in range(times):
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                stream = stream or output.add_stream_from_template(video)
                end = 0
                for packet in source.demux(video):
                    if packet.pts is None or packet.dts is None:
                        continue
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    output.mux(packet)
                shift += end
    return path


@contextmanager
def cameras(clips: Sequence[Path]) -> Iterator[list[str]]:
    """RTSP cameras that play these clips, a process each, away from the core that is measured; their addresses."""
    with ExitStack() as stack:
        urls = []
        for clip in clips:
            port = free_port()
            process = subprocess.Popen(
                [CAMERA, clip, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            os.sched_setaffinity(process.pid, _elsewhere())
            _wait_for(port)
            urls.append(f"rtsp://127.0.0.1:{port}/stream")
        yield urls


def _elsewhere() -> set[int]:
    """All cores but the one that is measured."""
    every = set(range(os.cpu_count() or 1))
    return every - {CORE} or every


def _frames(count: int) -> Iterator[av.VideoFrame]:
    given = 0
    while given < count:
        with av.open(str(CLIP)) as source:
            for frame in source.decode(video=0):
                if given == count:
                    return
                given += 1
                yield frame


def _wait_for(port: int) -> None:
    deadline_s = time.monotonic() + _ANSWERS_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
        except OSError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.05)
        else:
            return
