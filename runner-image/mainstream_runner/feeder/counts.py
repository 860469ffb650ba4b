"""Counts every frame of every app once: captured = analysed + skipped + dropped + waiting, at any moment.

An app that a change of plan takes away keeps its counts, and goes on from them when it comes back: frames of its that
are on their way are concluded whatever happens in between, so nothing is counted twice or not at all.
"""

import threading
import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from mainstream.counting import counted
from mainstream_runner.run_result import FrameTally

_SHORTEST_S = 10.0
_FRAMES = 30.0
"""a rate is told once so many frames should have come"""
_LONGEST_S = 300.0
_APPS = 1024
"""that are remembered; beyond, those that went first are forgotten"""


@dataclass
class _Counts:
    captured: int = 0
    analysed: int = 0
    skipped: int = 0
    dropped: int = 0
    waiting: int = 0
    stood: int = 0
    """of those analysed"""
    samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=int(_LONGEST_S)))
    """(monotonic seconds, analysed), about one a second"""


class FrameCounts:
    """Tallies by app, kept by the cameras' threads and the senders'."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, _Counts] = {}

    def keep(self, apps: Iterable[str]) -> None:
        """Count for these from now on; rates are measured anew."""
        with self._lock:
            for app in apps:
                # Moved to the end: whoever went first is forgotten first.
                self._counts[app] = self._counts.pop(app, _Counts())
                self._counts[app].samples.clear()
            idle = [app for app, counts in self._counts.items() if not counts.waiting]
            for app in idle[: max(0, len(self._counts) - _APPS)]:
                del self._counts[app]

    def captured(self, apps: Iterable[str], due: Collection[str]) -> None:
        """A frame arrived for `apps`; those in `due` now wait for their scores, the others skip it."""
        with self._lock:
            for app in apps:
                counts = self._counts.get(app)
                if counts is None:
                    continue
                counts.captured += 1
                if app in due:
                    counts.waiting += 1
                else:
                    counts.skipped += 1

    def analysed(self, apps: Iterable[str], stood: Iterable[str] = ()) -> None:
        """There are scores of a waiting frame; of those that `stood` it is the score of the picture before."""
        with self._lock:
            for counts in self._of(apps):
                counts.waiting -= 1
                counts.analysed += 1
            for counts in self._of(stood):
                counts.stood += 1

    def dropped(self, apps: Iterable[str]) -> None:
        """A waiting frame was given up."""
        with self._lock:
            for counts in self._of(apps):
                counts.waiting -= 1
                counts.dropped += 1

    def sample(self) -> None:
        """Note where everybody stands; to be called about once a second."""
        now_s = time.monotonic()
        with self._lock:
            for counts in self._counts.values():
                counts.samples.append((now_s, counts.analysed))

    def tallies(self) -> dict[str, FrameTally]:
        """All counts, at one moment."""
        with self._lock:
            return {
                app: FrameTally(
                    captured=c.captured,
                    analysed=c.analysed,
                    stood=c.stood,
                    skipped=c.skipped,
                    dropped=c.dropped,
                    waiting=c.waiting,
                )
                for app, c in self._counts.items()
            }

    def fps(self, app: str, planned_fps: float) -> float | None:
        """Analysed frames per second over the shortest window that says something; None before there is one."""
        with self._lock:
            counts = self._counts.get(app)
            return None if counts is None else _rate(counts, planned_fps)

    def _of(self, apps: Iterable[str]) -> list[_Counts]:
        return [self._counts[app] for app in apps if app in self._counts]


def words_of(tallies: Mapping[str, FrameTally]) -> str:
    """All of it in one line."""
    parts = ("captured", "analysed", "skipped", "dropped")
    sums = (f"{sum(getattr(each, part) for each in tallies.values())} {part}" for part in parts)
    return f"{counted(len(tallies), 'app')}, whose frames were {', '.join(sums)}"


def _rate(counts: _Counts, planned_fps: float) -> float | None:
    if not counts.samples:
        return None
    window_s = min(_LONGEST_S - 2, max(_SHORTEST_S, _FRAMES / planned_fps))
    end_s, end = counts.samples[-1]
    if end_s - counts.samples[0][0] < window_s:
        return None
    start_s, start = next(sample for sample in reversed(counts.samples) if end_s - sample[0] >= window_s)
    return (end - start) / (end_s - start_s)
