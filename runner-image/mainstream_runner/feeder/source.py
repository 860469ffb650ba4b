"""Streams as sequences of captured frames: files at the camera's rate in real time, RTSP as it arrives."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError

from mainstream.errors import InvalidInputError
from mainstream.runner_plan import RunnerStream

_FILE = "file:"
_RTSP_OPTIONS = {
    "rtsp_transport": "tcp",
    # Together they open a camera in .05 s instead of 2.2 s.
    "fpsprobesize": "0",
    "analyzeduration": "100000",
    "probesize": "32768",
}
_OPEN_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class CapturedFrame:
    """A decoded frame, at the moment at which the camera delivered it."""

    index: int
    """number of the frame in its stream, the first is 0"""
    captured_s: float
    """time as events tell it: position in a file, wall clock of a camera"""
    due_s: float
    """when it was due on the monotonic clock: sampling goes by it, and later than that it is late"""
    picture: av.VideoFrame


class Source:
    """One opened stream; `frames` plays it."""

    def __init__(self, stream: RunnerStream, start_frame: int, end_frame: int | None) -> None:
        """Open it and, for a file, decode up to `start_frame`; raises `InvalidInputError` if it can't be decoded."""
        self._stream = stream
        self._live = not stream.url.startswith(_FILE)
        self._name = stream.url if self._live else stream.url.removeprefix(_FILE)
        self._start_frame = 0 if self._live else start_frame
        self._end_frame = end_frame
        self._container = self._open()
        self._pictures = self._decode()
        for index in range(self._start_frame):
            if next(self._pictures, None) is None:
                raise InvalidInputError(f"has {index} frames, none from {start_frame} on", source=self._name)
        # The first one is decoded before the clock starts, so that it is as punctual as the others.
        self._first = next(self._pictures, None)
        if self._first is None:
            raise InvalidInputError("holds no video frame that can be decoded", source=self._name)

    def frames(self, start_s: float) -> Iterator[CapturedFrame]:
        """Frames in order. A file's frame i is delivered at `start_s` + (i - start_frame) / fps, monotonic clock."""
        index, picture = self._start_frame, self._first
        self._first = None
        while picture is not None and (self._end_frame is None or index < self._end_frame):
            if self._live:
                yield CapturedFrame(index, time.time(), time.monotonic(), picture)
            else:
                due_s = start_s + (index - self._start_frame) / self._stream.fps
                time.sleep(max(0.0, due_s - time.monotonic()))
                yield CapturedFrame(index, index / self._stream.fps, due_s, picture)
            index, picture = index + 1, next(self._pictures, None)
        if not self._live:
            # The last frame's time is part of the playing, or achieved rates would look too high.
            time.sleep(max(0.0, start_s + (index - self._start_frame) / self._stream.fps - time.monotonic()))

    def close(self) -> None:
        """Close the stream."""
        self._container.close()

    def _open(self) -> InputContainer:
        if not self._live and not Path(self._name).is_file():
            raise InvalidInputError("no such file; check the stream's url", source=self._name)
        try:
            if not self._live:
                return av.open(self._name)
            return av.open(self._name, options=_RTSP_OPTIONS, timeout=(_OPEN_TIMEOUT_S, _READ_TIMEOUT_S))
        except (FFmpegError, OSError) as error:
            raise self._undecodable(error) from error

    def _decode(self) -> Iterator[av.VideoFrame]:
        if not self._container.streams.video:
            raise InvalidInputError("holds no video; name a clip that does", source=self._name)
        video = self._container.streams.video[0]
        # More threads only add latency and CPU here: a camera's frames come one at a time.
        video.thread_type, video.thread_count = "NONE", 1
        try:
            yield from self._container.decode(video)
        except (FFmpegError, OSError) as error:
            raise self._undecodable(error) from error

    def _undecodable(self, error: Exception) -> InvalidInputError:
        reason = getattr(error, "strerror", None) or str(error)
        return InvalidInputError(f"cannot be decoded as video ({reason}); re-encode it as H.264", source=self._name)
