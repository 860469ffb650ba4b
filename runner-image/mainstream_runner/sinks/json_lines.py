"""Alerts as JSON lines in files below one folder, each app's in a folder of its own; bounded by rolling."""

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.api.sinks.sink import JsonLinesSink
from mainstream.errors import InvalidInputError
from mainstream.messages.alert import decode_alert
from mainstream.messages.forgetting import ForgetOrder
from mainstream_runner.file_names import app_folder
from mainstream_runner.sinks.destination import AppSink, RefusedError, Route
from mainstream_runner.spool.spool import Record

_FILE_BYTES = 16 << 20
"""of one file; then it becomes the one before, and a new one begins"""


@dataclass(frozen=True)
class AlertFiles:
    """Where files of alerts lie."""

    folder: Path
    single_run: bool = False
    """files of one run: apps share the folder, every app has a file, and each begins empty"""
    lock: threading.Lock = field(default_factory=threading.Lock, compare=False)
    """held while a file is written"""

    def path(self, app: str, name: str) -> Path:
        """The file `name` of an app; raises `InvalidInputError` where it leads out of its folder."""
        return below(self._folder_of(app), name, app)

    def forget(self, order: ForgetOrder) -> int:
        """Write files of an app anew, without alerts of a span; how many lines went. Raises `OSError`."""
        folder, gone = self._folder_of(order.app), 0
        with self.lock:
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                if path.is_file() and not path.is_symlink():
                    lines = path.read_bytes().splitlines(keepends=True)
                    kept = [line for line in lines if not _is_of(order, line)]
                    if len(kept) < len(lines):
                        unfinished = path.with_name(f".{path.name}.forgetting")
                        unfinished.write_bytes(b"".join(kept))
                        unfinished.replace(path)
                        gone += len(lines) - len(kept)
        return gone

    def _folder_of(self, app: str) -> Path:
        return self.folder if self.single_run else app_folder(self.folder, app)


def _is_of(order: ForgetOrder, line: bytes) -> bool:
    try:
        message = decode_alert(line)
    except ValueError:
        return False
    return message.app == order.app and order.covers(message.start_s)


def json_lines_route(sink: JsonLinesSink, app: str, files: AlertFiles) -> Route:
    """All files have one courier; raises `InvalidInputError` where the file leads out of its folder."""
    files.path(app, sink.path)
    return Route("files", lambda: JsonLinesFiles(files))


class JsonLinesFiles:
    """Appends each record to its sink's file."""

    def __init__(self, files: AlertFiles) -> None:
        self._files = files
        self._paths: dict[str, Path] = {}

    def serve(self, sinks: Sequence[AppSink]) -> None:
        """Write files of these sinks."""
        paths = {
            each.name: self._files.path(each.app, each.sink.path)
            for each in sinks
            if isinstance(each.sink, JsonLinesSink)
        }
        for path in set(paths.values()) - set(self._paths.values()) if self._files.single_run else ():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        self._paths = paths

    def deliver(self, record: Record) -> str | None:
        """Append one line, on the disk before it counts."""
        path = self._paths.get(record.sink)
        if path is None:
            raise RefusedError("nobody names the file any more")
        try:
            with self._files.lock:
                path.parent.mkdir(parents=True, exist_ok=True)
                if path.exists() and path.stat().st_size > _FILE_BYTES:
                    path.replace(path.with_name(f"{path.name}.1"))
                self._append(path, record.body + b"\n")
        except OSError as error:
            return f"the file of alerts can't be written ({error.strerror})"
        return None

    def close(self, *, gone: bool) -> None:
        """Nothing stays open."""

    def _append(self, path: Path, line: bytes) -> None:
        with path.open("ab") as file:
            start = file.tell()
            try:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                # Half a line would spoil the next one.
                os.ftruncate(file.fileno(), start)
                raise


def below(folder: Path, name: str, app: str) -> Path:
    """The file `name` below `folder`; raises `InvalidInputError` where it leads out of it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InvalidInputError(
            f"{name!r} leads out of the event folder; name a file below it", field=f"apps[{app}].sinks.jsonLines.path"
        )
    return path
