"""Frames between scaling and the engine, over changes of plan: a bounded queue a view, the oldest dropped when late."""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream_runner.feeder.waiting import BATCH_FRAMES
from mainstream_runner.pod.routing import ViewKey

WAITING_FRAMES = 20
"""of one view: enough for what a change of plan or a busy box takes, little enough for memory"""


@dataclass(frozen=True)
class LiveFrame:
    """A due frame of a view."""

    key: ViewKey
    pixels: NDArray[np.uint8]
    apps: tuple[str, ...]
    captured_s: float
    """wall clock"""


class LiveQueue:
    """Never blocks who puts; who takes waits for a bounded time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._by_view: dict[ViewKey, deque[LiveFrame]] = {}

    def put(self, frame: LiveFrame) -> LiveFrame | None:
        """Add a frame; the view's oldest if it had to go for it."""
        with self._changed:
            queue = self._by_view.setdefault(frame.key, deque())
            displaced = queue.popleft() if len(queue) >= WAITING_FRAMES else None
            queue.append(frame)
            self._changed.notify()
            return displaced

    def take(self, timeout_s: float) -> list[LiveFrame]:
        """What waits, oldest first within a view, the views in turn; empty if nothing came within `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: any(self._by_view.values()), timeout_s)
            taken: list[LiveFrame] = []
            while len(taken) < BATCH_FRAMES and any(self._by_view.values()):
                taken += [queue.popleft() for queue in self._by_view.values() if queue]
            self._by_view = {key: queue for key, queue in self._by_view.items() if queue}
            return taken
