"""A durable queue on disk in front of one destination: what was put arrives at least once, whatever happens between.

One file a record, written beside its name and renamed, so that it is there whole or not at all. Bounded: when full, the
oldest goes and is counted. One thread delivers in order; a destination that fails is tried again later and later.
"""

import contextlib
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

_log = logging.getLogger(__name__)
_LIMIT = 10_000
_BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

Deliver = Callable[[bytes], str | None]
"""hands one record over; None, or why that failed"""


class Spool:
    """Records for one destination, oldest first."""

    def __init__(self, folder: Path, deliver: Deliver, limit: int = _LIMIT) -> None:
        self._folder = folder
        self._deliver = deliver
        self._limit = limit
        self.lost = 0
        self.problem: str | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self._numbers = deque(sorted(int(path.stem) for path in folder.glob("[0-9]*.json")))
        self._next = self._numbers[-1] + 1 if self._numbers else 0
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        threading.Thread(target=self._run, name=f"spool-{folder.name}", daemon=True).start()

    def __len__(self) -> int:
        return len(self._numbers)

    def put(self, record: bytes) -> None:
        """Keep a record until it was delivered; raises `OSError` where the disk won't."""
        hidden = self._folder / ".next"
        with self._changed:
            with hidden.open("wb") as file:
                file.write(record)
                file.flush()
                os.fsync(file.fileno())
            hidden.replace(self._path(self._next))
            self._numbers.append(self._next)
            self._next += 1
            while len(self._numbers) > self._limit:
                self._path(self._numbers.popleft()).unlink(missing_ok=True)
                self.lost += 1
            self._changed.notify()

    def close(self) -> None:
        """Deliver nothing more after the record in flight; what waits stays on disk. Does not wait."""
        self._stopping.set()
        with self._changed:
            self._changed.notify()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            with self._changed:
                self._changed.wait_for(lambda: bool(self._numbers) or self._stopping.is_set(), timeout=1.0)
                number = self._numbers[0] if self._numbers else None
            if number is None or self._stopping.is_set():
                continue
            self.problem = self._attempt(number)
            if self.problem is None:
                failures = 0
                continue
            failures += 1
            self._stopping.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S)) - 1])

    def _attempt(self, number: int) -> str | None:
        path = self._path(number)
        try:
            record = path.read_bytes()
        except OSError:
            # Pushed out because the spool was full, or lost with the disk.
            record = None
        problem = None if record is None else self._deliver(record)
        if problem is None:
            with self._changed, contextlib.suppress(ValueError):
                self._numbers.remove(number)
            path.unlink(missing_ok=True)
        return problem

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:016d}.json"
