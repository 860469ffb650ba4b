"""Replies of servers that are not ours: bounded in bytes, and in time as a whole.

A time-out of a socket starts anew with each byte, so a server that sends one now and then holds its reader for ever.
"""

import time
from collections.abc import Callable
from typing import Protocol

_CHUNK_BYTES = 1 << 16


class Reply(Protocol):
    """What `urllib3` has of a reply."""

    def read1(self, amount: int, /) -> bytes:
        """What is there, at most so many bytes, after one wait at most; empty at the end."""
        ...


def always() -> bool:
    """Whoever asked waits for the answer, come what may."""
    return True


def read_bounded(reply: Reply, most_bytes: int, within_s: float, wanted: Callable[[], bool] = always) -> bytes:
    """All of a reply, or its first `most_bytes` + 1 bytes where it has more; `TimeoutError` where it takes longer, or
    where it is `wanted` no longer, which is asked whenever something came.
    """
    content = bytearray()
    end_s = time.monotonic() + within_s
    while len(content) <= most_bytes:
        chunk = reply.read1(min(_CHUNK_BYTES, most_bytes + 1 - len(content)))
        if not chunk:
            break
        content += chunk
        if time.monotonic() > end_s:
            raise TimeoutError(f"the reply took longer than {within_s:.0f} s")
        if not wanted():
            raise TimeoutError("nobody waits for the reply any more")
    return bytes(content)
