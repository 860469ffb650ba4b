"""Frames between scaling and the engine: a bounded queue a view, from which the oldest go when the engine is late."""

import threading
from collections import deque
from dataclasses import dataclass

from mainstream_runner.due_frame import DueFrame

WAITING_FRAMES = 8
"""of one view: bounds memory and how late an event can be told"""
BATCH_FRAMES = 32
"""of all views in one request"""


@dataclass(frozen=True)
class WaitingFrame:
    """A due frame and when it was captured."""

    due: DueFrame
    index: int
    """number of the frame in its stream"""
    captured_s: float
    """time of the frame as events tell it: position in a file, wall clock of a camera"""


class WaitingFrames:
    """Never blocks who puts; who takes waits for a bounded time."""

    def __init__(self, views: int) -> None:
        self._changed = threading.Condition()
        self._by_view: list[deque[WaitingFrame]] = [deque() for _ in range(views)]

    def put(self, frame: WaitingFrame) -> WaitingFrame | None:
        """Add a frame; returns the view's oldest if it had to go for it."""
        with self._changed:
            queue = self._by_view[frame.due.view]
            displaced = queue.popleft() if len(queue) >= WAITING_FRAMES else None
            queue.append(frame)
            self._changed.notify()
            return displaced

    def take(self, timeout_s: float) -> list[WaitingFrame]:
        """What waits, oldest first within a view, the views in turn; empty if nothing came within `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: any(self._by_view), timeout_s)
            taken: list[WaitingFrame] = []
            while len(taken) < BATCH_FRAMES and any(self._by_view):
                taken += [queue.popleft() for queue in self._by_view if queue]
            return taken
