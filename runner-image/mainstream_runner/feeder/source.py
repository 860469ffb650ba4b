"""Streams as sequences of captured frames: files at their own pace in real time, RTSP as it arrives.

All packets are read and kept for clips; which of them are decoded is the mode in force (`decoding`).
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import av
from av.video.stream import VideoStream

from mainstream.errors import InvalidInputError
from mainstream.footage.orientation import UPRIGHT, Orientation
from mainstream.footage.reading import open_footage, read_packets, stamp_clock, stamped
from mainstream.footage.shown import orientation_of
from mainstream.footage.stream_fit import DeliveredPicture
from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.decoding.file_places import FilePlaces
from mainstream_runner.decoding.mode_decoder import ModeDecoder, OwnMode
from mainstream_runner.decoding.mode_in_force import ModeInForce
from mainstream_runner.decoding.mode_meter import ModeMeter
from mainstream_runner.feeder.frame_clock import ArrivalClock, FilePosition
from mainstream_runner.feeder.key_frame_wait import KeyFrameWait, SaysWaiting
from mainstream_runner.feeder.packet_reader import PacketReader


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
    way_up: Orientation = UPRIGHT
    """of the picture"""
    of_size: tuple[int, int] | None = None
    """width and height of the picture that crops and masks are told in, where it is another: a substream's"""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture as it is shown."""
        return self.way_up.size(self.picture.width, self.picture.height)


class _Shown(NamedTuple):
    """A decoded picture."""

    number: int
    """in its stream, the first is 0"""
    stamp_s: float | None
    """on the stream's time line"""
    position_s: float
    """from the first picture on"""
    picture: av.VideoFrame
    way_up: Orientation


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
        say_alive: Callable[[], None] = lambda: None,
        modes: ModeInForce | None = None,
        meter: ModeMeter | None = None,
    ) -> None:
        """Open it and, for a file, decode up to `start_frame`; raises `InvalidInputError` if it can't be decoded.

        With `positions` a file's frames carry their position as time, so that a replay tells the same times again.
        Packets go to `ring` as they are read; `say_waiting` is told while a camera sends no key frame, `say_alive` of
        packets that bring no picture; `modes` decides which do, `meter` measures what that spares.
        """
        self._modes = modes or ModeInForce(own_mode(stream))
        self._meter = meter
        self._say_alive = say_alive
        self._stream = stream
        self._reader = PacketReader(stream.url, ring)
        self._name, self._live = self._reader.name, self._reader.live
        self._start_frame = 0 if self._live else start_frame
        self._end_frame = end_frame
        self._positions = positions and not self._live
        self._ring = ring
        self._wait = KeyFrameWait(say_waiting)
        self._decoder = ModeDecoder(self._reader.video.codec_context, shows_corrupt=not self._live)
        self._way_up: Orientation | None = None
        self._places = self._file_places()
        self._pictures = self._decode()
        # The first one is decoded before the clock starts, so that it is as punctual as the others.
        self._first = next(self._pictures, None)
        if self._first is None:
            raise InvalidInputError("holds no video frame that can be decoded", source=self._name)
        while self._first.number < self._start_frame:
            before, self._first = self._first, next(self._pictures, None)
            if self._first is None:
                count = before.number + 1
                raise InvalidInputError(f"has {count} frames, none from {start_frame} on", source=self._name)
        width, height = self._first.way_up.size(self._first.picture.width, self._first.picture.height)
        self._delivered = DeliveredPicture(width, height, self._told_fps)

    @property
    def delivered(self) -> DeliveredPicture:
        """Size of the first picture as shown, and the rate that the stream tells of itself."""
        return self._delivered

    @property
    def decode_errors(self) -> int:
        """Packets that could not be read or decoded, and pictures that are damaged."""
        return self._reader.errors + self._decoder.errors

    @property
    def clock_jumps(self) -> int:
        """Times that the stream's stamps jumped or stood still; its frames follow on each other."""
        return self._clock.jumps

    def frames(self, start_s: float) -> Iterator[CapturedFrame]:
        """Frames in order; a file's come at the pace of its presentation stamps, from `start_s` (monotonic)."""
        return self._live_frames() if self._live else self._file_frames(start_s)

    def close(self) -> None:
        """Close the stream."""
        if self._meter is not None:
            self._meter.closed()
        self._reader.close()

    def _file_frames(self, start_s: float) -> Iterator[CapturedFrame]:
        shown, places = self._first, self._places
        self._first = None
        begin_s = shown.position_s if shown is not None else 0.0
        if places is not None:
            begin_s = places.position_of(self._start_frame)
        while shown is not None and (self._end_frame is None or shown.number < self._end_frame):
            due_s = start_s + shown.position_s - begin_s
            time.sleep(max(0.0, due_s - time.monotonic()))
            captured_s = shown.position_s if self._positions else time.time()
            yield CapturedFrame(shown.number, captured_s, due_s, shown.picture, shown.way_up)
            shown = next(self._pictures, None)
        # The last frame's time is part of the playing, or achieved rates would look too high.
        end_s = shown.position_s if shown is not None else self._position.end_s
        if places is not None:
            end_s = places.position_of(self._end_frame)
        time.sleep(max(0.0, start_s + end_s - begin_s - time.monotonic()))

    def _live_frames(self) -> Iterator[CapturedFrame]:
        arrivals = ArrivalClock()
        shown, self._first = self._first, None
        while shown is not None and (self._end_frame is None or shown.number < self._end_frame):
            now_s = time.monotonic()
            due_s = arrivals.due(shown.stamp_s, now_s)
            captured_s = self._reader.captured_s(shown.stamp_s)
            captured_s = time.time() - (now_s - due_s) if captured_s is None else captured_s
            yield CapturedFrame(shown.number, captured_s, due_s, shown.picture, shown.way_up)
            shown = next(self._pictures, None)

    def _file_places(self) -> FilePlaces | None:
        """Where all frames of a file are, where some of them are passed over; None where none is, or of a camera."""
        if self._live or self._modes.asked == "all" or self._reader.tells_only_order:
            return None
        with open_footage(Path(self._name)) as (container, video):
            clock = stamp_clock(video)
            packets = stamped(read_packets(container, video, lambda: None), clock)
            stamps_s = [float(packet.pts * clock.time_base) for packet in packets if packet.pts is not None]
        return FilePlaces(stamps_s, float(clock.interval * clock.time_base)) if stamps_s else None

    def _decode(self) -> Iterator[_Shown]:
        """Pictures in order of showing; a packet that can't be decoded is counted and passed over."""
        video = self._reader.video
        self._told_fps = float(video.average_rate) if video.average_rate else None
        # A file's own rate; a camera often tells none.
        self._clock = stamp_clock(video, self._stream.fps if self._live else None)
        self._position = FilePosition(float(self._clock.interval * self._clock.time_base))
        in_order: deque[float] | None = deque() if self._reader.tells_only_order else None
        self._modes.opened()
        if self._meter is not None:
            self._meter.opened()
        self._wait.begin(time.monotonic())
        number = 0
        for packet in self._reader.packets(self._clock):
            if in_order is not None and packet.pts is not None:
                in_order.append(float(packet.pts * packet.time_base))
            time_s = self._time_of(packet)
            mode = self._modes.at(time_s, key=packet.is_keyframe)
            if in_order is not None or (mode == "packets" and not number):
                # Nothing tells which frame a later picture is; or the first picture has to tell how large they are.
                mode = "keyframes" if mode == "packets" else "all"
            shown = number
            for picture in self._decoder.pictures(packet, mode):
                self._wait.shown(time.monotonic())
                self._modes.shown(time_s)
                yield self._placed(picture, number, in_order)
                number += 1
                # Whoever took it may have slept; only waiting for the camera counts.
                self._wait.shown(time.monotonic())
            if self._meter is not None:
                self._meter.packet(packet, video.codec_context, time_s, self._reader.cpu_s)
            if self._live and not (self._decoder.passes_over and number):
                self._wait.packet(time.monotonic(), key=packet.is_keyframe)
            elif self._decoder.passes_over:
                self._wait.shown(time.monotonic())
            if 0 < number == shown:
                self._say_alive()
        for picture in self._decoder.rest():
            yield self._placed(picture, number, in_order)
            number += 1

    def _time_of(self, packet: "av.Packet[VideoStream]") -> float:
        ticks = packet.pts if packet.dts is None else packet.dts
        return 0.0 if ticks is None else float(ticks * self._clock.time_base)

    def _placed(self, picture: av.VideoFrame, number: int, in_order: deque[float] | None) -> _Shown:
        if self._way_up is None or picture.key_frame:
            # Not asked of every frame: that costs a tenth of what decoding one does.
            self._way_up = orientation_of(picture)
            if self._ring is not None:
                self._ring.orientation = self._way_up
        # Not its `time`: pictures that a decoder still held at the end have no time base.
        own_s = None if picture.pts is None else float(picture.pts * self._clock.time_base)
        stamp_s = in_order.popleft() if in_order else own_s
        if self._places is not None and stamp_s is not None:
            number = self._places.number_of(stamp_s)
            return _Shown(number, stamp_s, self._places.position_of(number), picture, self._way_up)
        return _Shown(number, stamp_s, self._position.of(stamp_s), picture, self._way_up)


def own_mode(stream: RunnerStream) -> OwnMode:
    """Which of its own frames a plan has decoded of a stream; of one whose substream is, they are all there is."""
    return "all" if stream.decode == "substream" else stream.decode


OpenSource = Callable[..., Source]
"""makes a `Source`"""
