"""One worker for each node: whatever happens to a node while it is reconciled is one more reconcile, not one more task.

A node that is enqueued is reconciled after a short debounce, any other after the time that its last reconcile asked
for. A reconcile that fails is tried again later and later, and a node that keeps changing meanwhile does not get
around that. A pool bounds how many nodes are worked on at the same time.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from mainstream.back_off import back_off_s
from mainstream_operator.kube import KubeError
from mainstream_operator.watch.snapshot import NodeSnapshot

_log = logging.getLogger(__name__)
DEBOUNCE_S = 0.1
"""by which a lone change is delayed, so that what comes with it is seen too"""
SPACING_S = 0.3
"""between two reconciles of a node that keeps changing"""
_FIRST_RETRY_S = 1.0
_LAST_RETRY_S = 60.0


class Workers:
    """Workers of all nodes; belongs to one event loop."""

    def __init__(
        self,
        take_snapshot: Callable[[str], NodeSnapshot],
        reconcile: Callable[[NodeSnapshot], float],
        workers: int,
        ended: Callable[[float, bool], None] = lambda _seconds, _failed: None,
        forget: Callable[[str], None] = lambda _node: None,
    ) -> None:
        self._snapshot_of = take_snapshot
        self._reconcile = reconcile
        self._ended = ended
        self._forget = forget
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="reconcile")
        self._dirty: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loop = asyncio.get_running_loop()
        self._last_end_s = time.monotonic()
        self._started_s: dict[str, float] = {}
        self._leading = asyncio.Event()
        self._leading.set()

    def lead(self, leading: bool) -> None:
        """Reconcile, or only take note of what changes while another operator does."""
        if not leading:
            self._leading.clear()
            return
        self._last_end_s = time.monotonic()
        self._leading.set()
        self.enqueue_all()

    def lead_from_thread(self, leading: bool) -> None:
        """The same from any thread."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.lead, leading)

    def enqueue(self, node: str) -> None:
        """Have a node reconciled soon."""
        if node not in self._tasks:
            self._dirty[node] = asyncio.Event()
            self._tasks[node] = self._loop.create_task(self._work(node), name=f"worker {node}")
        self._dirty[node].set()

    def enqueue_all(self) -> None:
        """Have every node reconciled soon."""
        for node in self._tasks:
            self.enqueue(node)

    def enqueue_from_thread(self, node: str) -> None:
        """The same of a node that has a worker, from any thread."""
        # A loop that is closed has nobody left to reconcile.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._enqueue_again, node)

    def forget(self, node: str) -> None:
        """End the worker of a node that is gone, and have everybody forget the node."""
        self._end(node)
        # A reconcile that goes on notes it anew, and has it forgotten as it ends.
        if node not in self._started_s:
            self._forget(node)

    def seconds_since_last_reconcile(self) -> float:
        """For the liveness probe: grows when nothing is reconciled any more, though there is something to."""
        idle = not self._tasks or not self._leading.is_set()
        return 0.0 if idle else time.monotonic() - self._last_end_s

    def longest_reconcile_s(self) -> float:
        """For the liveness probe: of those that go on now, a thread that hangs among them."""
        return max((time.monotonic() - each for each in list(self._started_s.values())), default=0.0)

    def queue_depth(self) -> int:
        """Nodes that wait to be reconciled."""
        return sum(1 for dirty in list(self._dirty.values()) if dirty.is_set())

    def is_waiting(self, node: str) -> bool:
        """Whether something happened to a node since its last reconcile began; from any thread."""
        dirty = self._dirty.get(node)
        return dirty is not None and dirty.is_set()

    async def close(self) -> None:
        """End all workers; what is being applied is finished first."""
        for node in list(self._tasks):
            self._end(node)
        await self._loop.run_in_executor(None, self._pool.shutdown)

    def _enqueue_again(self, node: str) -> None:
        # What was asked for a node that is gone by now must not bring its worker back.
        if node in self._tasks:
            self.enqueue(node)

    def _end(self, node: str) -> None:
        self._dirty.pop(node, None)
        task = self._tasks.pop(node, None)
        if task is not None:
            task.cancel()

    async def _work(self, node: str) -> None:
        wait_s, failures, start_s = 0.0, 0, -SPACING_S
        while True:
            dirty = self._dirty[node]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(dirty.wait(), timeout=wait_s)
            if dirty.is_set():
                await asyncio.sleep(max(DEBOUNCE_S, start_s + SPACING_S - time.monotonic()))
            await self._leading.wait()
            dirty.clear()
            start_s = time.monotonic()
            try:
                snapshot = self._snapshot_of(node)
                wait_s = await self._loop.run_in_executor(self._pool, self._timed, node, snapshot)
                failures = 0
                self._ended(time.monotonic() - start_s, False)
            except Exception as error:
                failures += 1
                self._ended(time.monotonic() - start_s, True)
                wait_s = back_off_s(failures, _LAST_RETRY_S, first_s=_FIRST_RETRY_S)
                _log_failure(node, error, wait_s)
                await asyncio.sleep(wait_s)
                wait_s = 0.0
            self._last_end_s = time.monotonic()

    def _timed(self, node: str, snapshot: NodeSnapshot) -> float:
        self._started_s[node] = time.monotonic()
        try:
            return self._reconcile(snapshot)
        finally:
            self._started_s.pop(node, None)
            if node not in self._tasks:
                self._forget(node)


def _log_failure(node: str, error: Exception, wait_s: float) -> None:
    """The API server's refusals in a line, anything else (a bug) with its traceback."""
    extra = {"node": node, "again_s": wait_s}
    if isinstance(error, KubeError):
        _log.warning("reconciling failed: %s", error, extra=extra)
    else:
        _log.error("reconciling failed", exc_info=error, extra=extra)
