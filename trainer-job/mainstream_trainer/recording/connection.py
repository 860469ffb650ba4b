"""A camera's packets as they arrive, each with the wall-clock time of its picture."""

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import av
from av.error import EOFError as AvEOFError
from av.error import FFmpegError

from mainstream.errors import InvalidInputError, MainstreamError

_OPTIONS = {
    "rtsp_transport": "tcp",
    "fpsprobesize": "0",
    "analyzeduration": "100000",
    "probesize": "32768",
}
_OPEN_TIMEOUT_S = 10.0
_SILENCE_S = 10.0
_OLDEST_CLOCK_S = 1_577_836_800.0
"""2020; a camera that tells an earlier time has a clock that was never set, and is not believed"""
_PRODUCER_TIME = struct.Struct("<q")
"""microseconds since 1970, as libavformat works it out from RTCP sender reports"""


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
        try:
            self._container = av.open(
                address.opened(),
                options={} if address.is_file else dict(_OPTIONS),
                timeout=(_OPEN_TIMEOUT_S, _SILENCE_S),
            )
        except FFmpegError as error:  # its text may hold the URL with the password
            if address.is_file:
                raise InvalidInputError(f"cannot be opened ({error.strerror})", source=address.url) from None
            raise CameraGoneError(f"does not answer ({error.strerror})", source=address.url) from None
        if not self._container.streams.video:
            self._container.close()
            raise InvalidInputError("sends no video", source=address.url)
        self.video = self._container.streams.video[0]

    def packets(self) -> Iterator[TimedPacket]:
        """Until the stream ends; those without a time stamp are left out, as a recorder can't place them."""
        offset_s: float | None = None
        first: tuple[float, float] | None = None
        try:
            for packet in self._container.demux(self.video):
                if packet.pts is None or packet.dts is None or packet.size == 0:
                    continue
                at_s = float(packet.pts * packet.time_base)
                if packet.has_sidedata("prft"):
                    (told_us,) = _PRODUCER_TIME.unpack_from(bytes(packet.get_sidedata("prft")))
                    if told_us / 1e6 > _OLDEST_CLOCK_S:
                        offset_s = told_us / 1e6 - at_s
                first = first or (at_s, time.time())
                # A clip comes faster than real time: its pictures follow the first one by their own times.
                arrived_s = first[1] + at_s - first[0] if self._address.is_file else time.time()
                told = offset_s is not None
                yield TimedPacket(packet, offset_s + at_s if offset_s is not None else arrived_s, told)
        except AvEOFError:
            pass
        except FFmpegError as error:
            raise CameraGoneError(f"broke off ({error.strerror})", source=self._address.url) from None
        if not self._address.is_file:
            raise CameraGoneError("ended its stream", source=self._address.url)

    def close(self) -> None:
        """Hang up."""
        self._container.close()
