"""Progress as JSON lines, for whoever reads the log of a Job: one line whenever a step is a tenth further."""

import json
import sys
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from mainstream_trainer.request import Progress

_STEPS_TOLD = 10


class ProgressLines:
    """Writes progress to standard output; may be called from several threads."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}
        self._lock = Lock()

    def __call__(self, progress: Progress) -> None:
        """Tell a step when it is a tenth further."""
        tenth = int(progress.share * _STEPS_TOLD)
        with self._lock:
            if self._told.get(progress.step, -1) >= tenth:
                return
            self._told[progress.step] = tenth
        self.tell(step=progress.step, detail=progress.detail, share=round(progress.share, 3))

    def tell(self, **fields: Any) -> None:
        """Write one line."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **fields}
        with self._lock:
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
