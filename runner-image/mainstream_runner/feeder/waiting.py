"""Frames between scaling and the engine, over changes of plan: a bounded queue a view, the oldest dropped when late."""

import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream_runner.feeder.routing import Routing, ViewKey

WAITING_FRAMES = 20
"""of one view: enough for what a change of plan or a busy box takes, little enough for memory"""
BATCH_FRAMES = 32
"""of all views in one request"""


@dataclass(frozen=True, eq=False)
class WaitingFrame:
    """A due frame of a view."""

    key: ViewKey
    pixels: NDArray[np.uint8]
    """(height, width, 3), RGB"""
    apps: tuple[str, ...]
    index: int
    """number of the frame in its stream"""
    captured_s: float
    """time as events tell it"""
    due_s: float
    """monotonic"""
    routing: Routing
    """of the plan that it was scaled for"""


class WaitingFrames:
    """Never blocks who puts; who takes waits for a bounded time, and says when it is done with what it took."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._by_view: dict[ViewKey, deque[WaitingFrame]] = {}
        self._taken = 0

    def put(self, frame: WaitingFrame) -> WaitingFrame | None:
        """Add a frame; the view's oldest if it had to go for it."""
        with self._changed:
            queue = self._by_view.setdefault(frame.key, deque())
            displaced = queue.popleft() if len(queue) >= WAITING_FRAMES else None
            queue.append(frame)
            self._changed.notify()
            return displaced

    def take(self, timeout_s: float) -> list[WaitingFrame]:
        """What waits, oldest first within a view, the views in turn; empty if nothing came within `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: any(self._by_view.values()), timeout_s)
            taken: list[WaitingFrame] = []
            while len(taken) < BATCH_FRAMES and any(self._by_view.values()):
                taken += [queue.popleft() for queue in self._by_view.values() if queue]
            self._by_view = {key: queue for key, queue in self._by_view.items() if queue}
            self._taken = len(taken)
            return taken

    def done(self) -> None:
        """What was taken last is accounted for."""
        with self._changed:
            self._taken = 0

    def __len__(self) -> int:
        """Frames that wait, or were taken and are not done."""
        with self._changed:
            return self._taken + sum(len(queue) for queue in self._by_view.values())
