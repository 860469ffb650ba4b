"""What each app may choose from, worked out in the background: an app whose choices take seconds holds up nobody.

`predicting` answers soon with whose tables are not there yet. They are made by a few threads, for one namespace after
the other, and for none by more than one thread; then `changed` is called for the node that asked. What a table takes is
bounded (`planner.tables.work`), and it is kept where the planner finds it (`planner.tables.known`).
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from mainstream.decide.planning import StepPlanning
from mainstream.errors import MainstreamError
from mainstream.planner.tables.known import dropped, is_known
from mainstream.workload.node_workload import PlacedApp
from mainstream.workload.problem import costless_problem
from mainstream_operator.observe.fair_queue import FairQueue

_MAKERS = 2
_PATIENCE_S = 0.3


@dataclass(frozen=True)
class _Question:
    """All that an app's table follows from."""

    package: object
    spec: tuple[object, ...]
    stream_fps: float

    @classmethod
    def of(cls, placed: PlacedApp) -> "_Question":
        spec, objective = placed.app.spec, placed.app.spec.objective
        asked = (objective.metric, objective.beta, objective.maximum_false_alerts_per_day)
        chosen = (spec.votes, None if spec.rates is None else tuple(spec.rates), spec.merge_gap_seconds, spec.event)
        return cls(placed.package, (*asked, *chosen), placed.stream.spec.frames_per_second)


@dataclass(frozen=True)
class _Entry:
    placed: PlacedApp
    question: _Question
    node: str
    """that asked for it"""
    made: threading.Event = field(default_factory=threading.Event)
    unsound: threading.Event = field(default_factory=threading.Event)
    """nothing can be made of it"""

    @property
    def is_sound(self) -> bool:
        """Whether a table was made of it."""
        return not self.unsound.is_set()


class OptionTables:
    """Makes tables for the whole operator."""

    def __init__(self, changed: Callable[[str], None], makers: int = _MAKERS) -> None:
        self._changed = changed
        self._planning = StepPlanning(time.monotonic)
        self._dropped = dropped()
        self._entries: dict[str, _Entry] = {}
        self._queue = FairQueue(most_at_once=1)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(makers, thread_name_prefix="tables")

    def predicting(self, apps: Iterable[PlacedApp], node: str) -> frozenset[str]:
        """Keys of those apps of a node whose tables are not there yet; starts making them.

        They are waited for a little: most take milliseconds, and one reconcile is enough.
        """
        with self._lock:
            self._forget_what_is_gone()
            asking = {placed.name: self._ask(placed, node) for placed in apps}
            self._let_go(node, asking.keys())
        deadline_s = time.monotonic() + _PATIENCE_S
        for entry in asking.values():
            if not entry.made.wait(max(0.0, deadline_s - time.monotonic())):
                break
        return frozenset(name for name, entry in asking.items() if not entry.made.is_set())

    def forget(self, node: str) -> None:
        """Nothing is made any more for a node that is gone."""
        with self._lock:
            self._let_go(node, frozenset())

    def close(self) -> None:
        """Make nothing more; what was begun is finished."""
        with self._lock:
            for name, entry in self._entries.items():
                self._queue.drop(_namespace(entry.placed), name)
            self._entries.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, placed: PlacedApp, node: str) -> _Entry:
        """Note who asks for it, and have it made where it was not; under the lock."""
        question, known = _Question.of(placed), self._entries.get(placed.name)
        if known is not None and known.question == question:
            self._entries[placed.name] = replace(known, node=node)
            return known
        entry = _Entry(placed, question, node)
        self._entries[placed.name] = entry
        self._queue.put(_namespace(placed), placed.name)
        self._pool.submit(self._work)
        return entry

    def _forget_what_is_gone(self) -> None:
        """Of tables that had to make room, so that they are made anew here and not while a node is planned."""
        if (now := dropped()) == self._dropped:
            return
        self._dropped = now
        for name in [name for name, entry in self._entries.items() if entry.made.is_set() and _is_gone(entry)]:
            del self._entries[name]

    def _let_go(self, node: str, wanted: Iterable[str]) -> None:
        """Of what the node asked for and does not any more; under the lock."""
        kept = set(wanted)
        for name in [name for name, entry in self._entries.items() if entry.node == node and name not in kept]:
            self._queue.drop(_namespace(self._entries.pop(name).placed), name)

    def _work(self) -> None:
        """Make tables for whoever's turn it is, until it is nobody's."""
        while True:
            with self._lock:
                turn = self._queue.take()
                entry = None if turn is None else self._entries.get(turn[1])
            if turn is None:
                return
            try:
                if entry is not None:
                    self._make(entry)
            finally:
                with self._lock:
                    self._queue.done(turn[0])

    def _make(self, entry: _Entry) -> None:
        try:
            self._planning.fits(costless_problem(entry.placed))
        except (MainstreamError, ArithmeticError, LookupError, ValueError):
            # It cannot be planned with, which whoever decides finds as soon, and says why.
            entry.unsound.set()
        finally:
            entry.made.set()
            self._changed(entry.node)


def _is_gone(entry: _Entry) -> bool:
    """Whether its table is not there any more; one that could not be made never was."""
    return entry.is_sound and not is_known(costless_problem(entry.placed).apps[0])


def _namespace(placed: PlacedApp) -> str:
    return placed.app.metadata.namespace or ""
