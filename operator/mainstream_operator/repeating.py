"""What the operator does again and again beside its nodes, for good: a failure is logged, and the next time comes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)


async def keep_doing(
    what: str, act: Callable[[], Awaitable[None]], leads: Callable[[], bool], every_s: float, first_s: float
) -> None:
    """Act after `first_s`, then every `every_s`, whenever this operator leads; `what` names it in the log."""
    wait_s = first_s
    while True:
        await asyncio.sleep(wait_s)
        wait_s = every_s
        if not leads():
            continue
        try:
            await act()
        except Exception as error:
            _log.error("%s failed", what, exc_info=error)
