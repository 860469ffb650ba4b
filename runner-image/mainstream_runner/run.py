"""Runs a plan on this machine until its streams end: TorchServe and the feeder as two guarded processes."""

import contextlib
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainstream.errors import MainstreamError
from mainstream.runner_orders import NodeCredentials
from mainstream.runner_plan import RunnerPlan
from mainstream_runner.pipeline_process.config import FeederConfig
from mainstream_runner.processes import cpu_seconds, guarded
from mainstream_runner.run_result import AppRun, FrameTally, RunResult
from mainstream_runner.serving.torchserve import TorchServe, torchserve

_SILENCE_TIMEOUT_S = 180.0
"""longest time that the feeder may say nothing: loading a plan takes some, playing says something every second"""
_SAID_LINES = 1024
"""lines of the feeder that may wait to be read"""


class RunnerError(MainstreamError):
    """A process of the runner ended or hung."""


@dataclass(frozen=True)
class Progress:
    """How a run goes, about once a second and at every event."""

    seconds: float
    """since playing began"""
    frames: dict[str, FrameTally]
    """by app; unchanged since the last progress when this one tells of an event"""
    event: dict[str, Any] | None = None
    """a report opened or closed (feeder.alerts)"""


def run_plan(
    plan: RunnerPlan,
    store: Path,
    out: Path,
    *,
    start_frame: int = 0,
    end_frame: int | None = None,
    port: int | None = None,
    credentials: NodeCredentials | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> RunResult:
    """Serve and play `plan` with weights from `store`; logs and events go to `out`.

    Files are played from `start_frame` up to, not including, `end_frame`, in real time; cameras until the run is
    stopped, or for `end_frame` frames. Relative `file:` URLs start at the working folder. Raises `MainstreamError`
    naming what can't be used; leaves no process behind, however it ends.
    """
    with torchserve(port) as server:
        return play(
            server,
            plan,
            store,
            out,
            start_frame=start_frame,
            end_frame=end_frame,
            credentials=credentials,
            on_progress=on_progress,
        )


def play(
    server: TorchServe,
    plan: RunnerPlan,
    store: Path,
    out: Path,
    *,
    start_frame: int = 0,
    end_frame: int | None = None,
    credentials: NodeCredentials | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> RunResult:
    """Play a plan on a TorchServe that already runs; one plan at a time."""
    out.mkdir(parents=True, exist_ok=True)
    config = FeederConfig(
        plan=plan,
        store=store.resolve(),
        out=out.resolve(),
        port=server.port,
        start_frame=start_frame,
        end_frame=end_frame,
        credentials=credentials or NodeCredentials(),
    )
    # Readable to this user alone: logins and keys are in it.
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="mainstream-feeder-") as file:
        file.write(config.model_dump_json())
        file.flush()
        with (
            (out / "feeder.log").open("wb") as log,
            guarded(
                [sys.executable, "-m", "mainstream_runner.pipeline_process", file.name], stdout=subprocess.PIPE, stderr=log
            ) as feeder,
        ):
            return _follow(server, feeder, config, on_progress)


def _follow(
    server: TorchServe,
    feeder: "subprocess.Popen[bytes]",
    config: FeederConfig,
    on_progress: Callable[[Progress], None],
) -> RunResult:
    tallies: dict[str, FrameTally] = {}
    cpu_before_s = 0.0
    for line in _lines(server, feeder, config.out):
        match line["kind"]:
            case "error":
                raise RunnerError(line["message"])
            case "playing":
                cpu_before_s = cpu_seconds(server.guard) + line["cpu_s"]
            case "progress":
                tallies = _tallies(line)
                on_progress(Progress(line["seconds"], tallies))
            case "event":
                on_progress(Progress(line["seconds"], tallies, line["event"]))
            case "played":
                used_s = cpu_seconds(server.guard) + line["cpu_s"] - cpu_before_s
                return _report(config, line, used_s)
    raise RunnerError(f"the feeder ended early; {config.out / 'feeder.log'} says why", field="feeder")


def _report(config: FeederConfig, line: dict[str, Any], cpu_used_s: float) -> RunResult:
    tallies, seconds = _tallies(line), float(line["seconds"])
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
                fps_achieved=tallies[app.name].analysed / seconds,
                frames=tallies[app.name],
                reports=line["reports"][app.name],
            )
            for app in config.plan.apps
        ),
        frames_path=config.out / "frames.jsonl",
        events_folder=config.out / "events",
        undelivered=line["undelivered"],
    )


def _lines(server: TorchServe, feeder: "subprocess.Popen[bytes]", out: Path) -> Iterator[dict[str, Any]]:
    """What the feeder says, until it ends; raises `RunnerError` when it or TorchServe is gone or silent for long."""
    said: queue.Queue[bytes | None] = queue.Queue(_SAID_LINES)
    assert feeder.stdout is not None  # noqa: S101 (a pipe, made above)
    stdout = feeder.stdout

    def read() -> None:
        for text in stdout:
            said.put(text)
        said.put(None)

    threading.Thread(target=read, name="feeder-said", daemon=True).start()
    heard_s = time.monotonic()
    while True:
        with contextlib.suppress(queue.Empty):
            text = said.get(timeout=0.5)
            if text is None:
                return
            heard_s = time.monotonic()
            yield json.loads(text)
        if server.guard.poll() is not None:
            raise RunnerError("TorchServe ended while the plan ran; run it again", field="torchserve")
        if time.monotonic() - heard_s > _SILENCE_TIMEOUT_S:
            raise RunnerError(
                f"the feeder said nothing for {_SILENCE_TIMEOUT_S:.0f} s; {out / 'feeder.log'} may say why",
                field="feeder",
            )


def _tallies(line: dict[str, Any]) -> dict[str, FrameTally]:
    return {app: FrameTally(**tally) for app, tally in line["tallies"].items()}
