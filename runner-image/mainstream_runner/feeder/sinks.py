"""Where events and scored frames go: JSON lines in files of the run's folder, flushed with every batch."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from mainstream.errors import InvalidInputError
from mainstream.runner_plan import RunnerApp


class JsonLines:
    """One file of JSON lines; opened empty, one line a record."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = path.open("w", encoding="utf-8")

    def write(self, records: Iterable[dict[str, Any]]) -> None:
        """Append records and flush them."""
        for record in records:
            self._file.write(json.dumps(record, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Flush and close."""
        self._file.close()


class EventSinks:
    """The sinks of every app; an app that names none writes to `<app>.jsonl`."""

    def __init__(self, folder: Path, apps: Iterable[RunnerApp]) -> None:
        self._files: dict[Path, JsonLines] = {}
        self._by_app: dict[str, list[JsonLines]] = {}
        for app in apps:
            named = [sink.json_lines.path for sink in app.sinks if sink.json_lines is not None]
            names = named or [f"{app.name.replace('/', '.')}.jsonl"]
            paths = {_below(folder, name, app.name) for name in names}
            for path in paths - self._files.keys():
                self._files[path] = JsonLines(path)
            self._by_app[app.name] = [self._files[path] for path in sorted(paths)]

    def write(self, app: str, records: list[dict[str, Any]]) -> None:
        """Hand an app's records to each of its sinks."""
        for file in self._by_app[app]:
            file.write(records)

    def close(self) -> None:
        """Flush and close every file."""
        for file in self._files.values():
            file.close()


def _below(folder: Path, name: str, app: str) -> Path:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InvalidInputError(
            f"{name!r} leads out of the event folder; name a file below it", field=f"apps[{app}].sinks.jsonLines.path"
        )
    return path
