"""Streams as sequences of captured frames: files at the camera's rate in real time, RTSP as it arrives."""

import logging
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.error import EOFError as AvEOFError
from av.error import FFmpegError
from av.video.stream import VideoStream

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.runner_plan import RunnerStream
from mainstream_runner.clips.packet_ring import PacketRing

_log = logging.getLogger(__name__)
FILE = "file:"
_RTSP_OPTIONS = {
    "rtsp_transport": "tcp",
    # Together they open a camera in .05 s instead of 2.2 s.
    "fpsprobesize": "0",
    "analyzeduration": "100000",
    "probesize": "32768",
}
OPEN_TIMEOUT_S = 5.0
STALL_S = 4.0
"""a camera that sends nothing that can be decoded for as long is opened anew"""
_SILENT = f"has sent nothing for {STALL_S:.0f} s"
_TICK_S = 0.1
_SPOILED_READS = 20
"""reads in a row that fail before a camera is opened anew"""
_OLDEST_CLOCK_S = 1_577_836_800.0
"""2020; a camera that tells an earlier time has a clock that was never set, and is not believed"""
_PRODUCER_TIME = struct.Struct("<q")
"""microseconds since 1970, as libavformat works it out from RTCP sender reports"""


class StalledError(MainstreamError):
    """The camera is silent."""


@dataclass(frozen=True)
class CapturedFrame:
    """A decoded frame, at the moment at which the camera delivered it."""

    index: int
    """number of the frame in its stream, the first is 0"""
    captured_s: float
    """time as events tell it: position in a file that is replayed, else the camera's own clock or the wall clock"""
    due_s: float
    """when it was due on the monotonic clock: sampling and durations go by it, and later than that it is late"""
    picture: av.VideoFrame


class Source:
    """One opened stream; `frames` plays it."""

    def __init__(
        self,
        stream: RunnerStream,
        *,
        start_frame: int = 0,
        end_frame: int | None = None,
        positions: bool = False,
        ring: PacketRing | None = None,
    ) -> None:
        """Open it and, for a file, decode up to `start_frame`; raises `InvalidInputError` if it can't be decoded.

        With `positions` a file's frames carry their position as time, so that a replay tells the same times again.
        Packets go to `ring` as they are read.
        """
        self.decode_errors = 0
        self._stream = stream
        self._live = not stream.url.startswith(FILE)
        self._name = stream.url if self._live else stream.url.removeprefix(FILE)
        self._start_frame = 0 if self._live else start_frame
        self._end_frame = end_frame
        self._positions = positions and not self._live
        self._ring = ring
        self._camera_offset_s: float | None = None
        self._container = self._open()
        if ring is not None:
            ring.begin()
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
                yield CapturedFrame(index, self._camera_s(picture) or time.time(), time.monotonic(), picture)
            else:
                due_s = start_s + (index - self._start_frame) / self._stream.fps
                time.sleep(max(0.0, due_s - time.monotonic()))
                yield CapturedFrame(index, index / self._stream.fps if self._positions else time.time(), due_s, picture)
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
            return av.open(self._name, options=_RTSP_OPTIONS, timeout=(OPEN_TIMEOUT_S, STALL_S))
        except (FFmpegError, OSError) as error:
            raise self._undecodable(error) from error

    def _decode(self) -> Iterator[av.VideoFrame]:
        """Pictures in order of showing; a packet that can't be decoded is counted and passed over."""
        if not self._container.streams.video:
            raise InvalidInputError("holds no video; name a clip that does", source=self._name)
        video = self._container.streams.video[0]
        # More threads only add latency and CPU here: a camera's frames come one at a time.
        video.thread_type, video.thread_count = "NONE", 1
        shown_s = time.monotonic()
        for packet in self._packets(video):
            try:
                pictures = video.decode(packet)
            except AvEOFError:
                return
            except (FFmpegError, OSError):
                self.decode_errors += 1
                pictures = []
            for picture in pictures:
                if picture.is_corrupt:
                    self.decode_errors += 1
                    if self._live:
                        # It shows smears of pictures that never were; of a file, frames keep their numbers.
                        continue
                shown_s = time.monotonic()
                yield picture
                # Whoever took it may have slept; only waiting for the camera counts.
                shown_s = time.monotonic()
            if self._live and time.monotonic() - shown_s > STALL_S:
                raise StalledError("sends nothing that can be decoded")

    def _packets(self, video: VideoStream) -> "Iterator[av.Packet[VideoStream]]":
        spoiled = 0
        packets = self._container.demux(video)
        while True:
            asked_s = time.monotonic()
            try:
                packet = next(packets, None)
            except av.error.InvalidDataError as error:
                self.decode_errors += 1
                spoiled += 1
                if spoiled >= _SPOILED_READS:
                    raise self._undecodable(error) from error
                packets = self._container.demux(video)
                continue
            except av.error.ExitError as error:
                raise StalledError(_SILENT) from error
            except (FFmpegError, OSError) as error:
                raise self._undecodable(error) from error
            if packet is None:
                return
            if self._live and time.monotonic() - asked_s > STALL_S - _TICK_S:
                # Given up waiting, libavformat hands out what it still had, and would wait as long once more.
                raise StalledError(_SILENT)
            spoiled = 0
            if packet.size:
                self._note_camera_time(packet)
                self._keep(packet)
            yield packet

    def _keep(self, packet: "av.Packet[VideoStream]") -> None:
        if self._ring is not None:
            try:
                self._ring.put(packet)
            except (FFmpegError, OSError, ValueError) as error:
                # Clips are lost then, and counted; frames are not.
                _log.warning("a packet was not kept for clips: %s", type(error).__name__)

    def _note_camera_time(self, packet: "av.Packet[VideoStream]") -> None:
        if self._live and packet.pts is not None and packet.has_sidedata("prft"):
            (told_us,) = _PRODUCER_TIME.unpack_from(bytes(packet.get_sidedata("prft")))
            if told_us / 1e6 > _OLDEST_CLOCK_S:
                self._camera_offset_s = told_us / 1e6 - float(packet.pts * packet.time_base)

    def _camera_s(self, picture: av.VideoFrame) -> float | None:
        """When the camera says that it took the picture; None before its first sender report."""
        if self._camera_offset_s is None or picture.time is None:
            return None
        return self._camera_offset_s + picture.time

    def _undecodable(self, error: Exception) -> InvalidInputError:
        reason = getattr(error, "strerror", None) or str(error)
        return InvalidInputError(f"cannot be decoded as video ({reason}); re-encode it as H.264", source=self._name)


OpenSource = Callable[..., Source]
"""makes a `Source`"""
