"""Counts of every app, over changes of plan: frames (captured = analysed + skipped + dropped + waiting) and rates."""

import threading
import time
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

_SHORTEST_S = 10.0
_FRAMES = 30.0
"""a rate is told once so many frames should have come"""
_LONGEST_S = 300.0


@dataclass
class _Counts:
    captured: int = 0
    analysed: int = 0
    skipped: int = 0
    dropped: int = 0
    waiting: int = 0
    samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=int(_LONGEST_S)))
    """(monotonic seconds, analysed), about one a second"""


@dataclass(frozen=True)
class AppTally:
    """One app's counts at one moment."""

    captured: int
    analysed: int
    skipped: int
    dropped: int
    waiting: int
    fps: float | None


class AppCounts:
    """Kept by the cameras' threads and the sender's; an app that is gone is counted no longer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, _Counts] = {}

    def keep(self, apps: Iterable[str]) -> None:
        """Count for exactly these; one that stays keeps its counts, and its rate is measured anew."""
        with self._lock:
            self._counts = {app: self._counts.get(app, _Counts()) for app in apps}
            for counts in self._counts.values():
                counts.samples.clear()

    def captured(self, apps: Iterable[str], due: Collection[str]) -> None:
        """A frame arrived for `apps`; those in `due` now wait for their scores, the others skip it."""
        with self._lock:
            for app in apps:
                if app in self._counts:
                    self._counts[app].captured += 1
                    if app in due:
                        self._counts[app].waiting += 1
                    else:
                        self._counts[app].skipped += 1

    def analysed(self, apps: Iterable[str]) -> None:
        """Scores came for a waiting frame."""
        with self._lock:
            for counts in self._known(apps):
                counts.waiting -= 1
                counts.analysed += 1

    def dropped(self, apps: Iterable[str]) -> None:
        """A waiting frame was given up."""
        with self._lock:
            for counts in self._known(apps):
                counts.waiting -= 1
                counts.dropped += 1

    def sample(self) -> None:
        """Note where everybody stands; to be called about once a second."""
        now_s = time.monotonic()
        with self._lock:
            for counts in self._counts.values():
                counts.samples.append((now_s, counts.analysed))

    def tallies(self, planned_fps: dict[str, float]) -> dict[str, AppTally]:
        """All counts, at one moment."""
        with self._lock:
            return {
                app: AppTally(c.captured, c.analysed, c.skipped, c.dropped, c.waiting, _rate(c, planned_fps.get(app)))
                for app, c in self._counts.items()
            }

    def _known(self, apps: Iterable[str]) -> list[_Counts]:
        """Counts of those that are still counted and have something waiting."""
        found = (self._counts.get(app) for app in apps)
        return [counts for counts in found if counts is not None and counts.waiting > 0]


def _rate(counts: _Counts, planned_fps: float | None) -> float | None:
    """Analysed frames per second over the shortest window that says something; None before there is one."""
    if not counts.samples or not planned_fps:
        return None
    window_s = min(_LONGEST_S - 2, max(_SHORTEST_S, _FRAMES / planned_fps))
    end_s, end = counts.samples[-1]
    if end_s - counts.samples[0][0] < window_s:
        return None
    start_s, start = next(sample for sample in reversed(counts.samples) if end_s - sample[0] >= window_s)
    return (end - start) / (end_s - start_s)
