"""One file of footage with its sidecar: Matroska, readable up to the last second whatever happens to the recorder."""

import errno
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError, InvalidDataError

from mainstream.errors import MainstreamError
from mainstream_trainer.recording.connection import CameraGoneError, TimedPacket

SUFFIX = ".mkv"
SIDECAR = ".json"
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLUSTER_MS = "1000"
"""footage that a kill may cost: what was not yet handed to the operating system"""


class RecordingError(MainstreamError):
    """A file could not be written."""


@dataclass
class FootageFile:
    """Takes packets from a key frame on until it is closed."""

    path: Path
    stream: str
    """name or URL without credentials, for the sidecar"""
    template: Any
    """`av.VideoStream` that says what the packets are"""
    _times: list[dict[str, Any]] = field(default_factory=list)
    _frames: int = 0
    _last_s: float = 0.0
    _first_dts: int | None = None

    def __post_init__(self) -> None:
        try:
            self._output = av.open(
                str(self.path),
                "w",
                format="matroska",
                options={"cluster_time_limit": _CLUSTER_MS, "flush_packets": "1"},
            )
            self._track = self._output.add_stream_from_template(self.template)
        except (FFmpegError, OSError) as error:
            self.path.unlink(missing_ok=True)
            raise self._failed(error) from error

    @property
    def bytes(self) -> int:
        """Written so far."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def write(self, timed: TimedPacket) -> None:
        """Append a packet; raises `RecordingError` where the disk is full or gone, `CameraGoneError` where the packet
        is none that a file can hold.
        """
        packet = timed.packet
        if self._first_dts is None:
            self._first_dts = min(packet.dts, packet.pts)
        packet.pts -= self._first_dts
        packet.dts -= self._first_dts
        at_s = float(packet.pts * packet.time_base)
        is_key = packet.is_keyframe
        packet.stream = self._track
        try:
            self._output.mux(packet)
        except (FFmpegError, OSError) as error:
            raise self._failed(error) from error
        self._frames += 1
        self._last_s = timed.time_s
        if is_key:
            self._times.append({"s": round(at_s, 3), "time": _iso(timed.time_s), "camera": timed.camera_time})
            self._write_sidecar(ended=False)

    def close(self) -> None:
        """End the file and its sidecar; one without a frame is taken away. After an error, what is there stays."""
        try:
            self._output.close()
        except (FFmpegError, OSError) as error:
            if self._frames:
                raise self._failed(error) from error
        if self._frames:
            self._write_sidecar(ended=True)
        else:
            self.path.unlink(missing_ok=True)
            self.path.with_suffix(SIDECAR).unlink(missing_ok=True)

    def _write_sidecar(self, *, ended: bool) -> None:
        content = {
            "file": self.path.name,
            "stream": self.stream,
            "codec": self.template.codec_context.name,
            "width": self.template.codec_context.width,
            "height": self.template.codec_context.height,
            "start": self._times[0]["time"] if self._times else None,
            "end": _iso(self._last_s) if ended and self._frames else None,
            "frames": self._frames,
            "bytes": self.bytes,
            # Second `s` of the file was taken at `time`: told by the camera, or the moment of arrival.
            "times": self._times,
        }
        path = self.path.with_suffix(SIDECAR)
        hidden = path.with_name(f".{path.name}")
        try:
            hidden.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
            hidden.replace(path)
        except OSError as error:
            hidden.unlink(missing_ok=True)
            raise self._failed(error) from error

    def _failed(self, error: OSError | FFmpegError) -> MainstreamError:
        """Whose fault it is: a packet's is the camera's, and a disk that is not full is not called so."""
        reason = error.strerror or (os.strerror(error.errno) if error.errno else str(error))
        if error.errno in _DISK_FULL:
            return RecordingError(
                f"cannot be written ({reason}); free some space, or keep less (--keep-mebibytes)", source=self.path
            )
        if error.errno in (None, errno.EINVAL) or isinstance(error, InvalidDataError):
            return CameraGoneError(f"sends what no file can hold ({reason})", source=self.stream)
        return RecordingError(f"cannot be written ({reason}); check the folder (--out) and its disk", source=self.path)


def footage_path(folder: Path, time_s: float, after: str = "") -> Path:
    """Where footage from `time_s` (since 1970) on belongs: names are in order, later than `after`, and never taken."""
    while True:
        started = datetime.fromtimestamp(time_s, UTC)
        path = folder / f"{started:%Y%m%dT%H%M%S}.{started.microsecond // 1000:03d}Z{SUFFIX}"
        if path.name > after and not path.exists():
            return path
        time_s += 0.001


def _iso(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
