"""Rows of `make bench-runner` on micro-heads: many apps at one tap, and one app more while others run."""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray

from common.harness import QUICK, Report
from common.runner_stage import below, clip_stream, pictures, pin, pixels, rounds
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.nn.network import Network
from mainstream.nn.registry import load_base_network
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.line.caller import EngineLine
from mainstream_runner.profiling.synthetic import synthetic_app, synthetic_micro_plan
from mainstream_runner.serving.torchserve import TorchServe, torchserve
from runner.playing import camera
from runner.throughput import in_turn, openvino_sessions, through_torchserve

BASE = "efficientnet-lite0"
TAP = 13
"""87 % of the network's operations lie before it"""
APPS = 32
BEFORE = 16
"""apps that run before one more comes"""
KINDS = ("flat", "pooled")
FRAMES = 8
"""in one request"""
FPS = 10.0
ROUNDS = 3 if QUICK else 5
MORE = 3 if QUICK else 10
CORE = 0


def micro_rows(report: Report) -> None:
    """Both rows."""
    torch.set_num_threads(1)
    network = load_base_network(BASE)
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder, ExitStack() as opened:
        store, cache = Path(folder) / "store", Path(folder) / "cache"
        calibrated(cache)(network)
        server = opened.enter_context(torchserve(cache=cache))
        _one_more(report, server, network, store)
        pin(below(server.guard), [CORE])
        frames = pixels(FRAMES, network.preprocessing.height)
        shared = _plan(network, store, APPS, 1000.0)
        measured = rounds(
            {
                "ours": through_torchserve(opened, server, shared, store, frames, EngineLine),
                "openvino": in_turn(_whole_networks(network, store), frames),
            },
            ROUNDS,
        )
    ratio = measured["ours"] / measured["openvino"]
    share = network.branch_points[TAP].cost_share
    report.row(
        f"{APPS} apps with micro-heads at tap {TAP} ({share:.0%} of {BASE}), saturated, against {APPS} whole networks "
        "in one OpenVINO process",
        f"{ratio:.1f}x ({measured['ours']:.0f} and {measured['openvino']:.0f} frames x apps a second)",
        "25x",
        ratio >= 25.0,
    )
    report.details["micro"] = measured


def _plan(network: Network, store: Path, apps: int, fps: float) -> RunnerPlan:
    stream = clip_stream(fps=max(fps, FPS))
    forms = [((KINDS[seed % len(KINDS)], TAP, 8), fps) for seed in range(apps)]
    return synthetic_micro_plan(network, store, stream, forms, sharing=True)


def _whole_networks(network: Network, store: Path) -> list[Callable[[NDArray[np.uint8]], float]]:
    """A network for each app, weights of its own in memory; converted once, since time does not depend on them."""
    app = synthetic_app(network, store, clip_stream(), 0, FPS, seed=APPS)
    return openvino_sessions(network, store, [app] * APPS)


def _one_more(report: Report, server: TorchServe, network: Network, store: Path) -> None:
    """Add an app again and again while the others are played."""
    plan = _plan(network, store, BEFORE + MORE, FPS)
    plans = [plan.model_copy(update={"apps": plan.apps[: BEFORE + more]}) for more in range(MORE + 1)]
    first_s: list[float] = []
    with camera(server.port, FPS, pictures(30)) as playing:
        playing.adopt(plans[0], store)
        for each in plans[1:]:
            time.sleep(1.0)
            app, start_s = each.apps[-1].name, time.monotonic()
            playing.adopt(each, store)
            first_s.append(playing.first_s(app) - start_s)
        lost = playing.stop()
    report.row(
        f"one app more on a node that runs {BEFORE} at {FPS:g} frames a second: frames lost, first decision after its "
        "head is there",
        f"{lost} of {playing.played}, {max(first_s):.2f} s (median {median(first_s):.2f}; {MORE} times)",
        "0, 2 s",
        lost == 0 and max(first_s) <= 2.0,
    )
    report.details["one_more_s"] = first_s
