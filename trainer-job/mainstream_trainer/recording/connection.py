"""A camera's packets as they arrive, each with the wall-clock time of its picture."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import av
from av.error import EOFError as AvEOFError
from av.error import FFmpegError

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.footage.camera_failure import camera_failure
from mainstream.footage.producer_time import ProducerTime
from mainstream.footage.reading import RTSP_OPTIONS, best_video, read_packets, stamp_clock, stamped

_OPEN_TIMEOUT_S = 10.0
_SILENCE_S = 10.0
_RAW_FORMATS = {"h264": "h264", "hevc": "hevc"}
"""by codec: the format of its bare packets"""


class CameraGoneError(MainstreamError):
    """The camera does not answer, ended its stream, or is silent: worth trying again."""


@dataclass(frozen=True)
class CameraAddress:
    """Where a camera is, and who asks."""

    url: str
    """rtsp or rtsps without user and password, or file: for a clip"""
    username: str | None = None
    password: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("rtsp", "rtsps", "file"):
            raise InvalidInputError("must start with rtsp://, rtsps:// or file:", field="STREAM")
        if "@" in parts.netloc:
            raise InvalidInputError(
                "holds user or password, which process lists would show; give --user and --password-file",
                field="STREAM",
            )
        if (self.username is None) != (self.password is None):
            raise InvalidInputError("give both user and password, or neither", field="--user")

    def __repr__(self) -> str:
        """Nothing secret."""
        return f"CameraAddress({self.url!r})"

    @property
    def is_file(self) -> bool:
        """Whether it is a clip, which ends."""
        return self.url.startswith("file:")

    def opened(self) -> str:
        """What libavformat opens; holds the password."""
        if self.is_file:
            return self.url.removeprefix("file:")
        if self.username is None or self.password is None:
            return self.url
        scheme, rest = self.url.split("://", 1)
        return f"{scheme}://{quote(self.username, safe='')}:{quote(self.password, safe='')}@{rest}"


@dataclass(frozen=True)
class TimedPacket:
    """A packet, and when its picture was taken."""

    packet: Any
    """`av.Packet`, with pts and dts"""
    time_s: float
    """since 1970"""
    camera_time: bool
    """told by the camera (RTCP sender reports), not the moment of arrival"""


class CameraConnection:
    """One connection; raises `CameraGoneError` where there is none."""

    def __init__(self, address: CameraAddress) -> None:
        self._address = address
        self.unreadable = 0
        """packets that came damaged, and are left out"""
        try:
            self._container = av.open(
                address.opened(),
                options={} if address.is_file else dict(RTSP_OPTIONS),
                timeout=(_OPEN_TIMEOUT_S, _SILENCE_S),
            )
        except FFmpegError as error:  # its text may hold the URL with the password
            if address.is_file:
                raise InvalidInputError(f"cannot be opened ({error.strerror})", source=address.url) from None
            why = camera_failure(error) or f"does not answer ({error.strerror})"
            raise CameraGoneError(why, source=address.url) from None
        video = best_video(self._container)
        if video is None:
            self._container.close()
            raise InvalidInputError("sends no video", source=address.url)
        self.video = video
        self._clock = stamp_clock(video)
        self._template: Any = None

    @property
    def clock_jumps(self) -> int:
        """Times that the camera's stamps jumped or stood still; its packets follow on each other."""
        return self._clock.jumps

    def template(self, key: Any) -> Any:
        """An `av.VideoStream` that says all that a file has to say of the packets; None where nobody knows yet.

        A camera that leaves its parameter sets out of the description of its stream sends them with `key` frames.
        """
        if self.video.codec_context.width:
            return self.video
        if self._template is None:
            raw = _RAW_FORMATS.get(self.video.codec_context.name)
            try:
                # Held open as long as the connection: the stream belongs to it.
                self._alone = av.open(io.BytesIO(bytes(key)), "r", format=raw)
            except FFmpegError:
                return None
            found = best_video(self._alone)
            self._template = found if found is not None and found.codec_context.width else None
        return self._template

    def packets(self) -> Iterator[TimedPacket]:
        """Until the stream ends, with their stamps on a time line that only goes forward."""
        producer = ProducerTime()
        first: tuple[float, float] | None = None
        try:
            for packet in stamped(read_packets(self._container, self.video, self._note_unreadable), self._clock):
                if packet.dts is None:
                    continue
                packet.pts = packet.dts if packet.pts is None else packet.pts
                at_s = float(packet.pts * packet.time_base)
                producer.note(packet)
                first = first or (at_s, time.time())
                # A clip comes faster than real time: its pictures follow the first one by their own times.
                arrived_s = first[1] + at_s - first[0] if self._address.is_file else time.time()
                told_s = producer.of(at_s)
                yield TimedPacket(packet, arrived_s if told_s is None else told_s, told_s is not None)
        except AvEOFError:
            pass
        except FFmpegError as error:
            if self._address.is_file:
                raise InvalidInputError(f"breaks off ({error.strerror})", source=self._address.url) from None
            raise CameraGoneError(f"broke off ({error.strerror})", source=self._address.url) from None
        if not self._address.is_file:
            raise CameraGoneError("ended its stream", source=self._address.url)

    def close(self) -> None:
        """Hang up."""
        self._container.close()

    def _note_unreadable(self) -> None:
        self.unreadable += 1
