"""Reading a video: which of its streams, its packets through damage, and their stamps on one time line."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from mainstream.errors import InvalidInputError
from mainstream.footage.stamps import StampClock

_NO_FOOTAGE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
RTSP_OPTIONS = {
    "rtsp_transport": "tcp",
    # Together they open a camera in .05 s instead of 2.2 s.
    "fpsprobesize": "0",
    "analyzeduration": "100000",
    "probesize": "32768",
}
"""FFmpeg's, of a camera"""
_SPOILED_READS = 100
"""reads in a row that fail before a file is given up"""
_DEFAULT_FPS = 25.0
_HELD_PACKETS = 256
"""without a stamp, at the beginning, that wait for the first one with a stamp"""
_REORDERED_PACKETS = 17
"""without a decoding stamp, at the beginning, that wait likewise: H.264 and H.265 reorder no more than 16"""


@contextmanager
def open_footage(path: Path, field: str = "video") -> Iterator[tuple[InputContainer, VideoStream]]:
    """A video file, open, and its stream of `best_video`; `InvalidInputError` names it where it has none."""
    try:
        container = av.open(path)
    except (av.FFmpegError, OSError) as error:
        raise InvalidInputError(
            f"cannot be decoded ({error.strerror}); is it a video?", field=field, source=path
        ) from error
    with container:
        video = best_video(container)
        if video is None:
            raise InvalidInputError("has no moving pictures", field=field, source=path)
        yield container, video


def best_video(container: InputContainer) -> VideoStream | None:
    """The stream that a player would show, whatever comes first: no cover picture, by default, the largest; or None."""
    found = [stream for stream in container.streams.video if not stream.disposition & _NO_FOOTAGE]
    if not found:
        return None
    return max(
        found,
        key=lambda each: (bool(each.disposition & Disposition.default), each.width * each.height, -each.index),
    )


def tells_only_order(container: InputContainer, video: VideoStream) -> bool:
    """Whether stamps are those of decoding although pictures are shown in another order: AVI has no others."""
    return container.format.name == "avi" and video.codec_context.has_b_frames


def stamp_clock(video: VideoStream, fps: float | None = None) -> StampClock:
    """A time line for a stream's packets; `fps` is what is known of its rate from elsewhere."""
    time_base = video.time_base or Fraction(1, 90_000)
    rate = fps or video.average_rate or video.guessed_rate or _DEFAULT_FPS
    return StampClock(time_base, round(1 / (float(rate) * time_base)))


def read_packets(
    container: InputContainer, video: VideoStream, on_spoiled: Callable[[], None]
) -> "Iterator[av.Packet[VideoStream]]":
    """Packets in order of decoding, those that flush the decoder left out; what cannot be read is told and passed over.

    Raises `av.FFmpegError` where nothing more can be read.
    """
    spoiled = 0
    packets = container.demux(video)
    while True:
        try:
            packet = next(packets, None)
        except (av.error.InvalidDataError, IndexError) as error:
            # PyAV knows the streams that were there at first: a packet of one that damage made up is an IndexError.
            spoiled += isinstance(error, av.error.InvalidDataError)
            on_spoiled()
            if spoiled >= _SPOILED_READS:
                raise
            packets = container.demux(video)
            continue
        if packet is None:
            return
        spoiled = 0
        if packet.size:
            yield packet


def stamped(packets: Iterable[Any], clock: StampClock) -> Iterator[Any]:
    """The packets with their stamps on the clock's time line.

    Packets without a stamp that come first (an RTSP camera's may) wait for the first one that has one, and are placed
    before it; so do a few that only say when they are shown (Matroska's). A presentation stamp stays None where nobody
    can say it.
    """
    held: list[Any] = []
    for packet in packets:
        if not clock.started and _waits(packet, held):
            held.append(packet)
            continue
        if not clock.started and packet.dts is None and held:
            # Nobody ever says when to decode: packets are shown in the order in which they come.
            yield from _placed_in_order(held, clock)
            held = []
        raw = packet.pts if packet.dts is None else packet.dts
        pts, dts = clock.place(packet.pts, packet.dts)
        for back, earlier in enumerate(reversed(held), start=1):
            unsaid = (dts if pts is None else pts) - back * clock.interval
            earlier.pts = unsaid if earlier.pts is None or raw is None else earlier.pts + dts - raw
            earlier.dts = dts - back * clock.interval
        yield from held
        held = []
        packet.pts, packet.dts = pts, dts
        yield packet
    yield from _placed_in_order(held, clock)


def _waits(packet: Any, held: list[Any]) -> bool:
    if packet.dts is not None or len(held) >= _HELD_PACKETS:
        return False
    return packet.pts is None or sum(each.pts is not None for each in held) < _REORDERED_PACKETS


def _placed_in_order(packets: list[Any], clock: StampClock) -> Iterator[Any]:
    first = next((number for number, packet in enumerate(packets) if packet.pts is not None), len(packets))
    for packet in packets[first:]:
        packet.pts, packet.dts = clock.place(packet.pts, packet.dts)
    for back, packet in enumerate(reversed(packets[:first]), start=1):
        if first < len(packets):
            packet.pts = packet.dts = packets[first].pts - back * clock.interval
    yield from packets
