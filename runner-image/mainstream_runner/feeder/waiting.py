"""Frames between scaling and the engine, over changes of plan: a bounded queue a view, the oldest dropped when late.

Several may ask the engine at once: each takes one request, and accounts for it once those taken before are accounted
for. So decisions fall in the order in which frames came, whoever is answered first.
"""

import threading
from collections import deque
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream_runner.feeder.routing import Routing, ViewKey

WAITING_FRAMES = 20
"""of one view: enough for what a change of plan or a busy box takes, little enough for memory"""
BATCH_FRAMES = 32
"""of all views in one request"""
_TURN_TIMEOUT_S = 60.0
"""longer than a request may take; whoever hangs for as long holds up nobody any more"""


@dataclass(frozen=True, eq=False)
class WaitingFrame:
    """A due frame of a view."""

    key: ViewKey
    pixels: NDArray[np.uint8]
    """(height, width, 3), RGB"""
    apps: tuple[str, ...]
    """that are due"""
    index: int
    """number of the frame in its stream"""
    captured_s: float
    """time as events tell it"""
    due_s: float
    """monotonic"""
    routing: Routing
    """of the plan that it was scaled for"""
    look: int
    """its number among those of its view that somebody was due on"""
    stands_on: Mapping[str, int]
    """of apps that do not run on it: the look before, after which nothing has changed, and whose scores stand"""

    @property
    def running(self) -> tuple[str, ...]:
        """The apps that run on it."""
        if not self.stands_on:
            return self.apps
        return tuple(app for app in self.apps if app not in self.stands_on)


@dataclass(frozen=True)
class Taken:
    """One request's frames: all of one plan, and one alone where that shares nothing, so that each app pays for its
    own way to the engine."""

    number: int
    frames: tuple[WaitingFrame, ...]


class WaitingFrames:
    """Never blocks who puts; who takes waits for a bounded time, and has its turn to account for what it took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Lock()
        """held while nothing waits, let go for whoever takes next; a condition makes a lock and a dozen calls for it"""
        self._wake.acquire()
        self._accounted = threading.Condition(self._lock)
        self._by_view: dict[ViewKey, deque[WaitingFrame]] = {}
        self._taken: dict[int, int] = {}
        """frames of what was taken and is not accounted for, by number"""
        self._number = 0

    def put(self, frame: WaitingFrame) -> WaitingFrame | None:
        """Add a frame; the view's oldest if it had to go for it."""
        with self._lock:
            queue = self._by_view.get(frame.key)
            if queue is None:
                queue = self._by_view[frame.key] = deque()
            displaced = queue.popleft() if len(queue) >= WAITING_FRAMES else None
            queue.append(frame)
            self._wake_one()
            return displaced

    def take(self, timeout_s: float) -> Taken | None:
        """What waits, oldest first within a view, the views in turn; None if nothing came within `timeout_s`.

        `turn` must follow.
        """
        taken = self._take()
        if taken is None and self._wake.acquire(timeout=timeout_s):
            # Where another one was faster, whoever asks again waits again.
            taken = self._take()
        return taken

    def turn(self, taken: Taken) -> AbstractContextManager[None]:
        """Wait until what was taken before is accounted for; on leaving, so is this."""
        return _Turn(self, taken)

    def __len__(self) -> int:
        """Frames that wait, or were taken and are not accounted for."""
        with self._lock:
            return sum(self._taken.values()) + sum(len(queue) for queue in self._by_view.values())

    def _take(self) -> Taken | None:
        with self._lock:
            if not self._by_view:
                return None
            self._number += 1
            taken = Taken(self._number, self._pop_request())
            self._taken[taken.number] = len(taken.frames)
            if self._by_view:
                self._wake_one()
            return taken

    def _wake_one(self) -> None:
        if self._wake.locked():
            self._wake.release()

    def _await(self, taken: Taken) -> None:
        with self._lock:
            if len(self._taken) > 1:
                self._accounted.wait_for(lambda: min(self._taken) == taken.number, _TURN_TIMEOUT_S)

    def _account_for(self, taken: Taken) -> None:
        with self._lock:
            del self._taken[taken.number]
            if self._taken:
                self._accounted.notify_all()

    def _pop_request(self) -> tuple[WaitingFrame, ...]:
        routing = next(iter(self._by_view.values()))[0].routing
        most = BATCH_FRAMES if routing.plan.sharing else 1
        popped: list[WaitingFrame] = []
        while len(popped) < most:
            keys = [key for key, queue in self._by_view.items() if queue[0].routing is routing]
            for key in keys[: most - len(popped)]:
                queue = self._by_view.pop(key)
                popped.append(queue.popleft())
                if queue:
                    # Behind the others, which come first next time.
                    self._by_view[key] = queue
            if not keys or not self._by_view:
                break
        return tuple(popped)


class _Turn(AbstractContextManager[None]):
    """Not a generator: with every request, one costs more than what it does."""

    def __init__(self, queue: WaitingFrames, taken: Taken) -> None:
        self._queue, self._taken = queue, taken

    def __enter__(self) -> None:
        self._queue._await(self._taken)

    def __exit__(self, *_: object) -> None:
        self._queue._account_for(self._taken)
