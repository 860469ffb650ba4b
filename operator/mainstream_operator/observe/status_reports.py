"""Status reports of runners, asked for without ever holding up a reconcile.

A runner that answers does so within milliseconds, so a reconcile waits for it a little. One that does not (its node is
cut off, its pod hangs) is asked in the background, later and later; meanwhile nobody waits for it, and those that
answer never queue behind it.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass

from mainstream.back_off import back_off_s
from mainstream.messages.status_report import StatusReport
from mainstream_operator.observe.runner_client import RunnerClient

_log = logging.getLogger(__name__)
PATIENCE_S = 0.5
"""how long a reconcile waits for a runner that answered the last time, or was never asked"""
_FIRST_RETRY_S = 1.0
_ASKING, _DOUBTING = 8, 8
"""threads for runners that answer, and for all others"""


@dataclass
class _Known:
    """Of one pod."""

    pod: str
    answered: bool = False
    """the last time"""
    failures: int = 0
    due_s: float = 0.0
    asked: "Future[StatusReport | None] | None" = None


class StatusReports:
    """Asks all runners; may be used from several threads, for one node from one at a time."""

    def __init__(self, changed: Callable[[str], None]) -> None:
        self._changed = changed
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()
        self._asking = ThreadPoolExecutor(_ASKING, thread_name_prefix="reports")
        self._doubting = ThreadPoolExecutor(_DOUBTING, thread_name_prefix="silent")

    def read(self, node: str, pod: str, client: RunnerClient) -> StatusReport | None:
        """What the runner in `pod` reports now; None where it does not answer.

        Where an answer comes later than anybody waits for, `changed(node)` is called and the next reconcile has it.
        """
        with self._lock:
            known = self._known.get(node)
            if known is None or known.pod != pod:
                known = self._known[node] = _Known(pod)
        if known.asked is None:
            if time.monotonic() < known.due_s:
                return None
            pool = self._asking if known.answered else self._doubting
            known.asked = pool.submit(client.report)
            if known.failures:
                known.asked.add_done_callback(lambda asked: self._changed(node) if _answered(asked) else None)
        try:
            report = known.asked.result(timeout=0 if known.failures else PATIENCE_S)
        except NotYetError:
            if not known.failures:
                known.failures, known.answered = 1, False
                known.asked.add_done_callback(lambda asked: self._changed(node) if _answered(asked) else None)
            return None
        except Exception:
            _log.exception("a report could not be read", extra={"node": node})
            report = None
        known.asked, known.answered = None, report is not None
        if report is None:
            known.failures += 1
            known.due_s = time.monotonic() + back_off_s(known.failures, first_s=_FIRST_RETRY_S)
        else:
            known.failures = 0
        return report

    def forget(self, node: str) -> None:
        """Remember nothing of a node that is gone."""
        with self._lock:
            self._known.pop(node, None)

    def close(self) -> None:
        """Ask nobody any more."""
        for pool in (self._asking, self._doubting):
            pool.shutdown(wait=False, cancel_futures=True)


def _answered(asked: "Future[StatusReport | None]") -> bool:
    return not asked.cancelled() and asked.exception() is None and asked.result() is not None
