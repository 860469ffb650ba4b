"""Records a camera until told to stop: file after file, through cameras that go away, within a bound on disk."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream_trainer.recording.connection import CameraAddress, CameraConnection, CameraGoneError, TimedPacket
from mainstream_trainer.recording.footage_file import SIDECAR, SUFFIX, FootageFile, footage_path

_log = logging.getLogger(__name__)
_MEBIBYTE = 1 << 20
_FIRST_PAUSE_S = 1.0
_LAST_PAUSE_S = 60.0
_NO_KEY_FRAME_SHARE = 1.5
"""of a segment's size: one that finds no key frame by then ends, and what comes before the next one is left out"""
_SAID_AFTER_S = 5.0
"""without a key frame"""
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
class RecordingTally:
    """What came of it so far."""

    frames: int = 0
    skipped_frames: int = 0
    """came before a key frame, so that no file could start with them"""
    files: int = 0
    deleted_files: int = 0
    interruptions: int = 0
    """times that the camera was gone"""
    clock_jumps: int = 0
    """times that the camera's time stamps jumped or stood still; its frames follow on each other"""
    unreadable: int = 0
    """packets that came damaged, and are left out"""
    waiting_s: float = 0.0
    """since the camera sent something, as long as no key frame was among it"""
    last_problem: str | None = None
    seconds: float = field(default=0.0)


class Recorder:
    """One recording; `run` returns when it is over, `stop` ends it from another thread or a signal."""

    def __init__(
        self,
        recording: Recording,
        *,
        on_progress: Callable[[RecordingTally], None] = lambda tally: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._recording = recording
        self._on_progress = on_progress
        self._pause = pause
        self._file: FootageFile | None = None
        self._last_name = ""
        self._waits_since_s: float | None = None
        self._stopped = False
        self._started_s = time.monotonic()
        self.tally = RecordingTally()

    def stop(self) -> None:
        """End after the packet that is next."""
        self._stopped = True

    def run(self) -> RecordingTally:
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
                    if self._recording.address.is_file:
                        raise
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
        jumps, unreadable = self.tally.clock_jumps, self.tally.unreadable
        try:
            for timed in camera.packets():
                if self._over():
                    return
                if camera.clock_jumps + jumps > self.tally.clock_jumps:
                    _log.warning("the camera's time stamps jumped or stood still; its frames follow on each other")
                self.tally.clock_jumps = jumps + camera.clock_jumps
                self._take(camera, timed)
        finally:
            self.tally.unreadable = unreadable + camera.unreadable
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
            template = camera.template(timed.packet) if timed.packet.is_keyframe else None
            if template is None:
                self._skip()
                return
            self._waits_since_s, self.tally.waiting_s = None, 0.0
            self._make_room(int(_NO_KEY_FRAME_SHARE * limit_bytes))
            path = footage_path(self._recording.folder, timed.time_s, self._last_name)
            self._file, self._last_name = FootageFile(path, self._recording.stream, template), path.name
            self.tally.files += 1
        self._file.write(timed)
        self.tally.frames += 1
        self._told()

    def _skip(self) -> None:
        """A frame that no file can start with; a camera is waited for as long as its groups of pictures are."""
        self.tally.skipped_frames += 1
        now_s = time.monotonic()
        if self._waits_since_s is None:
            self._waits_since_s = now_s
        waited_s = now_s - self._waits_since_s
        if waited_s > _SAID_AFTER_S >= self.tally.waiting_s:
            _log.warning(
                "no key frame with its parameter sets for %.0f s; a file starts with the next one. To wait less, "
                "shorten the camera's key frame interval (2 s is usual)",
                waited_s,
            )
        self.tally.waiting_s = waited_s
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
        file, self._file = self._file, None
        if file is not None:
            file.close()

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
