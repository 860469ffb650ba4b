"""Every analysed frame of a run, as JSON lines: what F1 is measured from."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any


class FramesFile:
    """One file; opened empty, one line a record, flushed with every batch."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = path.open("w", encoding="utf-8")

    def write(self, records: Iterable[dict[str, Any]]) -> None:
        """Append records and flush them."""
        self._file.writelines(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
        self._file.flush()

    def close(self) -> None:
        """Flush and close."""
        self._file.close()
