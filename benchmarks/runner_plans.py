"""Row of `make bench-runner` on plans: random feasible ones, in a cgroup with the runner's CPU limit, against what the
profile that was made in the same cgroup says of them."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from harness import QUICK, Report
from runner_stage import clip_stream

from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream
from mainstream.nn.registry import load_base_network
from mainstream_runner.client import EngineClient
from mainstream_runner.plan_cost import expected_cost
from mainstream_runner.profiling.lessons import Lessons
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.profiling.synthetic import synthetic_app
from mainstream_runner.run import run_plan_on
from mainstream_runner.run_result import RunResult
from mainstream_runner.serving.torchserve import TorchServe, torchserve

BASE = "efficientnet-lite0"
LIMIT = 0.5
"""cores"""
PLANS = 5 if QUICK else 30
PLAN_S = 12.0 if QUICK else 25.0
WARM_S = 2.0
MOST_APPS = 12
NEAR = 0.1
CHECK_FPS, CHECK_S = 24.0, 2.0
PERIOD_US = 100_000
_Placed = tuple[int, float, int]
"""an app: branch-point, frames per second, number of its stream"""
WHAT = f"random feasible plans up to 95 % of a runner's CPU limit ({LIMIT:g} cores), in a cgroup"


def plan_rows(report: Report) -> None:
    """Run this file in a cgroup, and read what it says."""
    try:
        with cpu_limit(LIMIT) as procs:
            command = f'echo $$ > "{procs}" && exec "{sys.executable}" "{__file__}"'
            said = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, check=True, text=True).stdout
    except OSError as error:
        report.left_out(WHAT, "rates within 5 %, CPU within 10 %", f"no cgroup with a CPU limit ({error})")
        return
    plans: list[dict[str, Any]] = json.loads(said.splitlines()[-1])
    kept = [app for plan in plans for app in plan["apps"]]
    share = sum(app["kept"] for app in kept) / len(kept)
    report.row(
        f"{len(plans)} {WHAT}: apps whose achieved rate is within 5 % of the plan's (or one frame)",
        f"{share:.1%} of {len(kept)}",
        "95 %",
        share >= 0.95,
    )
    ratios = [plan["used"] / plan["cost"] for plan in plans]
    _cost_row(report, "CPU used over planned cost", ratios)
    # What the machine's speed changed by since the profile was made is not the cost law's fault; both are told.
    steady = [plan["used"] / plan["cost"] / plan["drift"] for plan in plans]
    _cost_row(report, "the same, at the speed at which the network was timed before and after each plan", steady)
    for when, share, of in (("first", 25, 30), ("second", 29, 30)):
        what = f"CPU used over planned cost in its {when} minute, as earlier minutes taught"
        _cost_row(report, what, [plan["minutes"][when] for plan in plans], share, of)
    report.details["plans"] = plans


def _cost_row(report: Report, what: str, ratios: list[float], share: int = 1, of: int = 1) -> None:
    near = sum(abs(ratio - 1) <= NEAR for ratio in ratios)
    found = f"{near} of {len(ratios)} within {NEAR:.0%}"
    report.row(
        f"{len(ratios)} {WHAT}: {what}",
        f"median {median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}; {found}",
        f"within {NEAR:.0%}" + (f" in {share} of {of}" if of > 1 else ""),
        near * of >= share * len(ratios),
    )


@contextmanager
def cpu_limit(cores: float) -> Iterator[Path]:
    """A cgroup (version 1 or 2) with that limit: the file that a process joins it by. `OSError` where there is none."""
    first = Path("/sys/fs/cgroup/cpu")
    parent = first if first.is_dir() else Path("/sys/fs/cgroup")
    folder = parent / f"mainstream-bench-{os.getpid()}"
    folder.mkdir()
    try:
        quota = round(cores * PERIOD_US)
        if first.is_dir():
            (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (folder / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            with suppress(OSError):  # where it is on already, or others rule there, the next line tells
                (parent / "cgroup.subtree_control").write_text("+cpu")
            (folder / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        yield folder / "cgroup.procs"
    finally:
        folder.rmdir()


def inside() -> list[dict[str, Any]]:
    """Profile, then run plan after plan, each twice; what it was expected to use, and used.

    A pod learns from every minute of a plan; a round stands for one here, without the plan's loading, of which it would
    be a larger part. So the first round of a plan is expected to cost what the plans before it taught, the second what
    the first one taught as well.
    """
    streams = [clip_stream("plaza"), clip_stream("yard")]
    profile = profile_node([BASE], streams)
    results: list[dict[str, Any]] = []
    lessons = Lessons()
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder, torchserve() as server:
        store = Path(folder)
        for seed in range(PLANS):
            plan = random_plan(seed, profile, store)
            before_s = _whole_s(server)
            _round(server, plan, store, profile, WARM_S)
            run, first = _round(server, plan, store, lessons.corrected(profile))
            lessons.take(profile, plan, _rates(run), _rates(run), run.cpu_used)
            _, second = _round(server, plan, store, lessons.corrected(profile))
            drift = (before_s + _whole_s(server)) / 2 / profile.bases[BASE].timed_s
            apps = [
                {
                    "fps": app.fps_planned,
                    "achieved": app.fps_achieved,
                    "kept": abs(app.fps_achieved - app.fps_planned)
                    <= max(0.05 * app.fps_planned, 1.0 / run.seconds + 1e-6),
                    "dropped": app.frames.dropped,
                }
                for app in run.apps
            ]
            rates = {app.name: app.fps for app in plan.apps}
            cost = expected_cost(plan, rates, profile)
            minutes = {"first": first, "second": second}
            results.append({"cost": cost, "used": run.cpu_used, "minutes": minutes, "drift": drift, "apps": apps})
            print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    return results


def _round(
    server: TorchServe, plan: RunnerPlan, store: Path, profile: NodeProfile, seconds: float = PLAN_S
) -> tuple[RunResult, float]:
    """A run of the plan, and the CPU that it took over what its achieved rates cost by the profile."""
    run = run_plan_on(server, plan, store, store / "out", end_frame=round(seconds * plan.streams[0].fps))
    return run, run.cpu_used / expected_cost(plan, _rates(run), profile)


def _rates(run: RunResult) -> dict[str, float]:
    return {app.name: app.fps_achieved for app in run.apps}


def _whole_s(server: TorchServe) -> float:
    """CPU-seconds per frame of the whole network, as the worker times it now."""
    with closing(EngineClient(server.port)) as client:
        return client.whole_cost(BASE, CHECK_FPS, CHECK_S).whole_s


def random_plan(seed: int, profile: NodeProfile, store: Path) -> RunnerPlan:
    """Apps at random branch-points and rates on one or two streams, as many as fit a random share of the limit."""
    random = np.random.default_rng(seed)
    network = load_base_network(BASE)
    streams = [clip_stream("plaza"), clip_stream("yard")][: random.integers(1, 3)]
    most = random.uniform(0.5, 0.95) * LIMIT
    network = load_base_network(BASE)
    chosen: list[_Placed] = []
    # Which weights an app has costs nothing, so they are made only for what is chosen.
    blank = synthetic_app(network, store, streams[0], network.depth, 1.0, 0)
    for _ in range(4 * MOST_APPS):
        next_app = (int(random.integers(0, network.depth + 1)), float(random.integers(1, 11)))
        tried = [*chosen, (*next_app, int(random.integers(0, len(streams))))]
        candidate = _plan(
            [blank.model_copy(update={"name": f"app-{n}", "branch_point": k}) for n, (k, _, _) in enumerate(tried)],
            tried,
            streams,
        )
        rates = {app.name: app.fps for app in candidate.apps}
        if len(tried) <= MOST_APPS and expected_cost(candidate, rates, profile) <= most:
            chosen = tried
    if not chosen:
        raise SystemExit(f"no app at all fits {most:.3f} CPU-seconds per second")
    apps = [synthetic_app(network, store, streams[0], k, fps, number) for number, (k, fps, _) in enumerate(chosen)]
    return _plan(apps, chosen, streams)


def _plan(apps: list[RunnerApp], placed: list[_Placed], streams: list[RunnerStream]) -> RunnerPlan:
    running = tuple(
        app.model_copy(update={"fps": fps, "stream": streams[stream].name})
        for app, (_, fps, stream) in zip(apps, placed, strict=True)
    )
    return RunnerPlan(node="node", sharing=True, budget=0.0, cost=0.0, streams=tuple(streams), apps=running)


if __name__ == "__main__":
    print(json.dumps(inside()))
