"""TorchServe over the runner's whole life: started again on the same port when Java is gone, a few times.

Nobody waits for it: while it starts, orders are read, blobs fetched, cameras opened. When it ends, the feeder goes on:
frames wait, then are dropped and counted; votes, open reports and spool stay. Only when it ends again and again is the
whole container started anew.
"""

import contextlib
import logging
import subprocess
import threading
import time
from collections import deque
from pathlib import Path

from mainstream.errors import MainstreamError
from mainstream_runner.serving.torchserve import TorchServe, free_port, torchserve

_log = logging.getLogger(__name__)
_REVIVALS = 3
_WITHIN_S = 600.0


class _Start:
    """One TorchServe, from its start to its end."""

    def __init__(self, port: int, cache: Path) -> None:
        self.server: TorchServe | None = None
        """once it answers"""
        self.problem: MainstreamError | None = None
        self._opened = contextlib.ExitStack()
        self._thread = threading.Thread(target=self._run, args=(port, cache), name="torchserve", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it. One that still starts ends with this process (see guard.py): nobody waits for it to answer first."""
        if not self._thread.is_alive():
            self._opened.close()

    def _run(self, port: int, cache: Path) -> None:
        try:
            self.server = self._opened.enter_context(torchserve(port, cache))
        except MainstreamError as error:
            self.problem = error
        except Exception as error:  # told where it is waited for, not only in this thread
            _log.exception("TorchServe could not be started")
            self.problem = MainstreamError(f"{type(error).__name__}: {error}", field="torchserve")


class Serving:
    """One TorchServe after the other."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._revived_s: deque[float] = deque(maxlen=_REVIVALS)
        self.port = free_port()
        """of its inference API, on loopback; stays the same"""
        self.restarts = 0
        self._start = _Start(self.port, cache)

    @property
    def guard(self) -> "subprocess.Popen[bytes] | None":
        """The process that everything of it is below; None until it has answered."""
        return None if self._start.server is None else self._start.server.guard

    @property
    def runs(self) -> bool:
        """Whether it has started, and Java is there."""
        guard = self.guard
        return guard is not None and guard.poll() is None

    def follow(self) -> bool:
        """Start it again where it has ended, and say so; raises `MainstreamError` where that does not help or is needed
        too often."""
        if self._start.problem is not None:
            raise self._start.problem
        if self.guard is None or self.runs:
            return False
        now_s = time.monotonic()
        if len(self._revived_s) == _REVIVALS and now_s - self._revived_s[0] < _WITHIN_S:
            raise MainstreamError(
                f"ended {_REVIVALS + 1} times within {_WITHIN_S:.0f} s; the container is started anew",
                field="torchserve",
            )
        _log.warning("TorchServe ended and is started again")
        self._revived_s.append(now_s)
        self.restarts += 1
        self._start.close()
        self._start = _Start(self.port, self._cache)
        return True

    def close(self) -> None:
        """End it."""
        self._start.close()
