"""Every analysed frame of a run, as JSON lines: what F1 is measured from."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class AnalysedFrame:
    """One frame that one app analysed; a line of the file has the same fields in the same order."""

    app: str
    frame: int
    """its number in the stream"""
    captured_s: float
    score: float
    hit: bool
    decision: bool
    """whether it completed a run of as many hits as the app has votes"""


class FramesFile:
    """One file; opened empty, one line a frame and app, flushed with every batch."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = path.open("w", encoding="utf-8")

    def write(self, frames: Iterable[AnalysedFrame]) -> None:
        """Append frames and flush them."""
        self._file.writelines(json.dumps(vars(each), separators=(",", ":")) + "\n" for each in frames)
        self._file.flush()

    def close(self) -> None:
        """Flush and close."""
        self._file.close()
