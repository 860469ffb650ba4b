"""The last seconds of a camera, as packets in memory: what a clip of an alert is cut from.

Bounded in time and bytes, the oldest go first; off until somebody wants clips of the stream. H.264 and H.265 are kept
as cameras send them, with start codes and with the parameter sets in front of every key frame: so a clip can begin at
any of them, whatever became of the stream since.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.bitstream import BitStreamFilterContext

from mainstream.api.video_stream import Mask
from mainstream.footage.orientation import UPRIGHT

_START_CODES = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
"""by codec: the filter that turns a file's packets into a camera's"""
_KEPT_S = 45.0
"""longest clip with what comes before it, and a key frame's distance"""
_KEPT_BYTES = 32 << 20


@dataclass(frozen=True)
class VideoFormat:
    """What a file of such packets has to say of them."""

    codec: str
    width: int
    height: int
    extradata: bytes
    """parameter sets with start codes, in front of every key frame; empty where packets bring their own"""
    time_base: Fraction


@dataclass(frozen=True)
class RingPacket:
    """One packet of compressed video."""

    content: bytes
    pts: int | None
    dts: int | None
    duration: int
    key: bool
    read_s: float
    """monotonic"""
    format: VideoFormat


class PacketRing:
    """Filled by the camera's thread, read by whoever cuts clips."""

    def __init__(self) -> None:
        self.orientation = UPRIGHT
        """which way up its pictures are shown, which no packet says; from the first picture on"""
        self.masks: tuple[Mask, ...] = ()
        """what nobody may see of its pictures"""
        self._lock = threading.Lock()
        self._wanted = False
        self._packets: deque[RingPacket] = deque()
        self._bytes = 0
        self._format: VideoFormat | None = None
        self._filter: BitStreamFilterContext | None = None

    def want(self, wanted: bool) -> None:
        """Begin to keep packets, or let go of them."""
        with self._lock:
            self._wanted = wanted
            if not wanted:
                self._clear()

    def begin(self) -> None:
        """The camera was opened anew: its time stamps begin anew as well, and never share a clip with earlier ones."""
        self._format = self._filter = None

    def put(self, packet: Any) -> None:
        """Keep a copy of an `av.Packet` that was just read."""
        if not self._wanted:
            return
        now_s, stream_format = time.monotonic(), self._format_of(packet)
        kept = [
            RingPacket(
                stream_format.extradata + bytes(each) if each.is_keyframe else bytes(each),
                each.pts,
                each.dts,
                each.duration or 0,
                bool(each.is_keyframe),
                now_s,
                stream_format,
            )
            for each in self._with_start_codes(packet)
        ]
        with self._lock:
            if not self._wanted:
                return
            self._packets += kept
            self._bytes += sum(len(each.content) for each in kept)
            oldest_s = now_s - _KEPT_S
            while self._packets and (self._bytes > _KEPT_BYTES or self._packets[0].read_s < oldest_s):
                self._bytes -= len(self._packets.popleft().content)

    def between(self, start_s: float, end_s: float) -> list[RingPacket]:
        """Packets read from `start_s` to `end_s` (monotonic), from the key frame before on, all of one format."""
        with self._lock:
            packets = [packet for packet in self._packets if packet.read_s <= end_s]
        if not packets:
            return []
        same = [packet for packet in packets if packet.format is packets[-1].format]
        keys = [index for index, packet in enumerate(same) if packet.key]
        before = [index for index in keys if same[index].read_s <= start_s]
        first = before[-1] if before else (keys[0] if keys else len(same))
        return same[first:]

    def _format_of(self, packet: Any) -> VideoFormat:
        context = packet.stream.codec_context
        extradata = bytes(context.extradata or b"")
        sets = extradata if extradata.startswith((b"\0\0\1", b"\0\0\0\1")) else b""
        found = VideoFormat(context.name, context.width, context.height, sets, packet.time_base)
        if self._format is None and not sets and extradata and context.name in _START_CODES:
            self._filter = BitStreamFilterContext(_START_CODES[context.name], packet.stream)
        if self._format != found:
            self._format = found
        assert self._format is not None  # noqa: S101 (just set)
        return self._format

    def _with_start_codes(self, packet: Any) -> "list[av.Packet[Any]]":
        if self._filter is None:
            return [packet]
        # A copy: the filter takes away what it is given.
        copy = av.Packet(bytes(packet))
        copy.pts, copy.dts, copy.duration, copy.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
        copy.is_keyframe = packet.is_keyframe
        return self._filter.filter(copy)

    def _clear(self) -> None:
        self._packets.clear()
        self._bytes = 0
