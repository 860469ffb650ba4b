"""What it costs a runner to keep alerts and frames for review: CPU and bytes of an hour, by the runner's own keeper.

An hour of frames is fed as fast as pictures are made, once with a review and once without, so that a hundredth of a
core is told from noise. Scores lie in all strata alike, which draws most frames; pictures are decoded from the last key
frame of real packets on.
"""

import time
from pathlib import Path

import numpy as np
from cluster_tools import wait_for
from packets import filled_ring
from runner_apps import runner_app

from common.harness import Report, scratch
from common.plaza import CLIP
from mainstream.api.sinks.review import Review
from mainstream.messages.alert import Alert
from mainstream.messages.runner_plan import RunnerApp
from mainstream.times import DAY_S, HOUR_S
from mainstream_runner.analysed_frame import AnalysedFrame
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.spool.spool import Spool

APPS, FPS, ALERTS_AN_HOUR = 10, 5.0, 12
MOST_FRAMES_A_DAY = 96
"""of an app"""
_SCORES = (0.7, 0.4, 0.15, 0.01)
"""one of each stratum, for a threshold of .5"""
_PACKETS = 400
_SEED, _FIRST_HOUR_S = 29, 498888 * HOUR_S
_AT_ONCE_S = 1.0


def review_rows(report: Report) -> None:
    """CPU, and frames and bytes of a day."""
    with scratch() as folder:
        with_review, kept = _hour(folder / "with", review=True)
        without, _ = _hour(folder / "without", review=False)
    cpu = (with_review - without) / HOUR_S
    pictures = [name for name in kept if name.endswith(".frame.jpg")]
    day = sum(kept.values()) * DAY_S / HOUR_S
    report.details["review"] = {"with_s": with_review, "without_s": without, "bytes_an_hour": sum(kept.values())}
    what = f"CPU of what {APPS} apps at {FPS:g} frames a second keep for review, {ALERTS_AN_HOUR} alerts an hour each"
    report.most(what, 100 * cpu, 1, "% of a core", 2)
    frames = len(pictures) / APPS * DAY_S / HOUR_S
    value = f"{frames:.0f} frames a day and app, {day / 1e6:.0f} MB a day for {APPS} apps and their alerts"
    report.row("what is uploaded", value, f"{MOST_FRAMES_A_DAY} frames", frames <= MOST_FRAMES_A_DAY)


def _hour(folder: Path, *, review: bool) -> tuple[float, dict[str, int]]:
    """CPU seconds that an hour of frames and alerts took this process, and the files that it left, by size."""
    sinks = (Review(prefix="s3://kept/review"),) if review else ()
    apps = [runner_app(f"plaza/app-{number}", sinks=sinks) for number in range(APPS)]
    folder.mkdir()
    with filled_ring(CLIP, _PACKETS) as ring:
        spool = Spool(folder / "spool")
        recorder = ClipRecorder(folder / "clips", lambda _: ring)
        delivery = AlertDelivery(spool, recorder, AlertFiles(folder), node="edge-1")
        delivery.keep(apps, {})
        cpu_s = time.process_time()
        _feed(delivery, apps, ring)
        delivery.close()
        cpu_s = time.process_time() - cpu_s
        spool.close()
    return cpu_s, {str(path): path.stat().st_size for path in (folder / "clips").rglob("[0-9]*") if path.is_file()}


def _feed(delivery: AlertDelivery, apps: list[RunnerApp], ring: PacketRing) -> None:
    random = np.random.default_rng(_SEED)
    dues_s = [packet.read_s for packet in ring.between(0.0, float("inf"))]
    recorder, every_s = delivery._recorder, HOUR_S / ALERTS_AN_HOUR
    for number in range(int(HOUR_S * FPS)):
        at_s = _FIRST_HOUR_S + number / FPS
        frames = [
            AnalysedFrame(app.name, number, at_s, float(random.choice(dues_s)), float(score), False, False)
            for app, score in zip(apps, random.choice(_SCORES, APPS), strict=True)
        ]
        delivery.note_frames(frames)
        if number % int(every_s * FPS) == 0:
            for app, frame in zip(apps, frames, strict=True):
                _alert(delivery, app, frame)
        if number % int(_AT_ONCE_S * FPS) == 0:
            # Else more pictures would wait than a runner lets wait: nobody draws an hour's frames in seconds.
            wait_for("end of pictures", lambda: not (recorder._pictures or recorder._objects), 60, 0.02)


def _alert(delivery: AlertDelivery, app: RunnerApp, frame: AnalysedFrame) -> None:
    for phase in ("opened", "closed"):
        told = (f"{app.name}-{frame.frame}".replace("/", "-"), app.name, frame.captured_s, frame.due_s)
        delivery.deliver(app, Alert(phase, *told, frame.due_s + 2.0, 0.9, 10))
