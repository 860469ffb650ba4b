"""Runs a plan on this machine until its streams end: TorchServe and the frame pipeline as two guarded processes."""

import contextlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mainstream.errors import MainstreamError
from mainstream.messages.runner_orders import NodeCredentials
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.pipeline_process.config import RunConfig
from mainstream_runner.pipeline_process.messages import (
    AlertChanged,
    RunEnded,
    RunFailed,
    RunMessage,
    RunNoticed,
    RunProgressed,
    RunStarted,
    decode_run_message,
)
from mainstream_runner.processes import ask_to_end, cpu_seconds, guarded
from mainstream_runner.run_result import EVENTS_FOLDER, FRAMES_FILE, PLAN_FILE, AppRun, FrameTally, RunResult
from mainstream_runner.serving.torchserve import TorchServe, torchserve

_SILENCE_TIMEOUT_S = 180.0
"""longest time that the pipeline's process may say nothing: loading a plan takes some, playing says something every
second"""
_SHORTEST_S = 0.001
"""that a run lasts: one may be told to end before its first frame"""
_UNREAD_LINES = 1024
"""that may wait to be read"""


class RunnerError(MainstreamError):
    """A process of the runner ended or hung."""


@dataclass(frozen=True)
class RunProgress:
    """How a run goes, about once a second and at every alert."""

    seconds: float
    """since playing began"""
    frames: dict[str, FrameTally]
    """by app; unchanged since the last progress when this one says that an alert changed"""
    alert: AlertChanged | None = None
    notice: RunNoticed | None = None


def run_plan(
    plan: RunnerPlan,
    store: Path,
    out: Path,
    *,
    start_frame: int = 0,
    end_frame: int | None = None,
    port: int | None = None,
    credentials: NodeCredentials | None = None,
    on_progress: Callable[[RunProgress], None] = lambda progress: None,
    until_interrupted: bool = False,
) -> RunResult:
    """Serve and play `plan` with weights from `store`; logs, alerts and the plan go to `out`.

    Files are played from `start_frame` up to, not including, `end_frame`, in real time; cameras until the run is
    stopped, or for `end_frame` frames. Relative `file:` URLs start at the working folder. With `until_interrupted` the
    first Ctrl-C (SIGINT) of a run that plays ends it with its result; only the main thread may ask for that. Raises
    `MainstreamError` naming what can't be used; leaves no process behind, however it ends.
    """
    with torchserve(port) as server:
        return run_plan_on(
            server,
            plan,
            store,
            out,
            start_frame=start_frame,
            end_frame=end_frame,
            credentials=credentials,
            on_progress=on_progress,
            until_interrupted=until_interrupted,
        )


def run_plan_on(
    server: TorchServe,
    plan: RunnerPlan,
    store: Path,
    out: Path,
    *,
    start_frame: int = 0,
    end_frame: int | None = None,
    credentials: NodeCredentials | None = None,
    on_progress: Callable[[RunProgress], None] = lambda progress: None,
    until_interrupted: bool = False,
) -> RunResult:
    """Run a plan on a TorchServe that already runs; one plan at a time."""
    out.mkdir(parents=True, exist_ok=True)
    (out / PLAN_FILE).write_text(plan.model_dump_json(), encoding="utf-8")
    config = RunConfig(
        plan=plan,
        store=store.resolve(),
        out=out.resolve(),
        port=server.port,
        start_frame=start_frame,
        end_frame=end_frame,
        credentials=credentials or NodeCredentials(),
    )
    # Readable to this user alone: logins and keys are in it.
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="mainstream-run-") as file:
        file.write(config.model_dump_json())
        file.flush()
        command = [sys.executable, "-m", "mainstream_runner.pipeline_process", file.name]
        with (
            (out / "feeder.log").open("wb") as log,
            guarded(command, stdout=subprocess.PIPE, stderr=log) as process,
        ):
            if not until_interrupted:
                return _follow(server, process, config, on_progress)
            with _interrupts(lambda: ask_to_end(process)) as listen:
                return _follow(server, process, config, on_progress, listen)


@contextlib.contextmanager
def _interrupts(end: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """What makes the first Ctrl-C from then on call `end`; the next one interrupts as ever."""
    before = signal.getsignal(signal.SIGINT)

    def on_interrupt(*_: object) -> None:
        signal.signal(signal.SIGINT, before)
        end()

    def listen() -> None:
        signal.signal(signal.SIGINT, on_interrupt)

    try:
        yield listen
    finally:
        signal.signal(signal.SIGINT, before)


def _follow(
    server: TorchServe,
    process: "subprocess.Popen[bytes]",
    config: RunConfig,
    on_progress: Callable[[RunProgress], None],
    on_started: Callable[[], None] = lambda: None,
) -> RunResult:
    frames: dict[str, FrameTally] = {}
    cpu_before_s = 0.0
    for message in _messages(server, process, config.out):
        match message:
            case RunFailed():
                raise RunnerError(message.message)
            case RunStarted():
                on_started()
                cpu_before_s = cpu_seconds(server.guard) + message.cpu_s
            case RunProgressed():
                frames = message.frames
                on_progress(RunProgress(message.seconds, frames))
            case AlertChanged():
                on_progress(RunProgress(message.seconds, frames, message))
            case RunNoticed():
                on_progress(RunProgress(message.seconds, frames, notice=message))
            case RunEnded():
                return _result(config, message, cpu_seconds(server.guard) + message.cpu_s - cpu_before_s)
    raise RunnerError(f"the pipeline's process ended early; {config.out / 'feeder.log'} says why", field="feeder")


def _result(config: RunConfig, ended: RunEnded, cpu_used_s: float) -> RunResult:
    seconds = max(ended.seconds, _SHORTEST_S)
    return RunResult(
        plan_digest=config.plan.digest,
        budget=config.plan.budget,
        cost=config.plan.cost,
        cpu_used=cpu_used_s / seconds,
        seconds=seconds,
        apps=tuple(
            AppRun(
                name=app.name,
                fps_planned=app.fps,
                fps_achieved=ended.frames[app.name].analysed / seconds,
                frames=ended.frames[app.name],
                reports=ended.alerts[app.name],
            )
            for app in config.plan.apps
        ),
        frames_path=config.out / FRAMES_FILE,
        events_folder=config.out / EVENTS_FOLDER,
        undelivered=ended.undelivered,
    )


def _messages(server: TorchServe, process: "subprocess.Popen[bytes]", out: Path) -> Iterator[RunMessage]:
    """What the process says, until it ends; raises `RunnerError` when it or TorchServe is gone or silent for long."""
    unread: queue.Queue[bytes | None] = queue.Queue(_UNREAD_LINES)
    assert process.stdout is not None  # noqa: S101 (a pipe, made above)
    stdout = process.stdout

    def read() -> None:
        for line in stdout:
            unread.put(line)
        unread.put(None)

    threading.Thread(target=read, name="run-messages", daemon=True).start()
    heard_s = time.monotonic()
    while True:
        with contextlib.suppress(queue.Empty):
            line = unread.get(timeout=0.5)
            if line is None:
                return
            heard_s = time.monotonic()
            yield decode_run_message(line)
        if server.guard.poll() is not None:
            raise RunnerError("TorchServe ended while the plan ran; run it again", field="torchserve")
        if time.monotonic() - heard_s > _SILENCE_TIMEOUT_S:
            raise RunnerError(
                f"the pipeline's process said nothing for {_SILENCE_TIMEOUT_S:.0f} s; {out / 'feeder.log'} may say why",
                field="feeder",
            )
