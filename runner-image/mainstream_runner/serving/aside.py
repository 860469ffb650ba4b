"""Measures beside the frames: in a thread of its own, while the worker's one thread answers.

Measured in the request itself, a base network would hold up every frame for seconds.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from mainstream.errors import MainstreamError

_Answer = TypeVar("_Answer")


class Aside(Generic[_Answer]):
    """One measurement at a time; whoever wants its result asks until it is there."""

    def __init__(self) -> None:
        self._running: tuple[object, _Work[_Answer]] | None = None

    def ask(self, key: object, work: Callable[[], _Answer]) -> _Answer | None:
        """The result of `work`, once; None while it is made, or while another one is. Raises what it raised.

        Called by one thread. `key` says which measurement is meant.
        """
        if self._running is None:
            self._running = key, _Work(work)
        asked, running = self._running
        if running.is_alive():
            return None
        self._running = None
        if asked != key:
            # Nobody waits for that one any more.
            return self.ask(key, work)
        if running.answer is None:
            raise running.problem or MainstreamError("was not measured", field="base")
        return running.answer


class _Work(threading.Thread, Generic[_Answer]):
    def __init__(self, work: Callable[[], _Answer]) -> None:
        super().__init__(name="aside", daemon=True)
        self._work = work
        self.answer: _Answer | None = None
        self.problem: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self.answer = self._work()
        except Exception as error:  # raised again where it is asked for
            self.problem = error
