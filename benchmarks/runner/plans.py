"""Rows of `make bench-runner` on plans: random feasible ones, in a cgroup with the runner's CPU limit, against what the
profile that was made in the same cgroup says of them.

Some minutes each. What was measured lies in `out/bench/plans` until the rows are told: a run that is cut short goes on
where it was.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from pydantic import BaseModel

from common.harness import FOLDER, QUICK, Report, scratch
from common.results import kept_all, kept_profile
from common.runner_stage import clip_stream, plan_of, planned_cost
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.nn.registry import load_base_network
from mainstream_runner.client import EngineClient
from mainstream_runner.plan_cost import expected_cost
from mainstream_runner.profiling.lessons import Lessons
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.profiling.synthetic import synthetic_app
from mainstream_runner.run import run_plan_on
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
KEPT = FOLDER / ("plans-quick" if QUICK else "plans")
WHAT = f"random feasible plans up to 95 % of a runner's CPU limit ({LIMIT:g} cores), in a cgroup"


class Round(BaseModel):
    """A plan that ran for a while."""

    seconds: float
    used: float
    """CPU-seconds a second"""
    rates: dict[str, float]
    """achieved, by app"""


class Ran(BaseModel):
    """A plan, its rounds, and what a frame of the whole network took before the first of them and after it."""

    plan: RunnerPlan
    rounds: tuple[Round, ...]
    timed_s: tuple[float, float]


def plan_rows(report: Report) -> None:
    """Profile in a cgroup, run plan after plan there, and tell of them."""
    with ExitStack() as limit:
        try:
            limit.enter_context(cpu_limit(LIMIT))
        except OSError as error:
            report.left_out(WHAT, "rates within 5 %, CPU within 10 %", f"no cgroup with a CPU limit ({error})")
            return
        streams = [clip_stream("plaza"), clip_stream("yard")]
        profile = kept_profile(KEPT / "profile.json", lambda: profile_node([BASE], streams))
        with scratch() as store, torchserve() as server:
            plans = [
                ran
                for seed in range(PLANS)
                for ran in kept_all(KEPT / f"{seed}.json", Ran, partial(_ran, server, seed, profile, store))
            ]
    told(report, profile, plans)
    shutil.rmtree(KEPT)


def told(report: Report, profile: NodeProfile, plans: Sequence[Ran]) -> None:
    """The rows of plans that ran one after the other."""
    apps = [(app, ran.rounds[0]) for ran in plans for app in ran.plan.apps]
    fit = sum(_is_kept(app, first) for app, first in apps) / len(apps)
    report.row(
        f"{len(plans)} {WHAT}: apps whose achieved rate is within 5 % of the plan's (or one frame)",
        f"{fit:.1%} of {len(apps)}",
        "95 %",
        fit >= 0.95,
    )
    planned = [ran.rounds[0].used / planned_cost(ran.plan, profile) for ran in plans]
    _cost_row(report, "CPU used over planned cost", planned)
    # What the machine's speed changed by since the profile was made is not the cost law's fault; both are told.
    speeds = [sum(ran.timed_s) / 2 / profile.bases[BASE].timed_s for ran in plans]
    steady = [ratio / speed for ratio, speed in zip(planned, speeds, strict=True)]
    _cost_row(report, "the same, at the speed at which the network was timed before and after each plan", steady)
    minutes = taught(profile, plans)
    for number, (when, share, of) in enumerate((("first", 25, 30), ("second", 29, 30))):
        what = f"CPU used over planned cost in its {when} minute, as earlier minutes taught"
        _cost_row(report, what, [each[number] for each in minutes], share, of)
    report.details["plans"] = {
        "profile": profile.model_dump(mode="json"),
        "ran": [ran.model_dump(mode="json") for ran in plans],
        "minutes": minutes,
    }


def taught(profile: NodeProfile, plans: Sequence[Ran]) -> list[tuple[float, ...]]:
    """CPU used over expected cost of each plan's rounds: of the first as the plans before it taught, of the second as
    the first one taught as well."""
    lessons, ratios = Lessons(), []
    for ran in plans:
        of_rounds = []
        for each in ran.rounds:
            of_rounds.append(each.used / expected_cost(ran.plan, each.rates, lessons.corrected(profile)))
            lessons.take(profile, ran.plan, each.rates, each.rates, each.used)
        ratios.append(tuple(of_rounds))
    return ratios


def _is_kept(app: RunnerApp, ran: Round) -> bool:
    return abs(ran.rates[app.name] - app.fps) <= max(0.05 * app.fps, 1.0 / ran.seconds + 1e-6)


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
def cpu_limit(cores: float) -> Iterator[None]:
    """This process and what it starts in a cgroup (version 1 or 2) with that limit. `OSError` where there is none."""
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
        (folder / "cgroup.procs").write_text(str(os.getpid()))
        try:
            yield
        finally:
            (parent / "cgroup.procs").write_text(str(os.getpid()))
    finally:
        folder.rmdir()


def _ran(server: TorchServe, seed: int, profile: NodeProfile, store: Path) -> Iterator[Ran]:
    """A short round that loads the plan, then two, with the network timed before and after the first.

    A pod learns from every minute of a plan; a round stands for one here, without the plan's loading, of which it would
    be a larger part.
    """
    plan = random_plan(seed, profile, store)
    _round(server, plan, store, WARM_S)
    before_s, first = _whole_s(server), _round(server, plan, store, PLAN_S)
    after_s, second = _whole_s(server), _round(server, plan, store, PLAN_S)
    print(f"plan {seed + 1} of {PLANS}", flush=True)
    yield Ran(plan=plan, rounds=(first, second), timed_s=(before_s, after_s))


def _round(server: TorchServe, plan: RunnerPlan, store: Path, seconds: float) -> Round:
    run = run_plan_on(server, plan, store, store / "out", end_frame=round(seconds * plan.streams[0].fps))
    return Round(used=run.cpu_used, seconds=run.seconds, rates={app.name: app.fps_achieved for app in run.apps})


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
    plan = plan_of(streams, [])
    # Which weights an app has costs nothing, so they are made only for what is chosen.
    blank = synthetic_app(network, store, streams[0], network.depth, 1.0, 0)
    for _ in range(4 * MOST_APPS):
        drawn = {
            "name": f"app-{len(plan.apps)}",
            "branch_point": int(random.integers(0, network.depth + 1)),
            "fps": float(random.integers(1, 11)),
            "stream": streams[random.integers(0, len(streams))].name,
        }
        tried = plan_of(streams, [*plan.apps, blank.model_copy(update=drawn)])
        if len(tried.apps) <= MOST_APPS and planned_cost(tried, profile) <= most:
            plan = tried
    if not plan.apps:
        raise SystemExit(f"no app at all fits {most:.3f} CPU-seconds per second")
    by_name = {stream.name: stream for stream in streams}
    apps = [
        synthetic_app(network, store, by_name[app.stream], app.branch_point, app.fps, number)
        for number, app in enumerate(plan.apps)
    ]
    return plan_of(streams, apps)
