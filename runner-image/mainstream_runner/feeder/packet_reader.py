"""The packets of one opened stream: all of them are read, stamped on one time line and kept for clips."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from mainstream.errors import InvalidInputError
from mainstream.footage.camera_failure import camera_failure
from mainstream.footage.producer_time import ProducerTime
from mainstream.footage.reading import RTSP_OPTIONS, best_video, stamped, tells_only_order
from mainstream.footage.stamps import StampClock
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.feeder.key_frame_wait import STALL_S, StalledError

_log = logging.getLogger(__name__)
FILE = "file:"
OPEN_TIMEOUT_S = 5.0
_SILENT = f"has sent nothing for {STALL_S:.0f} s"
_TICK_S = 0.1
_SPOILED_READS = 20
"""reads in a row that fail before a camera is opened anew"""


class PacketReader:
    """Belongs to the thread that decodes."""

    def __init__(self, url: str, ring: PacketRing | None) -> None:
        """Open it; raises `InvalidInputError` if it is no video."""
        self.live = not url.startswith(FILE)
        self.name = url if self.live else url.removeprefix(FILE)
        self.errors = 0
        """reads that failed"""
        self.cpu_s = 0.0
        """CPU-seconds that reading took"""
        self._producer = ProducerTime()
        self._ring = ring
        self._container = self._open()
        if ring is not None:
            ring.begin()
        video = best_video(self._container)
        if video is None:
            raise InvalidInputError("holds no video; name a clip that does", source=self.name)
        # More threads only add latency and CPU: a camera's frames come one at a time.
        video.thread_type, video.thread_count = "NONE", 1
        self.video: VideoStream = video
        self.tells_only_order = tells_only_order(self._container, video)

    def packets(self, clock: StampClock) -> "Iterator[av.Packet[VideoStream]]":
        """All packets in order of decoding, with their stamps on the clock's time line."""
        packets = stamped(self._read(), clock)
        while True:
            start_s = time.thread_time()
            packet = next(packets, None)
            if packet is not None:
                self._note(packet)
            self.cpu_s += time.thread_time() - start_s
            if packet is None:
                return
            yield packet

    def captured_s(self, stamp_s: float | None) -> float | None:
        """When a camera took the picture of that stamp, by its own clock; None where it does not tell."""
        return self._producer.of(stamp_s)

    def close(self) -> None:
        """Close the stream."""
        self._container.close()

    def _open(self) -> InputContainer:
        if not self.live and not Path(self.name).is_file():
            raise InvalidInputError("no such file; check the stream's url", source=self.name)
        asked_s = time.monotonic()
        try:
            if not self.live:
                return av.open(self.name)
            return av.open(self.name, options=RTSP_OPTIONS, timeout=(OPEN_TIMEOUT_S, STALL_S))
        except (FFmpegError, OSError) as error:
            late = time.monotonic() - asked_s > OPEN_TIMEOUT_S - _TICK_S
            unreached = camera_failure(error, late=late) if self.live else None
            if unreached is not None:
                raise InvalidInputError(unreached, source=self.name) from error
            raise self._undecodable(error) from error

    def _note(self, packet: "av.Packet[VideoStream]") -> None:
        """Clips are cut from it, and the camera's clock is read."""
        if self.live:
            self._producer.note(packet)
        if self._ring is not None:
            try:
                self._ring.put(packet)
            except (FFmpegError, OSError, ValueError) as error:
                # Clips are lost then, and counted; frames are not.
                _log.warning("a packet was not kept for clips: %s", type(error).__name__)

    def _read(self) -> "Iterator[av.Packet[VideoStream]]":
        spoiled = 0
        packets = self._container.demux(self.video)
        while True:
            asked_s = time.monotonic()
            try:
                packet = next(packets, None)
            except IndexError:
                # Of a stream that damage made up: PyAV knows those that were there at first.
                self.errors += 1
                packets = self._container.demux(self.video)
                continue
            except av.error.InvalidDataError as error:
                self.errors += 1
                spoiled += 1
                if spoiled >= _SPOILED_READS:
                    raise self._undecodable(error) from error
                packets = self._container.demux(self.video)
                continue
            except av.error.ExitError as error:
                raise StalledError(_SILENT) from error
            except (FFmpegError, OSError) as error:
                raise self._undecodable(error) from error
            if packet is None:
                return
            if self.live and time.monotonic() - asked_s > STALL_S - _TICK_S:
                # Given up waiting, libavformat hands out what it still had, and would wait as long once more.
                raise StalledError(_SILENT)
            spoiled = 0
            if packet.size:
                yield packet

    def _undecodable(self, error: Exception) -> InvalidInputError:
        reason = getattr(error, "strerror", None) or str(error)
        return InvalidInputError(f"cannot be decoded as video ({reason}); re-encode it as H.264", source=self.name)
