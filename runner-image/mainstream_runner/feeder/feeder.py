"""The way of a frame, over changes of plan: camera to due apps to scaled pixels to scores to decisions.

A camera's thread never waits for the engine: it hands frames to a bounded queue from which the oldest are dropped, and
two threads ask the engine for whatever waits, each with a connection and memory of its own: while one request is
scored, the next one is already there, so that the engine does not wait for what lies between. They conclude in
the order in which they took. A plan is taken up between two frames: the engine has loaded it beside the old one; the
feeder then replaces one reference. A frame that was scaled for the old plan is scored under it, which the engine keeps
for a while; where it no longer does, under the new one, for those of its apps that stay. So a change of plan neither
loses a frame nor holds one up.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mainstream.errors import MainstreamError
from mainstream.footage.frames import view_pixels
from mainstream.footage.masks import grey_out
from mainstream.footage.substream import crop_in, masks_in
from mainstream.laws.sampling import NestedSampler
from mainstream_runner.client import EngineUnavailableError, PlanNotServedError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider
from mainstream_runner.feeder.routing import Routing, ViewKey, ViewRoute
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.feeder.view_gates import ViewGates
from mainstream_runner.feeder.waiting import WaitingFrame, WaitingFrames
from mainstream_runner.line.caller import EngineLine
from mainstream_runner.pixel_memory import REQUESTS_IN_FLIGHT

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
        self._lines = [EngineLine(port) for _ in range(REQUESTS_IN_FLIGHT)]
        self._counts = counts
        self._decider = decider
        self._engine_lost = engine_lost
        self._queue = WaitingFrames()
        self._routing: Routing | None = None
        self._samplers: dict[ViewKey, NestedSampler] = {}
        self.gates = ViewGates()
        self._last_scores: dict[str, tuple[int, float]] = {}
        """the look that a score is of, and the score, by scorer; written and read in turns"""
        self._scored_s = time.monotonic()
        self._complained_s = float("-inf")
        self._stopping = threading.Event()
        self._senders = [
            threading.Thread(target=self._serve, args=(line,), name=f"sender-{number}", daemon=True)
            for number, line in enumerate(self._lines)
        ]
        for sender in self._senders:
            sender.start()

    @property
    def served(self) -> str | None:
        """Digest of the plan that frames run through."""
        return None if self._routing is None else self._routing.digest

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
        keys = () if routing is None else routing.routes.keys()
        self._samplers = {key: sampler for key, sampler in self._samplers.items() if key in keys}
        self.gates.keep(routing)
        scorers = set() if routing is None else set(routing.scorers.values())
        self._last_scores = {scorer: score for scorer, score in self._last_scores.items() if scorer in scorers}

    def take(self, stream: str, frame: CapturedFrame) -> None:
        """A camera's frame, in the camera's thread."""
        routing = self._routing
        if routing is None:
            return
        pace = self.gates.pace
        for route in routing.by_stream.get(stream, ()):
            sampler = self._samplers.get(route.key) or self._samplers.setdefault(route.key, NestedSampler())
            due = route.view.due(sampler, frame.due_s, pace)
            self._counts.captured(route.apps, due)
            if due:
                self._hand_over(routing, route, due, frame)

    def drain(self, timeout_s: float) -> bool:
        """Wait until nothing waits and nothing is being scored; whether it is so by then."""
        deadline_s = time.monotonic() + timeout_s
        while len(self._queue) and time.monotonic() < deadline_s:
            time.sleep(_RETRY_S)
        return not len(self._queue)

    def close(self) -> None:
        """End after the requests in flight; what still waits is dropped and counted."""
        self._stopping.set()
        for sender in self._senders:
            sender.join(_CLOSE_TIMEOUT_S)
        for line in self._lines:
            line.close()

    # ---- the cameras' threads -------------------------------------------------------------------------------------

    def _hand_over(self, routing: Routing, route: ViewRoute, due: tuple[str, ...], frame: CapturedFrame) -> None:
        if time.monotonic() - frame.due_s > LATE_S:
            self._counts.dropped(due)
            return
        key, masks, crop = route.key, route.masks, route.crop
        try:
            if frame.of_size is not None:
                masks, crop = masks_in(masks, frame.of_size, frame.size), crop_in(crop, frame.of_size, frame.size)
            grey_out(frame.picture, masks, frame.way_up)
            pixels = view_pixels(frame.picture, crop, *route.size, way_up=frame.way_up)
        except Exception as error:
            # The camera's picture has another size than the view was cut for (its VideoStream tells), or is broken:
            # the frame is accounted for either way.
            if not isinstance(error, MainstreamError):
                _log.warning("a frame of %s could not be scaled: %s", key.stream, type(error).__name__)
            self._counts.dropped(due)
            return
        look, stands_on = self.gates.look(routing, key, pixels, due, frame.due_s)
        waiting = WaitingFrame(key, pixels, due, frame.index, frame.captured_s, frame.due_s, routing, look, stands_on)
        displaced = self._queue.put(waiting)
        if displaced is not None:
            self._drop(displaced, displaced.apps)

    # ---- the senders' threads -------------------------------------------------------------------------------------

    def _serve(self, line: EngineLine) -> None:
        while not self._stopping.is_set():
            self._send(line, _TAKE_TIMEOUT_S)
        while self._send(line, 0.0):
            pass  # what still waits is dropped, and counted

    def _send(self, line: EngineLine, timeout_s: float) -> bool:
        """Have one request scored and every frame of it concluded; whether there was one."""
        taken = self._queue.take(timeout_s)
        if taken is None:
            return False
        answered, routing = self._scores(line, taken.frames)
        with self._queue.turn(taken):
            for frame, scores in zip(taken.frames, answered, strict=True):
                self._keep_scores(routing, frame, scores or {})
                if frame.stands_on:
                    self._conclude_standing(line, frame, scores or {})
                else:
                    self._conclude(frame, scores or {}, {})
        return True

    def _conclude_standing(self, line: EngineLine, frame: WaitingFrame, scores: Mapping[str, float]) -> None:
        """Conclude a frame on which some scores stand; who stood on a look that was dropped runs on it after all."""
        standing = self._standing(frame)
        lacking = tuple(app for app in frame.stands_on if app not in standing)
        more = self._scores(line, [replace(frame, apps=lacking, stands_on={})])[0][0] if lacking else None
        self._conclude(frame, {**scores, **(more or {})}, standing)

    def _standing(self, frame: WaitingFrame) -> dict[str, float]:
        """Scores of the apps that did not run, but for those that stood on a look which was dropped."""
        standing = {}
        for app, look in frame.stands_on.items():
            of_look, score = self._last_scores.get(frame.routing.scorers[app], (None, 0.0))
            if of_look == look:
                standing[app] = score
        return standing

    def _keep_scores(self, routing: Routing, frame: WaitingFrame, scores: Mapping[str, float]) -> None:
        """What may stand from now on."""
        for app, score in scores.items():
            self._last_scores[routing.scorers[app]] = frame.look, score

    def _scores(self, line: EngineLine, taken: Sequence[WaitingFrame]) -> tuple[list[dict[str, float] | None], Routing]:
        """Ask the engine until it answers, or the frames are too old; None for a frame that has no scores.

        All are of one plan. Where that is no longer served, the plan in use is asked for, and told beside the scores.
        """
        routing = taken[0].routing
        deadline_s = time.monotonic() + _PATIENCE_S
        try:
            while not self._stopping.is_set() and time.monotonic() < deadline_s:
                asked = [self._due(routing, frame) for frame in taken]
                frames = [due for due in asked if due is not None]
                try:
                    scores = iter(line.score(routing.digest, frames) if frames else [])
                except PlanNotServedError:
                    now = self._routing
                    if now is None:
                        break
                    if now is not routing:
                        routing = now
                        continue
                    self._engine_lost(routing.digest)
                except EngineUnavailableError as error:
                    self._complain(error)
                else:
                    self._scored_s = time.monotonic()
                    return [None if due is None else next(scores) for due in asked], routing
                self._stopping.wait(_RETRY_S)
        except Exception:
            # The senders are what the whole runner hangs on; what they could not handle is told and dropped.
            _log.exception("frames were dropped")
        return [None] * len(taken), routing

    def _drop(self, frame: WaitingFrame, apps: tuple[str, ...]) -> None:
        """Give a frame up for these apps: they have no score that could stand."""
        self._counts.dropped(apps)
        self.gates.forget(frame.routing, frame.key, apps)

    def _complain(self, error: EngineUnavailableError) -> None:
        """Once in a while: it is asked many times a second."""
        if time.monotonic() - self._complained_s > _COMPLAIN_S:
            self._complained_s = time.monotonic()
            _log.warning("%s", error)

    def _due(self, routing: Routing, frame: WaitingFrame) -> DueFrame | None:
        """The frame as the plan numbers it; None where nobody of its apps is there."""
        route, apps = routing.routes.get(frame.key), frame.running
        if route is None:
            return None
        if routing is not frame.routing:
            apps = tuple(app for app in apps if app in route.apps)
        if not apps or route.size != frame.pixels.shape[:2]:
            return None
        return DueFrame(route.number, frame.pixels, apps)

    def _conclude(self, frame: WaitingFrame, ran: Mapping[str, float], standing: Mapping[str, float]) -> None:
        scores = {app: score for app, score in (*ran.items(), *standing.items()) if app in frame.apps}
        if len(scores) < len(frame.apps):
            self._drop(frame, tuple(app for app in frame.apps if app not in scores))
        self._counts.analysed(scores, standing)
        if scores:
            try:
                self._decider.take(frame, scores)
            except Exception:
                # As above: no disk that is full, no sink that has a bug ends the sender.
                _log.exception("a frame's scores could not be decided on")
