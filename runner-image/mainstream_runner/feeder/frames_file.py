"""Every analysed frame of a run, as JSON lines: what F1 is measured from."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from mainstream_runner.analysed_frame import AnalysedFrame


class FramesFile:
    """One file; opened empty, one line a frame and app, flushed with every batch."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = path.open("w", encoding="utf-8")

    def write(self, frames: Iterable[AnalysedFrame]) -> None:
        """Append frames and flush them."""
        self._file.writelines(_line(each) for each in frames)
        self._file.flush()

    def close(self) -> None:
        """Flush and close."""
        self._file.close()


def _line(frame: AnalysedFrame) -> str:
    """All of it but the monotonic clock, which means nothing to anybody else."""
    told = {name: value for name, value in vars(frame).items() if name != "due_s"}
    return json.dumps(told, separators=(",", ":")) + "\n"
