"""A camera that plays pictures into a feeder at its own pace, and what came of each frame."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import av
from fault_tools import wait_for

from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.client import EngineClient
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.feeder import Feeder
from mainstream_runner.feeder.routing import served_routing
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.feeder.waiting import WaitingFrame

Scored = tuple[WaitingFrame, dict[str, float], float]
"""a frame, its scores by app, and when they came"""


class Camera:
    """Plays to whoever is in the plan; takes scores where the feeder's decider would."""

    def __init__(self, client: EngineClient, port: int, fps: float, shown: Sequence[av.VideoFrame]) -> None:
        self.scored: list[Scored] = []
        self.played = 0
        self._client, self._fps, self._shown = client, fps, shown
        self._first_s: dict[str, float] = {}
        self._counts, self._stopping = FrameCounts(), threading.Event()
        self._feeder = Feeder(port, self._counts, self, lambda digest: None)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._play, name="camera")

    def adopt(self, plan: RunnerPlan, store: Path) -> None:
        """Load a plan and route frames by it; the camera plays from the first one on."""
        self._feeder.adopt(served_routing(plan, self._client.load(plan, store)))
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> int:
        """Frames that were played and not scored, once all that waited were."""
        self._stopping.set()
        self._thread.join()
        self._feeder.drain(5.0)
        return self.played - len(self.scored) + sum(tally.dropped for tally in self._counts.tallies().values())

    def close(self) -> None:
        """Feed nothing more."""
        self._stopping.set()
        self._feeder.close()

    def keep(self, apps: object) -> None:
        """Nothing to keep."""

    def take(self, frame: WaitingFrame, scores: dict[str, float]) -> None:
        """Note the scores, and when they came."""
        now_s = time.monotonic()
        self.scored.append((frame, scores, now_s))
        for app in scores:
            self._first_s.setdefault(app, now_s)

    def first_s(self, app: str) -> float:
        """When the app's first score came; waits for it."""
        wait_for(lambda: app in self._first_s, 30.0, app)
        return self._first_s[app]

    def _play(self) -> None:
        start_s = time.monotonic()
        while not self._stopping.wait(max(0.0, start_s + self.played / self._fps - time.monotonic())):
            due_s = start_s + self.played / self._fps
            shown = self._shown[self.played % len(self._shown)]
            self._feeder.take("plaza", CapturedFrame(self.played, due_s, due_s, shown))
            self.played += 1


@contextmanager
def camera(port: int, fps: float, shown: Sequence[av.VideoFrame]) -> Iterator[Camera]:
    """A camera of an engine behind that port."""
    with closing(EngineClient(port)) as client, closing(Camera(client, port, fps, shown)) as playing:
        yield playing
