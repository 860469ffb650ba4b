"""Threads around the deciding parts: one a stream that decodes and scales, one that asks the engine.

A stream's thread never waits for the engine: it hands frames to a bounded queue from which the oldest are dropped. So
the next frame is decoded and scaled while a request is in flight, and what is late is counted, not hidden.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from mainstream.errors import MainstreamError
from mainstream.frames import view_pixels
from mainstream.runner_plan import RunnerStream
from mainstream_runner.client import EngineClient, EngineUnavailableError, PlanNotServedError
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.feeder.config import FeederConfig
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider
from mainstream_runner.feeder.due import DueApps
from mainstream_runner.feeder.source import CapturedFrame, Source
from mainstream_runner.feeder.waiting import WaitingFrame, WaitingFrames
from mainstream_runner.views import plan_views

_log = logging.getLogger(__name__)

LATE_S = 1.0
"""a frame that is decoded later than this after it was due is dropped"""
_TAKE_TIMEOUT_S = 0.2
_BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""waits between attempts to reach an engine that does not answer"""
_STOP_TIMEOUT_S = 10.0

Say = Callable[[dict[str, Any]], None]


class Feeder:
    """Plays one plan."""

    def __init__(self, config: FeederConfig, client: EngineClient, decider: Decider, say: Say) -> None:
        self._config = config
        self._client = client
        self._decider = decider
        self._say = say
        self._views = plan_views(config.plan)
        self._counts = FrameCounts(app.name for app in config.plan.apps)
        self._waiting = WaitingFrames(len(self._views))
        self._sizes: list[tuple[int, int]] = []
        self._stopping = threading.Event()
        self._failure: MainstreamError | None = None
        self._start_s = self._ended_s = 0.0

    def stop(self) -> None:
        """End playing after the frames that wait (from a signal handler or another thread)."""
        self._stopping.set()

    def run(self) -> None:
        """Load the plan, play until the streams end or `stop` is called, close open reports."""
        self._sizes = self._client.load(self._config.plan, self._config.store)["sizes"]
        with contextlib.ExitStack() as opened:
            sources = [(stream, self._open(stream, opened)) for stream in self._config.plan.streams]
            self._say({"kind": "playing", "cpu_s": time.process_time()})
            self._start_s = self._ended_s = time.monotonic()
            threads = [
                threading.Thread(target=self._play, args=source, name=f"stream-{source[0].name}", daemon=True)
                for source in sources
            ]
            for thread in threads:
                thread.start()
            try:
                self._serve(threads)
            finally:
                self._stopping.set()
                for thread in threads:
                    thread.join(_STOP_TIMEOUT_S)
        if self._failure is not None:
            raise self._failure

    def _open(self, stream: RunnerStream, opened: contextlib.ExitStack) -> Source:
        source = Source(stream, self._config.start_frame, self._config.end_frame)
        opened.callback(source.close)
        return source

    def _play(self, stream: RunnerStream, source: Source) -> None:
        try:
            views = [(number, view) for number, view in enumerate(self._views) if view.stream == stream.name]
            apps = [app.name for _, view in views for app in view.apps]
            due_apps = DueApps(views)
            for frame in source.frames(self._start_s):
                if self._stopping.is_set():
                    return
                due = due_apps.of(frame.due_s)
                self._counts.captured(apps, {app for _, names in due for app in names})
                for number, names in due:
                    self._hand_over(stream, number, names, frame)
        except MainstreamError as error:
            self._failure = error
            self._stopping.set()
        except Exception:
            _log.exception("stream %s ended", stream.name)
            self._failure = MainstreamError("the stream's thread ended; its log says why", source=stream.name)
            self._stopping.set()
        finally:
            self._ended_s = max(self._ended_s, time.monotonic())

    def _hand_over(self, stream: RunnerStream, number: int, apps: tuple[str, ...], frame: CapturedFrame) -> None:
        if time.monotonic() - frame.due_s > LATE_S:
            self._counts.dropped(apps)
            return
        height, width = self._sizes[number]
        pixels = view_pixels(frame.picture, stream.crops[self._views[number].view], height, width)
        due = DueFrame(number, pixels, apps)
        displaced = self._waiting.put(WaitingFrame(due, frame.index, frame.captured_s))
        if displaced is not None:
            self._counts.dropped(displaced.due.apps)

    def _serve(self, threads: list[threading.Thread]) -> None:
        """Ask the engine until no thread plays and nothing waits."""
        said_s = 0.0
        while True:
            playing = any(thread.is_alive() for thread in threads)
            taken = self._waiting.take(_TAKE_TIMEOUT_S)
            if taken:
                self._ask(taken)
            elif not playing:
                break
            seconds = time.monotonic() - self._start_s
            if seconds - said_s >= 1.0:
                said_s = seconds
                self._say({"kind": "progress", "tallies": self._tallies(), "seconds": seconds})
        self._say_events(self._decider.close())
        self._say(
            {
                "kind": "played",
                "seconds": self._ended_s - self._start_s,
                # Told, not looked up: this process may be gone before anyone can look.
                "cpu_s": time.process_time(),
                "tallies": self._tallies(),
                "reports": self._decider.reports(),
            }
        )

    def _say_events(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self._say({"kind": "event", "seconds": time.monotonic() - self._start_s, "event": event})

    def _ask(self, taken: list[WaitingFrame]) -> None:
        """What waits travels in one request; without sharing each app pays for its own."""
        for request in [taken] if self._config.plan.sharing else [[frame] for frame in taken]:
            self._score(request)

    def _score(self, taken: list[WaitingFrame]) -> None:
        scores = self._scores([frame.due for frame in taken])
        for position, frame in enumerate(taken):
            if scores is None:
                self._counts.dropped(frame.due.apps)
                continue
            events = self._decider.take(frame, scores[position])
            self._counts.analysed(frame.due.apps)
            self._say_events(events)

    def _scores(self, frames: list[DueFrame]) -> list[dict[str, float]] | None:
        """Scores, over a restart of the worker if need be; None where it takes too long and the frames are late."""
        for wait_s in (*_BACK_OFF_S, None):
            try:
                return self._client.score(self._config.plan.digest, frames)
            except PlanNotServedError:
                self._reload()
            except EngineUnavailableError as error:
                _log.warning("%s", error)
            if wait_s is None or self._stopping.wait(wait_s):
                break
        return None

    def _reload(self) -> None:
        with contextlib.suppress(EngineUnavailableError, PlanNotServedError):
            self._client.load(self._config.plan, self._config.store)

    def _tallies(self) -> dict[str, dict[str, int]]:
        return {app: tally.model_dump() for app, tally in self._counts.tallies().items()}
