"""Work that takes seconds or minutes, in a thread of its own: steps look whether it is over, and never wait."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from mainstream.errors import MainstreamError

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

Pause = Callable[[float], None]
"""waits for so many seconds; raises `StoppedError` once the work is no longer wanted"""


class StoppedError(Exception):
    """The work was given up before it was done."""


class LongWork(Generic[_Result]):
    """One piece of work, from its start to its end."""

    def __init__(self, name: str, work: Callable[[Pause], _Result]) -> None:
        self._work = work
        self._stopping = threading.Event()
        self._results: list[_Result] = []
        self._problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Give it up at its next pause; does not wait."""
        self._stopping.set()

    def result(self) -> _Result:
        """What came of it once it is over; raises `StoppedError`, or the `MainstreamError` that it ended with."""
        if self._results:
            return self._results[0]
        raise self._problem or StoppedError

    def _run(self) -> None:
        try:
            self._results.append(self._work(self._pause))
        except (MainstreamError, StoppedError) as error:
            self._problem = error
        except Exception as error:  # raised again where the result is asked for
            _log.exception("%s failed", self._thread.name)
            self._problem = MainstreamError(f"failed ({type(error).__name__}); the log says why")

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise StoppedError
