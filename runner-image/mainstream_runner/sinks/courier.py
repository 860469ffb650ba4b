"""One thread that takes records from the spool to one destination, in order, again and again until they arrive."""

import logging
import threading
from collections.abc import Sequence

from mainstream.back_off import back_off_s
from mainstream_runner.sinks.destination import AppSink, RefusedError, Route
from mainstream_runner.spool.spool import Spool

_log = logging.getLogger(__name__)
_WAIT_S = 1.0
_REFUSALS = 5
"""a record that its destination says it will never take is offered so often"""


class Courier:
    """Delivers for a set of sinks until it is closed."""

    def __init__(
        self,
        spool: Spool,
        sinks: Sequence[AppSink],
        route: Route,
    ) -> None:
        self.problem: str | None = None
        """why the record that is being delivered is not taken"""
        self.refusal: str | None = None
        """what was said of the last record that was given up"""
        self.delivering: int | None = None
        """number of the record that is under way"""
        self._spool = spool
        self._ready = route.ready
        self._destination = route.open()
        self.serve(sinks)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"courier-{route.courier}", daemon=True)
        self._thread.start()

    def serve(self, sinks: Sequence[AppSink]) -> None:
        """Deliver for these sinks from now on."""
        self._destination.serve(sinks)
        self._sinks = tuple(sorted(each.name for each in sinks))

    def stop(self) -> None:
        """Deliver nothing more after the record in flight; what waits stays in the spool. Does not wait."""
        self._stopping.set()
        self._spool.wake()

    def join(self, timeout_s: float, *, gone: bool = False) -> None:
        """Wait for the record in flight, then let go of connections; `gone` as for `Destination.close`."""
        self._thread.join(timeout_s)
        self._destination.close(gone=gone)

    def _run(self) -> None:
        failures = refusals = 0
        while not self._stopping.is_set():
            record = self._spool.next(self._sinks, _WAIT_S, self._ready) if self._sinks else None
            if record is None:
                self._stopping.wait(0.0 if self._sinks else _WAIT_S)
                continue
            if self._stopping.is_set():
                return
            self.delivering = record.number
            try:
                self.problem = self._destination.deliver(record)
            except RefusedError as error:
                self.problem = str(error)
                refusals += 1
            except Exception as error:
                _log.exception("a destination failed")
                self.problem = f"delivery failed ({type(error).__name__})"
            finally:
                self.delivering = None
            if self.problem is None:
                self._spool.delivered(record)
                failures = refusals = 0
                continue
            if refusals >= _REFUSALS:
                _log.warning("delivery %s of %s was given up: %s", record.id, record.app, self.problem)
                self._spool.refused(record)
                self.refusal, self.problem = self.problem, None
                failures = refusals = 0
                continue
            failures += 1
            self._stopping.wait(back_off_s(failures))
