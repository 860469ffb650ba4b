"""TorchServe over the runner's whole life: started again on the same port when Java is gone, a few times.

The feeder goes on meanwhile: frames wait, then are dropped and counted; votes, open reports and spool stay. Only when
it ends again and again is the whole container started anew.
"""

import contextlib
import logging
import subprocess
import time
from collections import deque
from pathlib import Path

from mainstream.errors import MainstreamError
from mainstream_runner.serving.torchserve import TorchServe, torchserve

_log = logging.getLogger(__name__)
_REVIVALS = 3
_WITHIN_S = 600.0


class Serving:
    """One TorchServe after the other."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._stack = contextlib.ExitStack()
        self._server: TorchServe = self._stack.enter_context(torchserve(cache=cache))
        self._revived_s: deque[float] = deque(maxlen=_REVIVALS)
        self.port = self._server.port
        """of its inference API, on loopback; stays the same"""
        self.restarts = 0

    @property
    def guard(self) -> "subprocess.Popen[bytes]":
        """The process that everything of it is below."""
        return self._server.guard

    @property
    def runs(self) -> bool:
        """Whether Java is there."""
        return self.guard.poll() is None

    def revive(self) -> None:
        """Start it again; raises `MainstreamError` where that does not help or is needed too often."""
        now_s = time.monotonic()
        if len(self._revived_s) == _REVIVALS and now_s - self._revived_s[0] < _WITHIN_S:
            raise MainstreamError(
                f"ended {_REVIVALS + 1} times within {_WITHIN_S:.0f} s; the container is started anew",
                field="torchserve",
            )
        _log.warning("TorchServe ended and is started again")
        self._revived_s.append(now_s)
        self.restarts += 1
        self._stack.close()
        self._stack = contextlib.ExitStack()
        self._server = self._stack.enter_context(torchserve(self.port, self._cache))

    def close(self) -> None:
        """End it."""
        self._stack.close()
