"""Counts every frame of every app once: captured = analysed + skipped + dropped + waiting, at any moment."""

import threading
from collections.abc import Collection, Iterable

from mainstream_runner.report import FrameTally


class FrameCounts:
    """Tallies by app, kept by the stream's threads and the sender's."""

    def __init__(self, apps: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._tallies = {app: {"captured": 0, "analysed": 0, "skipped": 0, "dropped": 0, "waiting": 0} for app in apps}

    def captured(self, apps: Iterable[str], due: Collection[str]) -> None:
        """A frame arrived for `apps`; those in `due` now wait for their scores, the others skip it."""
        with self._lock:
            for app in apps:
                tally = self._tallies[app]
                tally["captured"] += 1
                tally["waiting" if app in due else "skipped"] += 1

    def analysed(self, apps: Iterable[str]) -> None:
        """Scores came for a waiting frame."""
        self._move(apps, "analysed")

    def dropped(self, apps: Iterable[str]) -> None:
        """A waiting frame was given up because it was late."""
        self._move(apps, "dropped")

    def tallies(self) -> dict[str, FrameTally]:
        """All counts, at one moment."""
        with self._lock:
            return {app: FrameTally(**tally) for app, tally in self._tallies.items()}

    def _move(self, apps: Iterable[str], to: str) -> None:
        with self._lock:
            for app in apps:
                self._tallies[app]["waiting"] -= 1
                self._tallies[app][to] += 1
