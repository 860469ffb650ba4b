"""Records a camera until told to stop: segment after segment, through cameras that go away, within a bound on disk."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream_trainer.recording.connection import CameraAddress, CameraConnection, CameraGoneError, TimedPacket
from mainstream_trainer.recording.footage_file import SIDECAR, SUFFIX, FootageFile

_log = logging.getLogger(__name__)
_MEBIBYTE = 1 << 20
_FIRST_PAUSE_S = 1.0
_LAST_PAUSE_S = 60.0
_NO_KEY_FRAME_SHARE = 1.5
"""of a segment's size: one that finds no key frame by then ends, and what comes before the next one is left out"""
MAX_FILES = 2000
"""that are kept, whatever their size: a camera that comes and goes makes many small ones"""


@dataclass(frozen=True)
class Recording:
    """What is asked for."""

    address: CameraAddress
    stream: str
    """for the sidecars"""
    folder: Path
    duration_s: float | None = None
    segment_mebibytes: float = 64.0
    keep_mebibytes: float = 4096.0

    def __post_init__(self) -> None:
        if self.segment_mebibytes <= 0:
            raise InvalidInputError("must be more than 0", field="--segment-mebibytes")
        if self.keep_mebibytes < 2 * self.segment_mebibytes:
            raise InvalidInputError(
                f"must hold two segments at least: {2 * self.segment_mebibytes:g}", field="--keep-mebibytes"
            )


@dataclass
class Tally:
    """What came of it so far."""

    frames: int = 0
    skipped_frames: int = 0
    """came before a key frame, so that no file could start with them"""
    files: int = 0
    deleted_files: int = 0
    interruptions: int = 0
    """times that the camera was gone"""
    last_problem: str | None = None
    seconds: float = field(default=0.0)


class Recorder:
    """One recording; `run` returns when it is over, `stop` ends it from another thread or a signal."""

    def __init__(
        self,
        recording: Recording,
        *,
        on_progress: Callable[[Tally], None] = lambda tally: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._recording = recording
        self._on_progress = on_progress
        self._pause = pause
        self._file: FootageFile | None = None
        self._stopped = False
        self._started_s = time.monotonic()
        self.tally = Tally()

    def stop(self) -> None:
        """End after the packet that is next."""
        self._stopped = True

    def run(self) -> Tally:
        """Record until the duration is over, a clip ends, or `stop`; raises `MainstreamError` where it can't go on."""
        self._recording.folder.mkdir(parents=True, exist_ok=True)
        pause_s = _FIRST_PAUSE_S
        try:
            while not self._over():
                before = self.tally.frames
                try:
                    self._record_connection()
                    break
                except CameraGoneError as error:
                    self._interrupted(error)
                if self.tally.frames > before:
                    pause_s = _FIRST_PAUSE_S
                self._wait(pause_s)
                pause_s = min(2 * pause_s, _LAST_PAUSE_S)
        finally:
            self._end_file()
        return self.tally

    def _record_connection(self) -> None:
        camera = CameraConnection(self._recording.address)
        try:
            for timed in camera.packets():
                if self._over():
                    return
                self._take(camera, timed)
        finally:
            self._end_file()
            camera.close()

    def _take(self, camera: CameraConnection, timed: TimedPacket) -> None:
        limit_bytes = self._recording.segment_mebibytes * _MEBIBYTE
        if self._file is not None:
            size_bytes = self._file.bytes
            full = size_bytes >= limit_bytes and timed.packet.is_keyframe
            if full or size_bytes >= _NO_KEY_FRAME_SHARE * limit_bytes:
                self._end_file()
        if self._file is None:
            if not timed.packet.is_keyframe:
                self.tally.skipped_frames += 1
                return
            self._make_room(int(_NO_KEY_FRAME_SHARE * limit_bytes))
            self._file = FootageFile.start(self._recording.folder, self._recording.stream, camera.video, timed)
            self.tally.files += 1
        self._file.write(timed)
        self.tally.frames += 1
        self._told()

    def _make_room(self, needed_bytes: int) -> None:
        """Delete the oldest files until one more fits into what may be kept."""
        sizes: list[tuple[Path, int]] = []
        for path in sorted(self._recording.folder.glob(f"*{SUFFIX}")):
            with suppress(OSError):
                sizes.append((path, path.stat().st_size))
        total_bytes = sum(size for _, size in sizes)
        while sizes and (
            total_bytes + needed_bytes > self._recording.keep_mebibytes * _MEBIBYTE or len(sizes) >= MAX_FILES
        ):
            path, size = sizes.pop(0)
            path.unlink(missing_ok=True)
            path.with_suffix(SIDECAR).unlink(missing_ok=True)
            total_bytes -= size
            self.tally.deleted_files += 1

    def _end_file(self) -> None:
        segment, self._file = self._file, None
        if segment is not None:
            segment.close()

    def _interrupted(self, error: CameraGoneError) -> None:
        self.tally.interruptions += 1
        self.tally.last_problem = error.message
        _log.warning("%s; interruption %d", error, self.tally.interruptions)
        self._told()

    def _wait(self, pause_s: float) -> None:
        end_s = time.monotonic() + pause_s
        while not self._over() and time.monotonic() < end_s:
            self._pause(min(0.2, pause_s))

    def _over(self) -> bool:
        duration_s = self._recording.duration_s
        return self._stopped or (duration_s is not None and time.monotonic() - self._started_s >= duration_s)

    def _told(self) -> None:
        self.tally.seconds = time.monotonic() - self._started_s
        self._on_progress(self.tally)
