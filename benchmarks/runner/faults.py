"""`make bench-faults`: faults injected into the real processes of a runner; writes the table of docs/faults.md.

With QUICK=1 the webhook is down for half a minute instead of ten, the camera for 10 s instead of 60. The disk that gets
full is a small tmpfs, which takes root to mount.
"""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import scenarios
from fault_scene import FPS, START_S, CameraScene, Outcome, Scene, looped, scene
from fault_stage import staged, webhook
from fault_surroundings import Broker
from fault_tools import MissingToolError, wait_for

from common.harness import QUICK, Report
from common.plaza import CLIP

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = REPOSITORY / "docs" / "faults.md"
BEGIN, END = "<!-- measured by make bench-faults -->", "<!-- end -->"
CAMERA_S = 10.0 if QUICK else 60.0
WEBHOOK_S = 30.0 if QUICK else 600.0
DISK_MEBIBYTES = 48
TOPIC = "plaza/app-0"


def _all(report: Report) -> None:
    """Inject one after the other."""
    outcomes: list[Outcome] = []

    def measure(name: str, fault: Callable[[], Outcome]) -> None:
        try:
            outcome = fault()
        except MissingToolError as missing:
            report.left_out(name, "no event lost", str(missing))
            return
        except (TimeoutError, LookupError) as error:
            report.row(name, f"did not recover: {error}", "no event lost", False)
            return
        outcomes.append(outcome)
        lost = f"{outcome.frames_lost} frames lost, {outcome.events_missing} of {outcome.events_reported} events"
        value = f"recovered in {outcome.recovery_s:.1f} s, {lost}; {outcome.notes}"
        report.row(outcome.fault, value, "recovers; 0 alerts lost that had opened", outcome.kept)

    with tempfile.TemporaryDirectory(prefix="mainstream-faults-") as folder:
        _with_camera(Path(folder), measure)
        _with_broker(Path(folder), measure)
        _with_clock(Path(folder), measure)
        _with_full_disk(Path(folder), measure)
    report.details["outcomes"] = [vars(outcome) for outcome in outcomes]
    _write(outcomes, report)


Measure = Callable[[str, Callable[[], Outcome]], None]


def _with_camera(folder: Path, measure: Measure) -> None:
    (stage_folder := folder / "camera").mkdir()
    other = looped(CLIP, folder / "other.mp4", 1, width=512)
    faults: dict[str, Callable[[CameraScene], Outcome]] = {
        "worker killed": scenarios.worker_killed,
        "JVM killed": scenarios.java_killed,
        "feeder killed": scenarios.feeder_killed,
        "camera gone": lambda on: scenarios.camera_gone(on, CAMERA_S),
        "camera silent": lambda on: scenarios.camera_silent(on, 10.0),
        "another resolution": lambda on: scenarios.camera_back_in_another_size(on, other),
        "garbage": lambda on: scenarios.rubbish(on, 10.0),
        "webhook down": lambda on: scenarios.webhook_down(on, WEBHOOK_S),
        "head corrupted": scenarios.head_corrupted,
        "API and store gone": scenarios.store_and_operator_gone,
    }
    with contextlib.ExitStack() as stack:
        try:
            on = stack.enter_context(scene(stage_folder, CLIP))
        except MissingToolError as error:
            missing = error
            for name in faults:
                measure(name, lambda: _skip(missing))
            return
        for name, fault in faults.items():
            measure(name, lambda fault=fault: fault(on))  # type: ignore[misc]


def _with_broker(folder: Path, measure: Measure) -> None:
    (stage_folder := folder / "broker").mkdir()

    def fault() -> Outcome:
        broker = Broker(folder)
        try:
            with _file_scene(
                stage_folder, [{"mqtt": {"host": "127.0.0.1", "port": broker.port, "topic": TOPIC}}]
            ) as on:
                return scenarios.broker_restarted(on, broker, TOPIC, 10.0)
        finally:
            broker.stop()

    measure("MQTT broker restarted", fault)


def _with_clock(folder: Path, measure: Measure) -> None:
    (stage_folder := folder / "clock").mkdir()
    for ahead_s in (3600.0, -3600.0):

        def fault(ahead_s: float = ahead_s) -> Outcome:
            with _file_scene(stage_folder, [], merge_gap_s=30.0) as on:
                return scenarios.clock_jumped(on.stage, ahead_s)

        measure("clock jump", fault)


def _with_full_disk(folder: Path, measure: Measure) -> None:
    (stage_folder := folder / "disk").mkdir()

    def fault() -> Outcome:
        if os.geteuid() != 0:
            raise MissingToolError("mounting a small disk takes root")
        (data := stage_folder / "data").mkdir()
        options = f"size={DISK_MEBIBYTES}m,mode=777"
        if subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", data], check=False).returncode:
            raise MissingToolError("a tmpfs can't be mounted here")
        try:
            with _file_scene(stage_folder, None) as on:
                return scenarios.disk_full(on, 8.0)
        finally:
            subprocess.run(["/bin/umount", data], check=False)

    measure("disk full", fault)


@contextlib.contextmanager
def _file_scene(folder: Path, sinks: list[dict[str, object]] | None, *, merge_gap_s: float = 0.01) -> Iterator[Scene]:
    """A runner that plays a file; to a webhook where no sinks are given."""
    with staged(folder, CLIP) as (stage, receiver):
        chosen = [webhook(receiver)] if sinks is None else sinks
        stage.order(stage.make_plan(f"file:{CLIP}", [(15, FPS)], chosen, merge_gap_s=merge_gap_s))
        stage.start()
        wait_for(stage.serves, START_S)
        yield Scene(stage, receiver)


def _skip(missing: MissingToolError) -> Outcome:
    raise missing


def _write(outcomes: list[Outcome], report: Report) -> None:
    """The table of docs/faults.md."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [
        "| fault | frames are analysed again after | frames lost | alerts lost that had opened | |",
        "|---|---|---|---|---|",
        *(
            f"| {each.fault} | {each.recovery_s:.1f} s | {each.frames_lost} | {each.events_missing} of "
            f"{each.events_reported} | {each.notes} |"
            for each in outcomes
        ),
    ]
    load = ", ".join(f"{value:.1f}" for value in report.load_at_start)
    how = f"`{'QUICK=1 ' if QUICK else ''}make bench-faults`, load of the machine at the start {load}."
    DOCUMENT.write_text(f"{before}{BEGIN}\n{how}\n\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


PARTS = {"all": _all}
