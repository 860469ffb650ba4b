"""Takes the Lease, renews it, and says whether this operator may write."""

import logging
import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from mainstream_operator.kube import Body, KubeError, NotLeadingError, Ref
from mainstream_operator.leadership.lease import (
    LEADS_FOR_S,
    RENEWED_EVERY_S,
    SeenLease,
    lease_body,
    may_take,
    seen_lease,
)

LEASE_TIMEOUT_S = (2.0, 3.0)
"""to connect and to read: a call that hangs longer is of no use, and the next may get through"""
_log = logging.getLogger(__name__)


class Leases(Protocol):
    """What an API server does with a Lease."""

    def get(self, ref: Ref) -> Body | None:
        """The Lease; None where there is none."""

    def create(self, ref: Ref, body: Body) -> bool:
        """Make it; false where there is one."""

    def replace(self, ref: Ref, body: Body) -> bool:
        """Write it in place of the version that the body names; false where that is not the last."""


def clock_s() -> float:
    """Goes on while the machine sleeps, too: an operator that wakes up leads no more."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def own_identity(name: str | None) -> str:
    """The pod's name, which its container keeps when it starts anew; elsewhere one of its own for each start."""
    return name or f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"


class Elector:
    """One candidate; `try_once` and `close` belong to its own thread, `leads` and `check` to any."""

    def __init__(
        self,
        leases: Leases,
        ref: Ref,
        identity: str,
        changed: Callable[[bool], None],
        clock: Callable[[], float] = clock_s,
    ) -> None:
        self._leases = leases
        self._ref = ref
        self._identity = identity
        self._changed = changed
        self._clock = clock
        self._seen: SeenLease | None = None
        self._until_s = float("-inf")
        self._told = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="elector", daemon=True)

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def leads(self) -> bool:
        """Whether nobody else can have taken the Lease yet."""
        return self._clock() < self._until_s

    def check(self) -> None:
        """`NotLeadingError` where this operator must not write: asked right before every write."""
        if not self.leads():
            raise NotLeadingError(f"{self._identity} does not hold the Lease {self._ref.name}")

    def try_once(self) -> None:
        """Take or renew the Lease if it may be; whatever is heard too late counts for nothing."""
        begun_s = self._clock()
        try:
            self._seen = seen = seen_lease(self._seen, self._leases.get(self._ref), begun_s)
            if may_take(seen, self._identity, begun_s) and self._write(seen, self._identity):
                self._until_s = begun_s + LEADS_FOR_S
        except KubeError as error:
            _log.warning("the Lease cannot be renewed: %s", error)
        self._tell()

    def close(self) -> None:
        """Stop, and let the Lease go, so that another need not wait for it to run out."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        led, self._until_s = self.leads(), float("-inf")
        if led:
            try:
                seen = seen_lease(self._seen, self._leases.get(self._ref), self._clock())
                if seen.holder == self._identity:
                    self._write(seen, "")
            except KubeError as error:
                _log.warning("the Lease cannot be let go, and runs out: %s", error)

    def _write(self, seen: SeenLease, holder: str) -> bool:
        body = lease_body(self._ref, seen, holder, datetime.now(UTC))
        return self._leases.replace(self._ref, body) if seen.version else self._leases.create(self._ref, body)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.try_once()
            self._stopping.wait(RENEWED_EVERY_S)

    def _tell(self) -> None:
        leads = self.leads()
        if leads != self._told:
            self._told = leads
            _log.info("leads" if leads else "leads no more", extra={"object": f"Lease {self._ref.name}"})
            self._changed(leads)
