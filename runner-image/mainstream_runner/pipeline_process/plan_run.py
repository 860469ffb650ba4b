"""Steers a frame pipeline through one plan until its files end, or until it is told to stop.

Files are played once, from a common start, and their frames carry their position as time; cameras are played as in a
pod, opened again whenever they fail.
"""

import contextlib
import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.footage.stream_fit import DeliveredPicture
from mainstream.messages.alert import Alert
from mainstream.messages.runner_plan import RunnerStream, fastest_fps
from mainstream_runner.client import EngineUnavailableError, PlanNotServedError
from mainstream_runner.decoding.mode_in_force import ModeInForce
from mainstream_runner.feeder.frames_file import FramesFile
from mainstream_runner.feeder.packet_reader import FILE
from mainstream_runner.feeder.routing import Routing, served_routing
from mainstream_runner.feeder.source import CapturedFrame, Source, own_mode
from mainstream_runner.pipeline.frame_pipeline import FramePipeline, PipelineStorage
from mainstream_runner.pipeline_process.config import RunConfig
from mainstream_runner.pipeline_process.messages import (
    AlertChanged,
    RunEnded,
    RunMessage,
    RunNoticed,
    RunProgressed,
    RunStarted,
)
from mainstream_runner.pipeline_process.stream_watch import StreamWatch
from mainstream_runner.run_result import EVENTS_FOLDER, FRAMES_FILE
from mainstream_runner.sinks.json_lines import AlertFiles

_log = logging.getLogger(__name__)
_STEP_S = 0.05
_PROGRESS_EVERY_S = 1.0
_CONNECT_TIMEOUT_S = 20.0
"""until a camera has to have delivered its first frame"""
_DRAIN_TIMEOUT_S = 15.0
_DELIVER_TIMEOUT_S = 10.0
"""what sinks have not taken by then stays undelivered, and is counted"""
_STOPPED_DELIVER_TIMEOUT_S = 1.0
_STOP_TIMEOUT_S = 10.0

_File = tuple[RunnerStream, Source]


class PlanRun:
    """One run."""

    def __init__(self, config: RunConfig, send: Callable[[RunMessage], None]) -> None:
        self._config = config
        self._send = send
        self._stopping = threading.Event()
        self._failure: MainstreamError | None = None
        self._start_s = self._ended_s = time.monotonic()
        self._watch = StreamWatch(config.plan, self._send_notice)
        self._needed_fps = fastest_fps(config.plan)
        self._taken: dict[str, int] = {}
        """frames of cameras"""

    def stop(self) -> None:
        """End playing after the frames that wait (from a signal handler or another thread)."""
        self._stopping.set()

    def run(self) -> None:
        """Load the plan, play, close open alerts; raises `MainstreamError` naming what can't be used."""
        with contextlib.ExitStack() as opened:
            frames = opened.enter_context(contextlib.closing(FramesFile(self._config.out / FRAMES_FILE)))
            self._pipeline = pipeline = self._open_pipeline(frames)
            deliver_s = 0.0
            try:
                routing = self._load()
                streams = self._config.plan.streams
                files = [(stream, self._open(stream, opened)) for stream in streams if _is_file(stream)]
                for stream, source in files:
                    self._watch.check(stream, source.delivered)
                self._open_cameras()
                pipeline.adopt(routing, self._config.credentials.sinks)
                self._send(RunStarted(cpu_s=time.process_time()))
                self._start_s = self._ended_s = time.monotonic()
                deliver_s = _STOPPED_DELIVER_TIMEOUT_S if self._play(files) else _DELIVER_TIMEOUT_S
                cpu_s = time.process_time()
            finally:
                undelivered = pipeline.close(deliver_s)
            if self._failure is not None:
                raise self._failure
            self._send(
                RunEnded(
                    seconds=self._ended_s - self._start_s,
                    cpu_s=cpu_s,
                    frames=pipeline.counts.tallies(),
                    alerts=pipeline.decider.alerts(),
                    undelivered=undelivered,
                )
            )

    # ---- beginning ------------------------------------------------------------------------------------------------

    def _open_pipeline(self, frames: FramesFile) -> FramePipeline:
        """With nothing of an earlier run in it."""
        out, plan = self._config.out, self._config.plan
        storage = PipelineStorage(out / "spool", out / "clips", AlertFiles(out / EVENTS_FOLDER, single_run=True))
        for left in (storage.spool, storage.clips):
            shutil.rmtree(left, ignore_errors=True)
        pipeline = FramePipeline(
            self._config.port, plan.node, storage, on_alert=self._send_alert, note_frames=frames.write
        )
        pipeline.cameras.film(plan)
        return pipeline

    def _load(self) -> Routing:
        state = self._pipeline.load(self._config.plan, self._config.store)
        for app, problem in state.unavailable_apps.items():
            raise InvalidInputError(problem, field=f"apps[{app}]")
        return served_routing(self._config.plan, state)

    def _open(self, stream: RunnerStream, opened: contextlib.ExitStack) -> Source:
        config = self._config
        source = Source(
            stream,
            modes=ModeInForce(own_mode(stream), self._needed_fps[stream.name]),
            start_frame=config.start_frame,
            end_frame=config.end_frame,
            positions=True,
            ring=self._pipeline.cameras.ring(stream.name),
        )
        opened.callback(source.close)
        return source

    def _open_cameras(self) -> None:
        """Wait until every camera delivers; raises `InvalidInputError` for one that does not."""
        cameras = self._pipeline.cameras
        streams = self._follow_cameras()
        deadline_s = time.monotonic() + _CONNECT_TIMEOUT_S
        for stream in streams:
            while (report := cameras.reports()[stream.name]).state != "decoding" and not self._stopping.is_set():
                if report.state == "waiting":
                    # It answers, and the source knows for how long a key frame is worth waiting for.
                    deadline_s = time.monotonic() + _CONNECT_TIMEOUT_S
                    self._watch.follow(stream, report)
                if report.state == "failing" or time.monotonic() > deadline_s:
                    raise InvalidInputError(report.problem or "the camera does not answer", source=stream.name)
                time.sleep(_STEP_S)
            self._watch.check(stream, DeliveredPicture(report.width, report.height, None))

    def _follow_cameras(self) -> list[RunnerStream]:
        """Play those of the plan; what is decoded beside them follows from how they go."""
        streams = [stream for stream in self._config.plan.streams if not _is_file(stream)]
        self._pipeline.cameras.follow(streams, self._config.credentials.logins, self._take, self._needed_fps)
        return streams

    # ---- playing --------------------------------------------------------------------------------------------------

    def _play(self, files: Sequence[_File]) -> bool:
        """Until nothing plays and nothing waits; whether it was told to stop before."""
        threads = [
            threading.Thread(target=self._play_file, args=file, name=f"file-{file[0].name}", daemon=True)
            for file in files
        ]
        for thread in threads:
            thread.start()
        try:
            self._follow(threads)
            return self._stopping.is_set()
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join(_STOP_TIMEOUT_S)

    def _play_file(self, stream: RunnerStream, source: Source) -> None:
        try:
            for frame in source.frames(self._start_s):
                if self._stopping.is_set():
                    return
                self._pipeline.take(stream.name, frame)
            self._watch.conclude(stream, source.decode_errors, source.clock_jumps)
        except MainstreamError as error:
            self._failure = error
            self._stopping.set()
        except Exception:
            _log.exception("stream %s ended", stream.name)
            self._failure = MainstreamError("the stream's thread ended; its log says why", source=stream.name)
            self._stopping.set()
        finally:
            self._ended_s = max(self._ended_s, time.monotonic())

    def _take(self, stream: str, frame: CapturedFrame) -> None:
        """A camera's frame: as many as were asked for, from the start on."""
        if self._pipeline.served is None or self._stopping.is_set():
            return
        if self._taken.get(stream, 0) == self._config.end_frame:
            self._pipeline.cameras.stop(stream)
            return
        self._taken[stream] = self._taken.get(stream, 0) + 1
        self._ended_s = time.monotonic()
        self._pipeline.take(stream, frame)

    def _follow(self, files: Sequence[threading.Thread]) -> None:
        """Until nothing plays and nothing waits."""
        sent_s = 0.0
        drained_by_s: float | None = None
        while True:
            seconds = time.monotonic() - self._start_s
            if seconds - sent_s >= _PROGRESS_EVERY_S:
                sent_s = seconds
                self._send(RunProgressed(seconds=seconds, frames=self._pipeline.counts.tallies()))
                self._follow_cameras()
                reports = self._pipeline.cameras.reports()
                for stream in self._config.plan.streams:
                    if stream.name in reports:
                        self._watch.follow(stream, reports[stream.name])
            if self._pipeline.has_lost_plan:
                self._reload()
            playing = any(thread.is_alive() for thread in files) or self._pipeline.cameras.are_playing()
            if not playing or self._stopping.is_set():
                drained_by_s = drained_by_s or time.monotonic() + _DRAIN_TIMEOUT_S
                if self._pipeline.drain(_STEP_S) or time.monotonic() > drained_by_s:
                    return
            else:
                self._stopping.wait(_STEP_S)

    def _reload(self) -> None:
        """After its worker was restarted the engine serves nothing."""
        with contextlib.suppress(EngineUnavailableError, PlanNotServedError):
            self._pipeline.adopt(self._load(), self._config.credentials.sinks)

    def _send_alert(self, alert: Alert) -> None:
        seconds = time.monotonic() - self._start_s
        self._send(AlertChanged(seconds=seconds, app=alert.app, phase=alert.phase, end_s=alert.end_s))

    def _send_notice(self, stream: str, text: str) -> None:
        self._send(RunNoticed(seconds=time.monotonic() - self._start_s, stream=stream, text=text))


def _is_file(stream: RunnerStream) -> bool:
    return stream.url.startswith(FILE)
