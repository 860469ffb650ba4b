"""Rows of `make bench-runner` on changes of plan under load."""

import time
from collections.abc import Sequence
from statistics import median

import numpy as np

from common.harness import QUICK, Report
from common.runner_stage import Served, clip_stream, pictures, pixels, plan_of, served
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.engine.loader import load_executor
from mainstream_runner.profiling.synthetic import synthetic_plan
from runner.playing import Scored, camera

BASE = "efficientnet-lite0"
SWAPS = 40 if QUICK else 200
WHAT = f"{SWAPS} plan swaps under load"
FPS = 10.0
PICTURES = 30
TOLERANCE = 1e-6
"""of a score: what rounding differs by when a stem is cut elsewhere"""
QUIET_S = 10.0
"""that plays before the first change of plan, to tell what late frames have to do with changes"""


def swap_rows(report: Report) -> None:
    """Swap among random plans while a camera plays; look at every frame afterwards."""
    random = np.random.default_rng(0)
    with served(BASE) as on:
        depth = on.network.depth
        points = (depth, depth, depth - 1, 12, 9, 6, 3, 0)
        every = synthetic_plan(on.network, on.store, clip_stream(), [(k, FPS) for k in points], sharing=True)
        chosen = [[app for app in every.apps if random.random() < 0.6] or every.apps[:1] for _ in range(SWAPS + 1)]
        scored, lost, pauses_s, quiet_s = _play(on, [plan_of(every.streams, apps) for apps in chosen])
        fresh = _fresh_scores(on, every)
    report.row(f"{WHAT}: frames lost", f"{lost} of {len(scored) + lost}", "0", lost == 0)
    differing = [
        abs(score - fresh[frame.index % PICTURES][app]) for frame, scores, _ in scored for app, score in scores.items()
    ]
    wrong = sum(difference > TOLERANCE for difference in differing)
    report.row(
        f"{WHAT}: scores that differ from a fresh start's by more than {TOLERANCE:g}",
        f"{wrong} of {len(differing)} (largest difference {max(differing):.1e})",
        "0",
        wrong == 0,
    )
    pause_s = float(np.quantile(pauses_s, 0.99))
    report.row(
        f"{WHAT}: pause, p99",
        f"{pause_s * 1e3:.0f} ms (median {median(pauses_s) * 1e3:.0f}; without a change, over as long, "
        f"{np.quantile(quiet_s, 0.99) * 1e3:.0f} and {median(quiet_s) * 1e3:.0f})",
        f"one frame interval, {1e3 / FPS:.0f} ms",
        pause_s <= 1 / FPS,
    )
    report.details["swaps"] = {"pauses_s": pauses_s, "without_s": quiet_s}


def _play(on: Served, plans: Sequence[RunnerPlan]) -> tuple[list[Scored], int, list[float], list[float]]:
    """Scores; frames played and not scored; for each swap how much later than usual a frame was scored; the same for
    spans of the median length (a quarter of the quiet time at most) before the first swap."""
    swaps: list[tuple[float, float]] = []
    with camera(on.server.port, FPS, pictures(PICTURES)) as playing:
        playing.adopt(plans[0], on.store)
        playing_s = time.monotonic()
        time.sleep(QUIET_S)
        for plan in plans[1:]:
            start_s = time.monotonic()
            playing.adopt(plan, on.store)
            swaps.append((start_s, time.monotonic()))
            time.sleep(3 / FPS)
        lost = playing.stop()
    late = [(frame.due_s, scored_s - frame.due_s) for frame, _, scored_s in playing.scored]
    usual_s = median(late_s for _, late_s in late)

    def pause_s(start_s: float, end_s: float) -> float:
        """How much later than usual the latest frame was."""
        within = [late_s for due_s, late_s in late if start_s - 1 / FPS <= due_s <= end_s + 1 / FPS]
        return max(within, default=0.0) - usual_s

    span_s = min(median(end_s - start_s for start_s, end_s in swaps), QUIET_S / 4)
    quiet = np.arange(playing_s + 1 / FPS, swaps[0][0] - span_s - 1 / FPS, span_s)
    without_s = [pause_s(start_s, start_s + span_s) for start_s in quiet.tolist()]
    return playing.scored, lost, [pause_s(*swap) for swap in swaps], without_s


def _fresh_scores(on: Served, every: RunnerPlan) -> list[dict[str, float]]:
    """Every app's score of every picture by an engine that never served another plan."""
    executor = load_executor(every, on.store, calibrated(on.cache))
    names = tuple(app.name for app in every.apps)
    shown = pixels(PICTURES, on.network.preprocessing.height)
    return [executor.score([DueFrame(0, each, names)])[0] for each in shown]
