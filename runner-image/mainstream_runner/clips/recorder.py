"""Makes the picture and the clip of each alert whose app wants them, and keeps them on disk within bounds.

One thread for all cameras. The picture is made at once; for the clip it waits until what comes after the alert has been
read, takes the packets from the camera's ring and writes them as they are. What can't be made costs the file, never the
alert.
"""

import contextlib
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mainstream.messages.forgetting import ForgetOrder
from mainstream.times import stamped
from mainstream_runner.clips.packet_ring import PacketRing, RingPacket
from mainstream_runner.clips.remux import write_clip, write_picture
from mainstream_runner.file_names import app_folder

_log = logging.getLogger(__name__)
_POLL_S = 0.25
_TIDY_S = 60.0
_FORGOTTEN_ORDERS = 64
_WAITING_CLIPS = 64
"""alerts whose files are being waited for; beyond, the oldest get none, which is counted"""

RingOf = Callable[[str], PacketRing | None]
FileIsThere = Callable[[str, str], None]
"""takes the app and the name of the file"""


@dataclass(frozen=True)
class ClipLimits:
    """How long clips are, and how many of them are kept."""

    pre_roll_s: float = 5.0
    post_roll_s: float = 5.0
    longest_alert_s: float = 20.0
    """of an alert that lasts longer, this much of its beginning is shown"""
    total_bytes: int = 256 << 20
    longest_kept_s: float = 7 * 86400.0


@dataclass(frozen=True)
class _Wanted:
    app: str
    stream: str
    file: str
    start_due_s: float
    end_due_s: float | None = None


@dataclass(frozen=True)
class _Object:
    app: str
    file: str
    content: bytes


class ClipRecorder:
    """Learns when an alert opens and closes, and says when its files are there."""

    def __init__(self, folder: Path, ring_of: RingOf, limits: ClipLimits | None = None) -> None:
        self.folder = folder
        self.evicted = 0
        """files that went because of their bounds"""
        self.failed = 0
        """clips and pictures that could not be made"""
        self._ring_of = ring_of
        self._limits = limits or ClipLimits()
        self._file_is_there: FileIsThere = lambda app, name: None
        self._lock = threading.Lock()
        self._pictures: list[_Wanted] = []
        self._objects: list[_Object] = []
        self._clips: dict[str, _Wanted] = {}
        self._forgotten: list[ForgetOrder] = []
        self._discarded: deque[tuple[str, str]] = deque(maxlen=_WAITING_CLIPS)
        """so that a file that is being made is not kept"""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, file_is_there: FileIsThere) -> None:
        """Call this from now on when a file is there."""
        self._file_is_there = file_is_there

    def begin(self, app: str, stream: str, picture: str, clip: str | None, start_due_s: float) -> None:
        """An alert opened at `start_due_s` (monotonic); `clip` is the file's name, where one is wanted."""
        with self._lock:
            self._pictures.append(_Wanted(app, stream, picture, start_due_s))
            if clip is not None:
                self._clips[clip] = _Wanted(app, stream, clip, start_due_s)
            while len(self._clips) > _WAITING_CLIPS:
                self._clips.pop(next(iter(self._clips)))
                self.failed += 1
            while len(self._pictures) > _WAITING_CLIPS:
                self._pictures.pop(0)
                self.failed += 1
            self._start()

    def write(self, app: str, name: str, content: bytes) -> None:
        """Keep an object of the app beside its pictures; it is there once those that were asked for before are."""
        with self._lock:
            self._objects.append(_Object(app, name, content))
            while len(self._objects) > _WAITING_CLIPS:
                self._objects.pop(0)
                self.failed += 1
            self._start()

    def discard(self, app: str, picture: str) -> None:
        """A picture is not wanted any more, made or not."""
        with self._lock:
            self._pictures = [each for each in self._pictures if (each.app, each.file) != (app, picture)]
            self._discarded.append((app, picture))
            (app_folder(self.folder, app) / picture).unlink(missing_ok=True)

    def may_clip(self, stream: str) -> bool:
        """Whether clips are made of a stream: one holds the camera's own packets, in which nothing is masked."""
        ring = self._ring_of(stream)
        return ring is None or not ring.masks

    def end(self, clip: str, end_due_s: float) -> None:
        """An alert closed; its last decision was at `end_due_s` (monotonic)."""
        with self._lock:
            if clip in self._clips:
                self._clips[clip] = replace(self._clips[clip], end_due_s=end_due_s)

    def forget(self, order: ForgetOrder) -> int:
        """Remove an app's files of a span, and make none that was wanted; how many."""
        # Names tell the second: an alert of the first second of the span may be a moment older.
        whole = order.model_copy(update={"from_s": math.floor(order.from_s), "to_s": math.ceil(order.to_s)})
        with self._lock:
            self._forgotten = [*self._forgotten, whole][-_FORGOTTEN_ORDERS:]
            self._objects = [each for each in self._objects if not _is_of(whole, each.app, each.file)]
            wanted = [each for each in (*self._pictures, *self._clips.values()) if _is_of(whole, each.app, each.file)]
            self._pictures = [each for each in self._pictures if each not in wanted]
            self._clips = {name: each for name, each in self._clips.items() if each not in wanted}
        here = app_folder(self.folder, order.app).glob("[0-9]*")
        there = [path for path in here if _is_of(whole, order.app, path.name)]
        for path in there:
            path.unlink(missing_ok=True)
        return len({each.file for each in wanted} | {path.name for path in there})

    def close(self) -> None:
        """Make no more clips."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="clips", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        tidied_s = float("-inf")
        while not self._stopping.wait(_POLL_S):
            if time.monotonic() - tidied_s > _TIDY_S:
                tidied_s = time.monotonic()
                self._make_room()
            self._make_begun()
            for wanted in self._due(time.monotonic()):
                self._make(wanted.app, wanted.file, partial(self._make_clip, wanted))
        self._make_begun()

    def _make_begun(self) -> None:
        """What has not to be waited for."""
        with self._lock:
            pictures, self._pictures = self._pictures, []
            objects, self._objects = self._objects, []
        for wanted in pictures:
            self._make(wanted.app, wanted.file, partial(self._make_picture, wanted))
        for each in objects:
            self._make(each.app, each.file, partial(_write, each.content))

    def _due(self, now_s: float) -> list[_Wanted]:
        with self._lock:
            due = [each for each in self._clips.values() if now_s >= self._until_s(each)]
            for each in due:
                del self._clips[each.file]
            return due

    def _until_s(self, wanted: _Wanted) -> float:
        """Monotonic time of the clip's end; an alert that goes on is shown as far as clips go."""
        longest_s = wanted.start_due_s + self._limits.longest_alert_s
        end_s = longest_s if wanted.end_due_s is None else min(wanted.end_due_s, longest_s)
        return end_s + self._limits.post_roll_s

    def _make(self, app: str, file: str, write: Callable[[Path], None]) -> None:
        """Under another name first: whoever looks for the file finds all of it or nothing."""
        folder = app_folder(self.folder, app)
        unfinished = folder / f".{file}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write(unfinished)
            unfinished.replace(folder / file)
        except Exception as error:
            self.failed += 1
            _log.warning("%s was not made: %s", file, type(error).__name__)
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            return
        with self._lock:
            if (app, file) in self._discarded or any(_is_of(order, app, file) for order in self._forgotten):
                (folder / file).unlink(missing_ok=True)
                return
        self._file_is_there(app, file)
        self._make_room()

    def _make_picture(self, wanted: _Wanted, path: Path) -> None:
        ring, packets = self._packets(wanted.stream, wanted.start_due_s, wanted.start_due_s + _POLL_S)
        write_picture(packets, ring.orientation, wanted.start_due_s, path, ring.masks)

    def _make_clip(self, wanted: _Wanted, path: Path) -> None:
        start_s = wanted.start_due_s - self._limits.pre_roll_s
        ring, packets = self._packets(wanted.stream, start_s, self._until_s(wanted))
        if ring.masks:
            raise ValueError("a clip holds the camera's own packets, in which nothing is masked")
        write_clip(packets, ring.orientation, path)

    def _packets(self, stream: str, start_s: float, until_s: float) -> tuple[PacketRing, list[RingPacket]]:
        ring = self._ring_of(stream)
        packets = [] if ring is None else ring.between(start_s, until_s)
        if ring is None or not packets:
            raise ValueError("the camera's packets are gone")
        return ring, packets

    def _make_room(self) -> None:
        """Let the oldest go, beyond what may be kept."""
        files = []
        for path in self.folder.glob("*/[0-9]*"):
            # Pictures are discarded, and files forgotten, by other threads meanwhile.
            with contextlib.suppress(FileNotFoundError):
                known = path.stat()
                files.append((known.st_mtime, known.st_size, path))
        total = sum(size for _, size, _ in files)
        oldest_s = time.time() - self._limits.longest_kept_s
        for written_s, size, path in sorted(files):
            if total <= self._limits.total_bytes and written_s >= oldest_s:
                return
            total -= size
            path.unlink(missing_ok=True)
            self.evicted += 1


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _is_of(order: ForgetOrder, app: str, name: str) -> bool:
    return app == order.app and order.covers(stamped(name))
