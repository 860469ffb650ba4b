"""Rows of `make bench-runner` on changes of plan under load."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from common.harness import QUICK, Report
from common.runner_stage import clip_stream, pictures
from mainstream.footage.frames import view_pixels
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.nn.registry import load_base_network
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.engine.loader import load_executor
from mainstream_runner.profiling.synthetic import synthetic_app
from mainstream_runner.serving.torchserve import TorchServe, torchserve
from runner.playing import Scored, camera

BASE = "efficientnet-lite0"
SWAPS = 40 if QUICK else 200
FPS = 10.0
PICTURES = 30
TOLERANCE = 1e-6
"""of a score: what rounding differs by when a stem is cut elsewhere"""
QUIET_S = 10.0
"""that plays before the first change of plan, to tell what late frames have to do with changes"""


def swap_rows(report: Report) -> None:
    """Swap among random plans while a camera plays; look at every frame afterwards."""
    torch.set_num_threads(1)
    network = load_base_network(BASE)
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder:
        store, cache = Path(folder) / "store", Path(folder) / "cache"
        stream = clip_stream()
        points = (network.depth, network.depth, network.depth - 1, 12, 9, 6, 3, 0)
        apps = [synthetic_app(network, store, stream, k, FPS, seed) for seed, k in enumerate(points)]
        plans = [_plan(stream, [app for app in apps if random.random() < 0.6] or apps[:1]) for _ in range(SWAPS + 1)]
        with torchserve(cache=cache) as server:
            scored, lost, pauses_s, quiet_s = _play(server, plans, store)
        fresh = _fresh_scores(plans, apps, store, cache)
    frames = len(scored)
    report.row(f"{SWAPS} plan swaps under load: frames lost", f"{lost} of {frames + lost}", "0", lost == 0)
    differing = [
        abs(score - fresh[frame.index % PICTURES, app]) for frame, scores, _ in scored for app, score in scores.items()
    ]
    wrong = sum(difference > TOLERANCE for difference in differing)
    report.row(
        f"{SWAPS} plan swaps under load: scores that differ from a fresh start's by more than {TOLERANCE:g}",
        f"{wrong} of {len(differing)} (largest difference {max(differing):.1e})",
        "0",
        wrong == 0,
    )
    pause_s = float(np.quantile(pauses_s, 0.99))
    report.row(
        f"{SWAPS} plan swaps under load: pause, p99",
        f"{pause_s * 1e3:.0f} ms (median {median(pauses_s) * 1e3:.0f}; without a change, over as long, "
        f"{np.quantile(quiet_s, 0.99) * 1e3:.0f} and {median(quiet_s) * 1e3:.0f})",
        f"one frame interval, {1e3 / FPS:.0f} ms",
        pause_s <= 1 / FPS,
    )
    report.details["swaps"] = {"pauses_s": pauses_s, "without_s": quiet_s}


def _plan(stream: Any, apps: Sequence[RunnerApp]) -> RunnerPlan:
    return RunnerPlan(node="node", sharing=True, budget=0.0, cost=0.0, streams=(stream,), apps=tuple(apps))


def _play(
    server: TorchServe, plans: Sequence[RunnerPlan], store: Path
) -> tuple[list[Scored], int, list[float], list[float]]:
    """Scores; frames played and not scored; for each swap how much later than usual a frame was scored; the same for
    spans of the median length before the first swap."""
    swaps: list[tuple[float, float]] = []
    with camera(server.port, FPS, pictures(PICTURES)) as playing:
        playing.adopt(plans[0], store)
        playing_s = time.monotonic()
        time.sleep(QUIET_S)
        for plan in plans[1:]:
            start_s = time.monotonic()
            playing.adopt(plan, store)
            swaps.append((start_s, time.monotonic()))
            time.sleep(3 / FPS)
        lost = playing.stop()
    late = [(frame.due_s, scored_s - frame.due_s) for frame, _, scored_s in playing.scored]
    usual_s = median(late_s for _, late_s in late)

    def pause_s(start_s: float, end_s: float) -> float:
        """How much later than usual the latest frame was."""
        within = [late_s for due_s, late_s in late if start_s - 1 / FPS <= due_s <= end_s + 1 / FPS]
        return max(within, default=0.0) - usual_s

    span_s = median(end_s - start_s for start_s, end_s in swaps)
    quiet = np.arange(playing_s + 1 / FPS, swaps[0][0] - span_s - 1 / FPS, span_s)
    without_s = [pause_s(start_s, start_s + span_s) for start_s in quiet.tolist()]
    return playing.scored, lost, [pause_s(*swap) for swap in swaps], without_s


def _fresh_scores(
    plans: Sequence[RunnerPlan], apps: Sequence[RunnerApp], store: Path, cache: Path
) -> dict[tuple[int, str], float]:
    """Every app's score of every picture by an engine that never served another plan."""
    height = load_base_network(BASE).preprocessing.height
    shown = [view_pixels(picture, None, height, height) for picture in pictures(PICTURES)]
    executor = load_executor(_plan(plans[0].streams[0], apps), store, calibrated(cache))
    names = tuple(app.name for app in apps)
    return {
        (number, app): score
        for number, pixels in enumerate(shown)
        for app, score in executor.score([DueFrame(0, pixels, names)])[0].items()
    }
