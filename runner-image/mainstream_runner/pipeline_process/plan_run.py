"""Plays one plan until its files end, or until it is told to stop: what leads the feeder in `mainstream run`.

Files are played once, from a common start, and their frames carry their position as time; cameras are played as in a
pod, opened again whenever they fail.
"""

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.runner_plan import RunnerApp, RunnerStream
from mainstream_runner.alert import Alert
from mainstream_runner.client import EngineClient, EngineUnavailableError, PlanNotServedError
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.feeder.camera import Camera
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.decider import Decider, DeliverAlert
from mainstream_runner.feeder.feeder import Feeder
from mainstream_runner.feeder.frames_file import FramesFile
from mainstream_runner.feeder.routing import Routing, served_routing
from mainstream_runner.feeder.source import FILE, CapturedFrame, Source
from mainstream_runner.pipeline_process.config import FeederConfig
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.sinks.spool import Spool

_log = logging.getLogger(__name__)
_STEP_S = 0.05
_SAID_EVERY_S = 1.0
_CONNECT_TIMEOUT_S = 20.0
"""until a camera has to have delivered its first frame"""
_DRAIN_TIMEOUT_S = 15.0
_DELIVER_TIMEOUT_S = 10.0
"""what sinks have not taken by then stays undelivered, and is told"""
_STOPPED_DELIVER_TIMEOUT_S = 1.0
_STOP_TIMEOUT_S = 10.0

Say = Callable[[dict[str, Any]], None]


class Play:
    """One run."""

    def __init__(self, config: FeederConfig, say: Say) -> None:
        self._config = config
        self._say = say
        self._stopping = threading.Event()
        self._engine_lost = threading.Event()
        self._failure: MainstreamError | None = None
        self._start_s = self._ended_s = time.monotonic()
        self._rings = {stream.name: PacketRing() for stream in config.plan.streams}
        self._cameras: dict[str, Camera] = {}
        self._counts = FrameCounts()

    def stop(self) -> None:
        """End playing after the frames that wait (from a signal handler or another thread)."""
        self._stopping.set()

    def run(self) -> None:
        """Load the plan, play, close open reports; raises `MainstreamError` naming what can't be used."""
        with contextlib.ExitStack() as opened:
            sinks = self._open_sinks(opened)
            frames = FramesFile(self._config.out / "frames.jsonl")
            opened.callback(frames.close)
            decider = Decider(self._deliverer(sinks), sinks.alerts_before, frames.write)
            routing = self._load()
            sources = [(stream, self._open(stream, opened)) for stream in self._files()]
            feeder = Feeder(self._config.port, self._counts, decider, lambda _: self._engine_lost.set())
            with contextlib.closing(feeder):
                self._start_cameras(feeder, opened)
                feeder.adopt(routing)
                self._say({"kind": "playing", "cpu_s": time.process_time()})
                self._start_s = self._ended_s = time.monotonic()
                stopped = self._play_all(feeder, sources)
            self._conclude(decider, sinks, _STOPPED_DELIVER_TIMEOUT_S if stopped else _DELIVER_TIMEOUT_S)
        if self._failure is not None:
            raise self._failure

    # ---- beginning ------------------------------------------------------------------------------------------------

    def _open_sinks(self, opened: contextlib.ExitStack) -> AlertDelivery:
        """Sinks with nothing of an earlier run in them."""
        out, plan = self._config.out, self._config.plan
        for left in (out / "spool", out / "clips"):
            shutil.rmtree(left, ignore_errors=True)
        spool = Spool(out / "spool")
        opened.callback(spool.close)
        recorder = ClipRecorder(out / "clips", self._rings.get)
        sinks = AlertDelivery(spool, recorder, AlertFiles(out / "events", single_run=True), node=plan.node)
        opened.callback(sinks.close)
        sinks.keep(plan.apps, self._config.credentials.sinks)
        for stream in plan.streams:
            clips = any(app.stream == stream.name and app.wants_clips for app in plan.apps)
            self._rings[stream.name].want(clips)
        return sinks

    def _files(self) -> Iterator[RunnerStream]:
        return (stream for stream in self._config.plan.streams if stream.url.startswith(FILE))

    def _open(self, stream: RunnerStream, opened: contextlib.ExitStack) -> Source:
        config = self._config
        source = Source(
            stream,
            start_frame=config.start_frame,
            end_frame=config.end_frame,
            positions=True,
            ring=self._rings[stream.name],
        )
        opened.callback(source.close)
        return source

    def _start_cameras(self, feeder: Feeder, opened: contextlib.ExitStack) -> None:
        """Wait until every camera delivers; raises `InvalidInputError` for one that does not."""
        logins = self._config.credentials.logins
        for stream in self._config.plan.streams:
            if not stream.url.startswith(FILE):
                camera = Camera(stream, logins.get(stream.name), self._camera_taker(feeder), self._rings[stream.name])
                self._cameras[stream.name] = camera
                opened.callback(camera.stop)
        deadline_s = time.monotonic() + _CONNECT_TIMEOUT_S
        for name, camera in self._cameras.items():
            while (report := camera.report()).state != "decoding" and not self._stopping.is_set():
                if report.state == "failing" or time.monotonic() > deadline_s:
                    raise InvalidInputError(report.problem or "the camera does not answer", source=name)
                time.sleep(_STEP_S)

    def _camera_taker(self, feeder: Feeder) -> Callable[[str, CapturedFrame], None]:
        taken: dict[str, int] = {}

        def take(stream: str, frame: CapturedFrame) -> None:
            if feeder.served is None or self._stopping.is_set():
                return
            if taken.get(stream, 0) == self._config.end_frame:
                self._cameras[stream].stop()
                return
            taken[stream] = taken.get(stream, 0) + 1
            self._ended_s = time.monotonic()
            feeder.take(stream, frame)

        return take

    def _load(self) -> Routing:
        with contextlib.closing(EngineClient(self._config.port)) as client:
            report = client.load(self._config.plan, self._config.store)
        for app, problem in report.get("unavailable_apps", {}).items():
            raise InvalidInputError(problem, field=f"apps[{app}]")
        return served_routing(self._config.plan, report)

    # ---- playing --------------------------------------------------------------------------------------------------

    def _play_all(self, feeder: Feeder, sources: list[tuple[RunnerStream, Source]]) -> bool:
        """Until nothing plays and nothing waits; whether it was told to stop before."""
        threads = [
            threading.Thread(target=self._play, args=(feeder, *source), name=f"file-{source[0].name}", daemon=True)
            for source in sources
        ]
        for thread in threads:
            thread.start()
        try:
            self._follow(feeder, threads)
            return self._stopping.is_set()
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join(_STOP_TIMEOUT_S)

    def _play(self, feeder: Feeder, stream: RunnerStream, source: Source) -> None:
        try:
            for frame in source.frames(self._start_s):
                if self._stopping.is_set():
                    return
                feeder.take(stream.name, frame)
        except MainstreamError as error:
            self._failure = error
            self._stopping.set()
        except Exception:
            _log.exception("stream %s ended", stream.name)
            self._failure = MainstreamError("the stream's thread ended; its log says why", source=stream.name)
            self._stopping.set()
        finally:
            self._ended_s = max(self._ended_s, time.monotonic())

    def _follow(self, feeder: Feeder, threads: list[threading.Thread]) -> None:
        """Until nobody plays and nothing waits."""
        said_s = 0.0
        drained_by_s: float | None = None
        while True:
            seconds = time.monotonic() - self._start_s
            if seconds - said_s >= _SAID_EVERY_S:
                said_s = seconds
                self._say({"kind": "progress", "tallies": self._tallies(), "seconds": seconds})
            if self._engine_lost.is_set():
                self._reload(feeder)
            playing = any(thread.is_alive() for thread in threads) or any(
                camera.is_playing for camera in self._cameras.values()
            )
            if not playing or self._stopping.is_set():
                drained_by_s = drained_by_s or time.monotonic() + _DRAIN_TIMEOUT_S
                if feeder.drain(_STEP_S) or time.monotonic() > drained_by_s:
                    return
            else:
                self._stopping.wait(_STEP_S)

    def _reload(self, feeder: Feeder) -> None:
        """After its worker was restarted the engine serves nothing."""
        with contextlib.suppress(EngineUnavailableError, PlanNotServedError):
            feeder.adopt(self._load())
            self._engine_lost.clear()

    # ---- ending ---------------------------------------------------------------------------------------------------

    def _conclude(self, decider: Decider, sinks: AlertDelivery, deliver_timeout_s: float) -> None:
        cpu_s = time.process_time()
        decider.close()
        undelivered = sinks.drain(deliver_timeout_s)
        self._say(
            {
                "kind": "played",
                "seconds": self._ended_s - self._start_s,
                # Told, not looked up: this process may be gone before anyone can look.
                "cpu_s": cpu_s,
                "tallies": self._tallies(),
                "reports": decider.alerts(),
                "undelivered": undelivered,
            }
        )

    def _deliverer(self, sinks: AlertDelivery) -> DeliverAlert:
        def deliver(app: RunnerApp, alert: Alert) -> None:
            sinks.deliver(app, alert)
            said = {"event": alert.phase, "app": alert.app, "end_s": alert.end_s}
            self._say({"kind": "event", "seconds": time.monotonic() - self._start_s, "event": said})

        return deliver

    def _tallies(self) -> dict[str, dict[str, int]]:
        return {app: tally.model_dump() for app, tally in self._counts.tallies().items()}
