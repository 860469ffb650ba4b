"""An RTSP camera whose packets, stamps and session description a test chooses: H.264 over TCP, one viewer at a time."""

import base64
import socket
import struct
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import av

_CLOCK_HZ = 90_000
_MOST_BYTES = 1300
_START_CODES = "h264_mp4toannexb"


@dataclass(frozen=True)
class Picture:
    """One access unit."""

    units: tuple[bytes, ...]
    """NAL units, parameter sets in front of key frames"""
    stamp: int
    """RTP, 90 kHz"""


def pictures_of(clip: Path) -> list[Picture]:
    """The packets of an H.264 file."""
    found = []
    with av.open(str(clip)) as source:
        video = source.streams.video[0]
        to_units = av.bitstream.BitStreamFilterContext(_START_CODES, video)
        for packet in source.demux(video):
            if packet.dts is not None:
                stamp = int(packet.dts * packet.time_base * _CLOCK_HZ)
                content = b"".join(bytes(each) for each in to_units.filter(packet))
                units = [unit.rstrip(b"\0") for unit in content.split(b"\0\0\1")[1:]]
                found.append(Picture(tuple(unit for unit in units if unit), stamp))
    return found


class ScriptedCamera:
    """Sends its pictures to whoever asks, at the pace of their number, then ends the stream."""

    def __init__(self, pictures: Sequence[Picture], *, describes_sets: bool = True, fps: float = 50.0) -> None:
        self._pictures = pictures
        self._describes_sets = describes_sets
        self._interval_s = 1 / fps
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/stream"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                viewer, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(viewer,), daemon=True).start()

    def _talk(self, viewer: socket.socket) -> None:
        with suppress(OSError), viewer, viewer.makefile("rb") as asked:
            while first := asked.readline():
                method = first.split()[0].decode()
                lines = iter(lambda: asked.readline().strip(), b"")
                headers = dict(line.decode().split(": ", 1) for line in lines)
                extra, body = "", ""
                if method == "DESCRIBE":
                    body = self._description()
                    extra = f"Content-Type: application/sdp\r\nContent-Base: {self.url}/\r\n"
                elif method == "SETUP":
                    extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
                elif method == "OPTIONS":
                    extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
                answer = f"RTSP/1.0 200 OK\r\nCSeq: {headers['CSeq']}\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
                viewer.sendall((answer + body).encode())
                if method == "PLAY":
                    self._play(viewer)
                    return

    def _description(self) -> str:
        sets = ""
        if self._describes_sets:
            units = {unit[0] & 0x1F: unit for picture in self._pictures for unit in picture.units}
            sets = ";sprop-parameter-sets=" + ",".join(base64.b64encode(units[kind]).decode() for kind in (7, 8))
        return (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
            f"a=fmtp:96 packetization-mode=1{sets}\r\na=control:stream=0\r\n"
        )

    def _play(self, viewer: socket.socket) -> None:
        sequence = 0
        due_s = time.monotonic()
        for picture in self._pictures:
            due_s += self._interval_s
            time.sleep(max(0.0, due_s - time.monotonic()))
            payloads = [payload for unit in picture.units for payload in _payloads(unit)]
            for number, payload in enumerate(payloads, start=1):
                marked = 96 | (0x80 if number == len(payloads) else 0)
                packet = struct.pack(">BBHII", 0x80, marked, sequence & 0xFFFF, picture.stamp & 0xFFFFFFFF, 1) + payload
                viewer.sendall(b"$" + struct.pack(">BH", 0, len(packet)) + packet)
                sequence += 1


def _payloads(unit: bytes) -> list[bytes]:
    """RFC 6184: one packet, or fragments (FU-A)."""
    if len(unit) <= _MOST_BYTES:
        return [unit]
    indicator, kind, rest = (unit[0] & 0xE0) | 28, unit[0] & 0x1F, unit[1:]
    parts = [rest[at : at + _MOST_BYTES] for at in range(0, len(rest), _MOST_BYTES)]
    return [
        bytes([indicator, kind | (0x80 if index == 0 else 0) | (0x40 if index == len(parts) - 1 else 0)]) + part
        for index, part in enumerate(parts)
    ]
