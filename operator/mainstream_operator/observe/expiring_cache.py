"""A bounded cache whose entries expire: a plan on its way is followed several times a second, and needs one read.

A Secret, and what was made with it, must be read anew soon: somebody may have changed it.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class ExpiringCache(Generic[T]):
    """Answers by key, each kept for `seconds`, the oldest given up beyond `most`; may be used from several threads."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._answers: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, ask: Callable[[], T]) -> T:
        """The answer, asked for if it is too old."""
        with self._lock:
            known = self._answers.get(key)
        if known is not None and time.monotonic() - known[0] < self._seconds:
            return known[1]
        answer = ask()
        with self._lock:
            self._answers[key] = (time.monotonic(), answer)
            self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer
