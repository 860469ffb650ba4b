"""The way of a frame, over changes of plan: camera to due apps to scaled pixels to scores to decisions.

A plan is taken up between two frames: the engine has loaded it beside the old one and swapped; the feeder then replaces
one reference. A frame that was scaled under the old plan and not yet scored is scored under the new one, for those of
its apps that stay. So a change of plan loses no frame.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from mainstream.errors import MainstreamError
from mainstream.frames import view_pixels
from mainstream.sampling import NestedSampler
from mainstream_runner.client import EngineClient, EngineUnavailableError, PlanNotServedError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.pod.app_counts import AppCounts
from mainstream_runner.pod.live_decider import LiveDecider
from mainstream_runner.pod.routing import Routing, ViewKey
from mainstream_runner.pod.waiting import LiveFrame, LiveQueue

_log = logging.getLogger(__name__)
_TAKE_TIMEOUT_S = 0.2
_PATIENCE_S = 5.0
"""how long a frame waits for an engine that restarts or changes its plan; then it is dropped, and counted"""
_RETRY_S = 0.02


class LiveFeeder:
    """Plays whatever plan it was given last."""

    def __init__(self, port: int, counts: AppCounts, decider: LiveDecider, engine_lost: Callable[[], None]) -> None:
        self._client = EngineClient(port)
        self._counts = counts
        self._decider = decider
        self._engine_lost = engine_lost
        self._queue = LiveQueue()
        self._routing: Routing | None = None
        self._samplers: dict[ViewKey, NestedSampler] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="sender", daemon=True)
        self._thread.start()

    @property
    def served(self) -> str | None:
        """Digest of the plan that frames run through."""
        return None if self._routing is None else self._routing.plan.digest

    def adopt(self, routing: Routing | None) -> None:
        """Take up a plan that the engine serves by now (None: nothing)."""
        apps = () if routing is None else routing.plan.apps
        self._counts.keep([app.name for app in apps])
        self._decider.keep(apps)
        self._routing = routing

    def take(self, stream: str, frame: CapturedFrame) -> None:
        """A camera's frame, in the camera's thread."""
        routing = self._routing
        if routing is None:
            return
        for key, view in routing.of_stream(stream):
            sampler = self._samplers.setdefault(key, NestedSampler())
            rates = sampler.due(frame.captured_s, {app.fps for app in view.apps})
            due = tuple(app.name for app in view.apps if app.fps in rates)
            self._counts.captured([app.name for app in view.apps], due)
            if due:
                self._hand_over(routing, key, due, frame)

    def close(self) -> None:
        """End after the request in flight."""
        self._stopping.set()
        self._thread.join(_PATIENCE_S)
        self._client.close()

    def _hand_over(self, routing: Routing, key: ViewKey, due: tuple[str, ...], frame: CapturedFrame) -> None:
        height, width = routing.size(key)
        try:
            pixels = view_pixels(frame.picture, routing.crop(key), height, width)
        except MainstreamError:
            # The camera's picture has another size than the view was cut for; its VideoStream tells.
            self._counts.dropped(due)
            return
        displaced = self._queue.put(LiveFrame(key, pixels, due, frame.captured_s))
        if displaced is not None:
            self._counts.dropped(displaced.apps)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            taken = self._queue.take(_TAKE_TIMEOUT_S)
            if taken:
                try:
                    self._score(taken)
                except Exception:
                    # The sender is what the whole runner hangs on; what it could not handle is told and dropped.
                    _log.exception("frames were dropped")

    def _score(self, taken: Sequence[LiveFrame]) -> None:
        """Ask the engine until it answers for the plan in use, or the frames are too old."""
        deadline_s = time.monotonic() + _PATIENCE_S
        while not self._stopping.is_set() and time.monotonic() < deadline_s:
            routing = self._routing
            if routing is None:
                break
            asked = [(frame, self._due(routing, frame)) for frame in taken]
            frames = [due for _, due in asked if due is not None]
            try:
                scores = iter(self._client.score(routing.plan.digest, frames) if frames else [])
            except PlanNotServedError:
                self._engine_lost()
            except EngineUnavailableError as error:
                _log.warning("%s", error)
            else:
                for frame, due in asked:
                    self._conclude(frame, None if due is None else next(scores))
                return
            self._stopping.wait(_RETRY_S)
        for frame in taken:
            self._counts.dropped(frame.apps)

    def _due(self, routing: Routing, frame: LiveFrame) -> DueFrame | None:
        """The frame as the plan in use numbers it; None where nobody of its apps is left there."""
        apps = tuple(app for app in frame.apps if app in routing.apps(frame.key))
        if not apps or routing.size(frame.key) != frame.pixels.shape[:2]:
            return None
        return DueFrame(routing.numbers[frame.key], frame.pixels, apps)

    def _conclude(self, frame: LiveFrame, scores: dict[str, float] | None) -> None:
        scored = tuple(scores or ())
        self._counts.dropped([app for app in frame.apps if app not in scored])
        if scores:
            self._counts.analysed(scored)
            self._decider.take(frame.captured_s, scores)
