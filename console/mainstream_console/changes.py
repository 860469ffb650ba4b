"""Server-sent events: says that something of an app is new, so that a page loads what has changed."""

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

_LOOK_EVERY_S = 2.0
_LONGEST_S = 600.0
"""then the browser connects again"""
MOST_LISTENERS = 32


class TooManyListenersError(Exception):
    """As many pages as may listen do."""


class Changes:
    """Looks for all listeners; each of them costs one look every other second."""

    def __init__(self, count: Callable[[str], int]) -> None:
        """`count` tells how many objects of an app there are."""
        self._count = count
        self._listeners = 0

    def admit(self) -> None:
        """One more listens; raises `TooManyListenersError`."""
        if self._listeners >= MOST_LISTENERS:
            raise TooManyListenersError
        self._listeners += 1

    async def events(self, app: str) -> AsyncIterator[str]:
        """Lines of an event stream, after `admit`, until the listener goes or some minutes have passed."""
        try:
            known = await run_in_threadpool(self._count, app)
            yield "retry: 3000\n\n"
            for _ in range(int(_LONGEST_S / _LOOK_EVERY_S)):
                await asyncio.sleep(_LOOK_EVERY_S)
                now = await run_in_threadpool(self._count, app)
                if now != known:
                    known = now
                    yield "event: changed\ndata: \n\n"
                else:
                    # A comment, so that a listener who has gone is noticed.
                    yield ":\n\n"
        finally:
            self._listeners -= 1
