"""Rows of `make bench-runner` on micro-heads: many apps at one tap, and one app more while others run."""

import time
from contextlib import ExitStack
from statistics import median

from common.cameras import CORE
from common.harness import QUICK, Report
from common.runner_stage import Served, below, clip_stream, pictures, pin, pixels, rounds, served
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.line.caller import EngineLine
from mainstream_runner.profiling.synthetic import synthetic_app, synthetic_micro_plan
from runner.playing import camera
from runner.throughput import FRAMES, ROUNDS, Whole, in_turn, openvino_model, openvino_session, through_torchserve

BASE = "efficientnet-lite0"
TAP = 13
"""87 % of the network's operations lie before it"""
APPS = 32
BEFORE = 16
"""apps that run before one more comes"""
KINDS = ("flat", "pooled")
FPS = 10.0
MORE = 3 if QUICK else 10


def micro_rows(report: Report) -> None:
    """Both rows."""
    with served(BASE) as on, ExitStack() as opened:
        _one_more(report, on)
        pin(below(on.server.guard), [CORE])
        frames = pixels(FRAMES, on.network.preprocessing.height)
        # Time does not depend on weights: one app's network is converted, and lies in memory once for each app.
        whole = openvino_model(
            Whole(on.network, on.store, synthetic_app(on.network, on.store, clip_stream(), 0, FPS, APPS))
        )
        measured = rounds(
            {
                "ours": through_torchserve(opened, on, _plan(on, APPS, 1000.0), frames, EngineLine),
                "openvino": in_turn([openvino_session(whole) for _ in range(APPS)], frames),
            },
            ROUNDS,
        )
    ratio = measured["ours"] / measured["openvino"]
    share = on.network.branch_points[TAP].cost_share
    report.row(
        f"{APPS} apps with micro-heads at tap {TAP} ({share:.0%} of {BASE}), saturated, against {APPS} whole networks "
        "in one OpenVINO process",
        f"{ratio:.1f}x ({measured['ours']:.0f} and {measured['openvino']:.0f} frames x apps a second)",
        "25x",
        ratio >= 25.0,
    )
    report.details["micro"] = measured


def _plan(on: Served, apps: int, fps: float) -> RunnerPlan:
    forms = [((KINDS[seed % len(KINDS)], TAP, 8), fps) for seed in range(apps)]
    return synthetic_micro_plan(on.network, on.store, clip_stream(fps=fps), forms, sharing=True)


def _one_more(report: Report, on: Served) -> None:
    """Add an app again and again while the others are played."""
    plan = _plan(on, BEFORE + MORE, FPS)
    plans = [plan.model_copy(update={"apps": plan.apps[: BEFORE + more]}) for more in range(MORE + 1)]
    first_s: list[float] = []
    with camera(on.server.port, FPS, pictures(30)) as playing:
        playing.adopt(plans[0], on.store)
        for each in plans[1:]:
            time.sleep(1.0)
            app, start_s = each.apps[-1].name, time.monotonic()
            playing.adopt(each, on.store)
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
