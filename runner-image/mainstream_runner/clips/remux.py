"""Packets to a file that plays anywhere, without decoding them; one of them to a picture."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.video.codeccontext import VideoCodecContext

from mainstream.api.video_stream import Mask
from mainstream.footage.frames import view_pixels
from mainstream.footage.masks import grey_out
from mainstream.footage.orientation import Orientation
from mainstream_runner.clips.packet_ring import RingPacket, VideoFormat
from mainstream_runner.clips.turned import turn_clip

_PICTURE_WIDTH = 640
"""at most, in pixels; the height follows"""
_JPEG_QUALITY = "4"
"""of ffmpeg's scale from 2 (best) to 31"""


def write_clip(packets: Sequence[RingPacket], orientation: Orientation, path: Path) -> None:
    """Write packets that begin with a key frame as MP4; raises `av.error.FFmpegError` or `OSError`."""
    stream_format = packets[0].format
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as output:
        stream = cast(
            Any, output.add_mux_stream(stream_format.codec, width=stream_format.width, height=stream_format.height)
        )
        stream.time_base = stream_format.time_base
        for packet in _timed(packets, stream_format):
            packet.stream = stream
            output.mux(packet)
    turn_clip(path, orientation, stream_format.width, stream_format.height)


def write_picture(
    packets: Sequence[RingPacket], orientation: Orientation, at_s: float, path: Path, masks: Sequence[Mask] = ()
) -> None:
    """Write the picture that was read last before `at_s` (monotonic) as JPEG, at most 640 pixels wide.

    What is masked is grey.
    """
    shown = None
    context = cast(VideoCodecContext, av.CodecContext.create(packets[0].format.codec, "r"))
    context.thread_count = 1
    for kept in packets:
        if kept.read_s > at_s and shown is not None:
            break
        packet = av.Packet(kept.content)
        packet.pts, packet.dts, packet.time_base = kept.pts, kept.dts, kept.format.time_base
        for picture in context.decode(packet):
            shown = picture
    if shown is None:
        for picture in context.decode(None):
            shown = picture
    if shown is None:
        raise ValueError("no picture can be decoded")
    grey_out(shown, masks, orientation)
    shown_width, shown_height = orientation.size(shown.width, shown.height)
    width = min(_PICTURE_WIDTH, shown_width) // 2 * 2
    height = max(2, round(shown_height * width / shown_width) // 2 * 2)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qscale": _JPEG_QUALITY}
    stored_width, stored_height = orientation.size(width, height)
    pixels = orientation.upright(view_pixels(shown, None, stored_height, stored_width))
    scaled = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuvj420p")
    scaled.pts, scaled.time_base = 0, encoder.time_base
    path.write_bytes(b"".join(bytes(each) for each in [*encoder.encode(scaled), *encoder.encode(None)]))


def _timed(packets: Sequence[RingPacket], stream_format: VideoFormat) -> "list[av.Packet[Any]]":
    """Packets whose time begins at 0; one without a time stamp of its own (a camera's first) is as late as it came."""
    tick = float(stream_format.time_base)
    timed: list[av.Packet[Any]] = []
    origin = min((kept.dts if kept.dts is not None else kept.pts or 0) for kept in packets)
    before: int | None = None
    for kept in packets:
        arrived = origin + round((kept.read_s - packets[0].read_s) / tick)
        pts = arrived if kept.pts is None else kept.pts
        dts = min(pts, arrived) if kept.dts is None else kept.dts
        if before is not None and dts <= before:
            dts = before + 1
        before = dts
        packet = av.Packet(kept.content)
        packet.pts, packet.dts = max(pts, dts) - origin, dts - origin
        packet.duration = kept.duration
        packet.time_base = stream_format.time_base
        packet.is_keyframe = kept.key
        timed.append(packet)
    return timed
