"""`make bench-faults`: faults injected into the real processes of a runner; writes the table of docs/faults.md.

With QUICK=1 the webhook is down for half a minute instead of ten, the camera for 10 s instead of 60. The disk that gets
full is a small tmpfs, which takes root to mount.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import scenarios
from fault_scene import FPS, START_S, Outcome, Scene, looped, scene
from fault_stage import staged, webhook
from fault_surroundings import Broker
from fault_tools import MissingToolError, wait_for

from common.harness import QUICK, Report, scratch
from common.plaza import CLIP
from evidence.page_words import table

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"
BEGIN, END = "<!-- measured by make bench-faults -->", "<!-- end -->"
CAMERA_S = 10.0 if QUICK else 60.0
WEBHOOK_S = 30.0 if QUICK else 600.0
DISK_MEBIBYTES = 48
TOPIC = "plaza/app-0"
Fault = partial[Outcome]


def _all(report: Report) -> None:
    """Inject one after the other."""
    outcomes: list[Outcome] = []
    with scratch() as parent:
        for what, faults in (
            ("camera", _with_camera),
            ("broker", _with_broker),
            ("clock", _with_clock),
            ("disk", _with_full_disk),
        ):
            (folder := parent / what).mkdir()
            with _row_where_it_fails(report, f"faults of a {what}"):
                for fault in faults(folder):
                    with _row_where_it_fails(report, fault.func.__name__.replace("_", " ")):
                        outcomes.append(_injected(report, fault))
    report.details["outcomes"] = [vars(outcome) for outcome in outcomes]
    _write(outcomes, report)


PARTS = {"all": _all}


@contextlib.contextmanager
def _row_where_it_fails(report: Report, what: str) -> Iterator[None]:
    """The other faults are injected nevertheless."""
    try:
        yield
    except MissingToolError as missing:
        report.left_out(what, "no event lost", str(missing))
    except (TimeoutError, LookupError) as error:
        report.row(what, f"did not recover: {error}", "no event lost", False)


def _injected(report: Report, fault: Fault) -> Outcome:
    outcome = fault()
    lost = f"{outcome.frames_lost} frames lost, {outcome.events_missing} of {outcome.events_reported} events"
    value = f"recovered in {outcome.recovery_s:.1f} s, {lost}; {outcome.notes}"
    report.row(outcome.fault, value, "recovers; 0 alerts lost that had opened", outcome.kept)
    return outcome


def _with_camera(folder: Path) -> Iterator[Fault]:
    other = looped(CLIP, folder / "other.mp4", 1, width=512)
    with scene(folder, CLIP) as on:
        yield partial(scenarios.worker_killed, on)
        yield partial(scenarios.java_killed, on)
        yield partial(scenarios.feeder_killed, on)
        yield partial(scenarios.camera_gone, on, CAMERA_S)
        yield partial(scenarios.camera_silent, on, 10.0)
        yield partial(scenarios.camera_back_in_another_size, on, other)
        yield partial(scenarios.rubbish, on, 10.0)
        yield partial(scenarios.webhook_down, on, WEBHOOK_S)
        yield partial(scenarios.head_corrupted, on)
        yield partial(scenarios.store_and_operator_gone, on)


def _with_broker(folder: Path) -> Iterator[Fault]:
    broker = Broker(folder)
    sink: dict[str, object] = {"mqtt": {"host": "127.0.0.1", "port": broker.port, "topic": TOPIC}}
    try:
        with _file_scene(folder, [sink]) as on:
            yield partial(scenarios.broker_restarted, on, broker, TOPIC, 10.0)
    finally:
        broker.stop()


def _with_clock(folder: Path) -> Iterator[Fault]:
    for ahead_s in (3600.0, -3600.0):
        with _file_scene(folder, [], merge_gap_s=30.0) as on:
            yield partial(scenarios.clock_jumped, on.stage, ahead_s)


def _with_full_disk(folder: Path) -> Iterator[Fault]:
    if os.geteuid() != 0:
        raise MissingToolError("mounting a small disk takes root")
    (data := folder / "data").mkdir()
    options = f"size={DISK_MEBIBYTES}m,mode=777"
    if subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", data], check=False).returncode:
        raise MissingToolError("a tmpfs can't be mounted here")
    try:
        with _file_scene(folder, None) as on:
            yield partial(scenarios.disk_full, on, 8.0)
    finally:
        subprocess.run(["/bin/umount", data], check=False)


@contextlib.contextmanager
def _file_scene(folder: Path, sinks: list[dict[str, object]] | None, *, merge_gap_s: float = 0.01) -> Iterator[Scene]:
    """A runner that plays a file; to a webhook where no sinks are given."""
    with staged(folder, CLIP) as (stage, receiver):
        chosen = [webhook(receiver)] if sinks is None else sinks
        stage.order(stage.make_plan(f"file:{CLIP}", [(15, FPS)], chosen, merge_gap_s=merge_gap_s))
        stage.start()
        wait_for(stage.serves, START_S)
        yield Scene(stage, receiver)


def _write(outcomes: list[Outcome], report: Report) -> None:
    """The table of docs/faults.md."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    head = ("fault", "frames are analysed again after", "frames lost", "alerts lost that had opened", "")
    rows = [
        (
            each.fault,
            f"{each.recovery_s:.1f} s",
            str(each.frames_lost),
            f"{each.events_missing} of {each.events_reported}",
            each.notes,
        )
        for each in outcomes
    ]
    load = ", ".join(f"{value:.1f}" for value in report.load_at_start)
    how = f"`{'QUICK=1 ' if QUICK else ''}make bench-faults`, load of the machine at the start {load}."
    DOCUMENT.write_text(f"{before}{BEGIN}\n{how}\n\n{table(head, rows)}\n{END}{after}", encoding="utf-8")
