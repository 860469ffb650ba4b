"""The way of a frame, over changes of plan: camera to due apps to scaled pixels to scores to decisions.

A camera's thread never waits for the engine: it hands frames to a bounded queue from which the oldest are dropped, and
one thread asks the engine for whatever waits. A plan is taken up between two frames: the engine has loaded it beside
the old one; the feeder then replaces one reference. A frame that was scaled for the old plan is scored under it, which
the engine keeps for a while; where it no longer does, under the new one, for those of its apps that stay. So a change
of plan neither loses a frame nor holds one up.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from mainstream.errors import MainstreamError
from mainstream.frames import view_pixels
from mainstream.sampling import NestedSampler
from mainstream_runner.client import EngineClient, EngineUnavailableError, PlanNotServedError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider
from mainstream_runner.feeder.routing import Routing, ViewKey
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.feeder.waiting import WaitingFrame, WaitingFrames

_log = logging.getLogger(__name__)
LATE_S = 1.0
"""a frame that is decoded later than this after it was due is dropped"""
_TAKE_TIMEOUT_S = 0.2
_PATIENCE_S = 10.0
"""how long a frame waits for an engine that restarts or changes its plan; then it is dropped, and counted"""
_RETRY_S = 0.02
_COMPLAIN_S = 5.0
_CLOSE_TIMEOUT_S = 5.0

EngineLost = Callable[[str], None]
"""told the digest of a plan that the engine no longer serves"""


class Feeder:
    """Plays whatever plan it was given last."""

    def __init__(self, port: int, counts: FrameCounts, decider: Decider, engine_lost: EngineLost) -> None:
        """`port` is TorchServe's inference API on loopback."""
        self._client = EngineClient(port)
        self._counts = counts
        self._decider = decider
        self._engine_lost = engine_lost
        self._queue = WaitingFrames()
        self._routing: Routing | None = None
        self._samplers: dict[ViewKey, NestedSampler] = {}
        self._scored_s = time.monotonic()
        self._complained_s = float("-inf")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="sender", daemon=True)
        self._thread.start()

    @property
    def served(self) -> str | None:
        """Digest of the plan that frames run through."""
        return None if self._routing is None else self._routing.plan.digest

    @property
    def quiet_s(self) -> float:
        """Seconds since the engine last scored something."""
        return time.monotonic() - self._scored_s

    def adopt(self, routing: Routing | None) -> None:
        """Take up a plan that the engine serves by now (None: nothing)."""
        apps = [] if routing is None else [app for app in routing.plan.apps if app.name not in routing.without]
        self._counts.keep([app.name for app in apps])
        self._decider.keep(apps)
        self._routing = routing
        keys = () if routing is None else routing.numbers.keys()
        self._samplers = {key: sampler for key, sampler in self._samplers.items() if key in keys}

    def take(self, stream: str, frame: CapturedFrame) -> None:
        """A camera's frame, in the camera's thread."""
        routing = self._routing
        if routing is None:
            return
        for key, view in routing.of_stream(stream):
            sampler = self._samplers.setdefault(key, NestedSampler())
            rates = sampler.due(frame.due_s, {app.fps for app in view.apps})
            due = tuple(app.name for app in view.apps if app.fps in rates)
            self._counts.captured([app.name for app in view.apps], due)
            if due:
                self._hand_over(routing, key, due, frame)

    def drain(self, timeout_s: float) -> bool:
        """Wait until nothing waits and nothing is being scored; whether it is so by then."""
        deadline_s = time.monotonic() + timeout_s
        while len(self._queue) and time.monotonic() < deadline_s:
            time.sleep(_RETRY_S)
        return not len(self._queue)

    def close(self) -> None:
        """End after the request in flight; what still waits is dropped and counted."""
        self._stopping.set()
        self._thread.join(_CLOSE_TIMEOUT_S)
        self._client.close()

    # ---- the cameras' threads -------------------------------------------------------------------------------------

    def _hand_over(self, routing: Routing, key: ViewKey, due: tuple[str, ...], frame: CapturedFrame) -> None:
        if time.monotonic() - frame.due_s > LATE_S:
            self._counts.dropped(due)
            return
        height, width = routing.size(key)
        try:
            pixels = view_pixels(frame.picture, routing.crop(key), height, width)
        except Exception as error:
            # The camera's picture has another size than the view was cut for (its VideoStream tells), or is broken:
            # the frame is accounted for either way.
            if not isinstance(error, MainstreamError):
                _log.warning("a frame of %s could not be scaled: %s", key.stream, type(error).__name__)
            self._counts.dropped(due)
            return
        waiting = WaitingFrame(key, pixels, due, frame.index, frame.captured_s, frame.due_s, routing)
        displaced = self._queue.put(waiting)
        if displaced is not None:
            self._counts.dropped(displaced.apps)

    # ---- the sender's thread --------------------------------------------------------------------------------------

    def _serve(self) -> None:
        while not self._stopping.is_set():
            for request in _requests(self._queue.take(_TAKE_TIMEOUT_S)):
                self._score(request)
            self._queue.done()
        for frame in self._queue.take(0.0):
            self._counts.dropped(frame.apps)

    def _score(self, taken: Sequence[WaitingFrame]) -> None:
        """Ask the engine until it answers, or the frames are too old; every frame is concluded.

        All are of one plan. Where that is no longer served, the plan in use is asked for.
        """
        open_frames = list(taken)
        routing = taken[0].routing
        deadline_s = time.monotonic() + _PATIENCE_S
        try:
            while not self._stopping.is_set() and time.monotonic() < deadline_s:
                asked = [(frame, self._due(routing, frame)) for frame in taken]
                frames = [due for _, due in asked if due is not None]
                try:
                    scores = iter(self._client.score(routing.plan.digest, frames) if frames else [])
                except PlanNotServedError:
                    now = self._routing
                    if now is None:
                        break
                    if now is not routing:
                        routing = now
                        continue
                    self._engine_lost(routing.plan.digest)
                except EngineUnavailableError as error:
                    self._complain(error)
                else:
                    self._scored_s = time.monotonic()
                    for frame, due in asked:
                        open_frames.remove(frame)
                        self._conclude(frame, None if due is None else next(scores))
                    return
                self._stopping.wait(_RETRY_S)
        except Exception:
            # The sender is what the whole runner hangs on; what it could not handle is told and dropped.
            _log.exception("frames were dropped")
        for frame in open_frames:
            self._counts.dropped(frame.apps)

    def _complain(self, error: EngineUnavailableError) -> None:
        """Once in a while: it is asked many times a second."""
        if time.monotonic() - self._complained_s > _COMPLAIN_S:
            self._complained_s = time.monotonic()
            _log.warning("%s", error)

    def _due(self, routing: Routing, frame: WaitingFrame) -> DueFrame | None:
        """The frame as the plan numbers it; None where nobody of its apps is there."""
        there = routing.apps(frame.key)
        apps = tuple(app for app in frame.apps if app in there)
        if not apps or routing.size(frame.key) != frame.pixels.shape[:2]:
            return None
        return DueFrame(routing.numbers[frame.key], frame.pixels, apps)

    def _conclude(self, frame: WaitingFrame, scores: dict[str, float] | None) -> None:
        scored = [app for app in frame.apps if scores is not None and app in scores]
        self._counts.dropped([app for app in frame.apps if app not in scored])
        self._counts.analysed(scored)
        if scores:
            self._decider.take(frame, scores)


def _requests(taken: Sequence[WaitingFrame]) -> Iterator[list[WaitingFrame]]:
    """One for frames of a plan that follow each other; without sharing each app pays for its own way to the engine."""
    for _, frames in groupby(taken, key=lambda frame: id(frame.routing)):
        request = list(frames)
        yield from [request] if request[0].routing.plan.sharing else ([frame] for frame in request)
