"""Streams as sequences of captured frames: files at their own pace in real time, RTSP as it arrives."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.error import EOFError as AvEOFError
from av.error import FFmpegError
from av.video.stream import VideoStream

from mainstream.errors import InvalidInputError
from mainstream.footage.producer_time import ProducerTime
from mainstream.footage.reading import RTSP_OPTIONS, best_video, stamp_clock, stamped, tells_only_order
from mainstream.footage.shown import orientation_of, shown_size
from mainstream.footage.stream_fit import DeliveredPicture
from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.feeder.frame_clock import ArrivalClock, FilePosition
from mainstream_runner.feeder.key_frame_wait import STALL_S, KeyFrameWait, SaysWaiting, StalledError

_log = logging.getLogger(__name__)
FILE = "file:"
OPEN_TIMEOUT_S = 5.0
_SILENT = f"has sent nothing for {STALL_S:.0f} s"
_TICK_S = 0.1
_SPOILED_READS = 20
"""reads in a row that fail before a camera is opened anew"""


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


class _Shown(NamedTuple):
    """A decoded picture."""

    stamp_s: float | None
    """on the stream's time line"""
    position_s: float
    """from the first picture on"""
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
        say_waiting: SaysWaiting = lambda waited: None,
    ) -> None:
        """Open it and, for a file, decode up to `start_frame`; raises `InvalidInputError` if it can't be decoded.

        With `positions` a file's frames carry their position as time, so that a replay tells the same times again.
        Packets go to `ring` as they are read; `say_waiting` is told while a camera sends no key frame.
        """
        self.decode_errors = 0
        self._stream = stream
        self._live = not stream.url.startswith(FILE)
        self._name = stream.url if self._live else stream.url.removeprefix(FILE)
        self._start_frame = 0 if self._live else start_frame
        self._end_frame = end_frame
        self._positions = positions and not self._live
        self._ring = ring
        self._wait = KeyFrameWait(say_waiting)
        self._producer = ProducerTime()
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
        width, height = shown_size(self._first.picture)
        self._delivered = DeliveredPicture(width, height, self._told_fps)

    @property
    def delivered(self) -> DeliveredPicture:
        """Size of the first picture as shown, and the rate that the stream tells of itself."""
        return self._delivered

    @property
    def clock_jumps(self) -> int:
        """Times that the stream's stamps jumped or stood still; its frames follow on each other."""
        return self._clock.jumps

    def frames(self, start_s: float) -> Iterator[CapturedFrame]:
        """Frames in order; a file's come at the pace of its presentation stamps, from `start_s` (monotonic)."""
        return self._live_frames() if self._live else self._file_frames(start_s)

    def close(self) -> None:
        """Close the stream."""
        self._container.close()

    def _file_frames(self, start_s: float) -> Iterator[CapturedFrame]:
        index, shown = self._start_frame, self._first
        self._first = None
        begin_s = shown.position_s if shown is not None else 0.0
        while shown is not None and (self._end_frame is None or index < self._end_frame):
            due_s = start_s + shown.position_s - begin_s
            time.sleep(max(0.0, due_s - time.monotonic()))
            yield CapturedFrame(index, shown.position_s if self._positions else time.time(), due_s, shown.picture)
            index, shown = index + 1, next(self._pictures, None)
        # The last frame's time is part of the playing, or achieved rates would look too high.
        end_s = shown.position_s if shown is not None else self._position.end_s
        time.sleep(max(0.0, start_s + end_s - begin_s - time.monotonic()))

    def _live_frames(self) -> Iterator[CapturedFrame]:
        arrivals = ArrivalClock()
        index, shown = 0, self._first
        self._first = None
        while shown is not None and (self._end_frame is None or index < self._end_frame):
            now_s = time.monotonic()
            due_s = arrivals.due(shown.stamp_s, now_s)
            captured_s = self._producer.of(shown.stamp_s)
            yield CapturedFrame(
                index, time.time() - (now_s - due_s) if captured_s is None else captured_s, due_s, shown.picture
            )
            index, shown = index + 1, next(self._pictures, None)

    def _open(self) -> InputContainer:
        if not self._live and not Path(self._name).is_file():
            raise InvalidInputError("no such file; check the stream's url", source=self._name)
        try:
            if not self._live:
                return av.open(self._name)
            return av.open(self._name, options=RTSP_OPTIONS, timeout=(OPEN_TIMEOUT_S, STALL_S))
        except (FFmpegError, OSError) as error:
            raise self._undecodable(error) from error

    def _decode(self) -> Iterator[_Shown]:
        """Pictures in order of showing; a packet that can't be decoded is counted and passed over."""
        video = best_video(self._container)
        if video is None:
            raise InvalidInputError("holds no video; name a clip that does", source=self._name)
        # More threads only add latency and CPU here: a camera's frames come one at a time.
        video.thread_type, video.thread_count = "NONE", 1
        self._told_fps = float(video.average_rate) if video.average_rate else None
        # A file's own rate; a camera often tells none.
        self._clock = stamp_clock(video, self._stream.fps if self._live else None)
        self._position = FilePosition(float(self._clock.interval * self._clock.time_base))
        in_order: deque[float] | None = deque() if tells_only_order(self._container, video) else None
        self._wait.begin(time.monotonic())
        for packet in self._kept(video):
            if in_order is not None and packet.pts is not None:
                in_order.append(float(packet.pts * packet.time_base))
            for picture in self._pictures_of(video, packet):
                self._wait.shown(time.monotonic())
                yield self._placed(picture, in_order)
                # Whoever took it may have slept; only waiting for the camera counts.
                self._wait.shown(time.monotonic())
            if self._live:
                self._wait.packet(time.monotonic(), key=packet.is_keyframe)
        for picture in self._pictures_of(video, None):
            yield self._placed(picture, in_order)

    def _placed(self, picture: av.VideoFrame, in_order: deque[float] | None) -> _Shown:
        if self._ring is not None:
            self._ring.orientation = orientation_of(picture)
        # Not its `time`: pictures that a decoder still held at the end have no time base.
        own_s = None if picture.pts is None else float(picture.pts * self._clock.time_base)
        stamp_s = in_order.popleft() if in_order else own_s
        return _Shown(stamp_s, self._position.of(stamp_s), picture)

    def _pictures_of(self, video: VideoStream, packet: "av.Packet[VideoStream] | None") -> Iterator[av.VideoFrame]:
        try:
            pictures = video.decode(packet)
        except AvEOFError:
            return
        except (FFmpegError, OSError):
            self.decode_errors += 1
            return
        for picture in pictures:
            if picture.is_corrupt:
                self.decode_errors += 1
                if self._live:
                    # It shows smears of pictures that never were; of a file, frames keep their numbers.
                    continue
            yield picture

    def _kept(self, video: VideoStream) -> "Iterator[av.Packet[VideoStream]]":
        """Packets with their stamps on one time line; clips are cut from them, and the camera's clock is read."""
        for packet in stamped(self._packets(video), self._clock):
            if self._live:
                self._producer.note(packet)
            if self._ring is not None:
                try:
                    self._ring.put(packet)
                except (FFmpegError, OSError, ValueError) as error:
                    # Clips are lost then, and counted; frames are not.
                    _log.warning("a packet was not kept for clips: %s", type(error).__name__)
            yield packet

    def _packets(self, video: VideoStream) -> "Iterator[av.Packet[VideoStream]]":
        spoiled = 0
        packets = self._container.demux(video)
        while True:
            asked_s = time.monotonic()
            try:
                packet = next(packets, None)
            except IndexError:
                # Of a stream that damage made up: PyAV knows those that were there at first.
                self.decode_errors += 1
                packets = self._container.demux(video)
                continue
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
                yield packet

    def _undecodable(self, error: Exception) -> InvalidInputError:
        reason = getattr(error, "strerror", None) or str(error)
        return InvalidInputError(f"cannot be decoded as video ({reason}); re-encode it as H.264", source=self._name)


OpenSource = Callable[..., Source]
"""makes a `Source`"""
