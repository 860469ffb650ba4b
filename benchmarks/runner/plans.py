"""Rows of `make bench-runner` on plans: random feasible ones, in a cgroup with the runner's CPU limit, against what the
profile that was made in the same cgroup says of them.

Some minutes each. What was measured lies in `out/bench/plans` until the rows are told: a run that is cut short goes on
where it was.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from statistics import median

import numpy as np
from pydantic import BaseModel

from common.harness import FOLDER, QUICK, Report
from common.runner_stage import clip_stream
from mainstream.files.durable import replace_durably
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan, RunnerStream
from mainstream.nn.registry import load_base_network
from mainstream_runner.client import EngineClient
from mainstream_runner.plan_cost import expected_cost
from mainstream_runner.profiling.lessons import Lessons
from mainstream_runner.profiling.node import profile_node
from mainstream_runner.profiling.synthetic import synthetic_app
from mainstream_runner.run import run_plan_on
from mainstream_runner.serving.torchserve import TorchServe, torchserve

BASE = "efficientnet-lite0"
BENCHMARKS = Path(__file__).parents[1]
LIMIT = 0.5
"""cores"""
PLANS = 5 if QUICK else 30
PLAN_S = 12.0 if QUICK else 25.0
WARM_S = 2.0
ROUNDS = 2
MOST_APPS = 12
NEAR = 0.1
CHECK_FPS, CHECK_S = 24.0, 2.0
PERIOD_US = 100_000
KEPT = FOLDER / ("plans-quick" if QUICK else "plans")
PROFILE = KEPT / "profile.json"
_Placed = tuple[int, float, int]
"""an app: branch-point, frames per second, number of its stream"""
WHAT = f"random feasible plans up to 95 % of a runner's CPU limit ({LIMIT:g} cores), in a cgroup"


class Round(BaseModel):
    """A plan that ran for a while."""

    seconds: float
    used: float
    """CPU-seconds a second"""
    scored_s: float
    """CPU-seconds of them from pixels to scores"""
    rates: dict[str, float]
    """achieved, by app"""


class Ran(BaseModel):
    """A plan, its rounds, and what a frame of the whole network took before, between and after them."""

    plan: RunnerPlan
    rounds: tuple[Round, ...]
    timed_s: tuple[float, ...]


def plan_rows(report: Report) -> None:
    """Run `inside` in a cgroup, and tell of what it kept."""
    try:
        with cpu_limit(LIMIT) as procs:
            inside = f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r}); from runner.plans import inside; inside()"
            command = f'echo $$ > "{procs}" && exec "$0" -c "$1"'
            subprocess.run(["/bin/sh", "-c", command, sys.executable, inside], check=True)
    except OSError as error:
        report.left_out(WHAT, "rates within 5 %, CPU within 10 %", f"no cgroup with a CPU limit ({error})")
        return
    profile = NodeProfile.model_validate_json(PROFILE.read_bytes())
    told(report, profile, [Ran.model_validate_json(_kept(seed).read_bytes()) for seed in range(PLANS)])
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
    planned = [_planned(ran, profile) for ran in plans]
    _cost_row(report, "CPU used over planned cost", planned)
    # What the machine's speed changed by since the profile was made is not the cost law's fault; both are told.
    speeds = [sum(ran.timed_s[:2]) / 2 / profile.bases[BASE].timed_s for ran in plans]
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


def _planned(ran: Ran, profile: NodeProfile) -> float:
    return ran.rounds[0].used / expected_cost(ran.plan, {app.name: app.fps for app in ran.plan.apps}, profile)


def _is_kept(app: RunnerApp, ran: Round) -> bool:
    return abs(ran.rates[app.name] - app.fps) <= max(0.05 * app.fps, 1.0 / ran.seconds + 1e-6)


def _kept(seed: int) -> Path:
    return KEPT / f"{seed}.json"


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


def inside() -> None:
    """Profile, then run plan after plan, each twice; what is on disk already is not measured again.

    A pod learns from every minute of a plan; a round stands for one here, without the plan's loading, of which it would
    be a larger part.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    if not PROFILE.exists():
        _keep(PROFILE, profile_node([BASE], [clip_stream("plaza"), clip_stream("yard")]))
    profile = NodeProfile.model_validate_json(PROFILE.read_bytes())
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder, torchserve() as server:
        store = Path(folder)
        for seed in range(PLANS):
            if not _kept(seed).exists():
                _keep(_kept(seed), _measured(server, random_plan(seed, profile, store), store))
                print(f"plan {seed + 1} of {PLANS}", file=sys.stderr, flush=True)


def _keep(path: Path, content: BaseModel) -> None:
    replace_durably(path, content.model_dump_json().encode())


def _measured(server: TorchServe, plan: RunnerPlan, store: Path) -> Ran:
    """A short round that loads it, then two, with the network timed before, between and after."""
    _round(server, plan, store, WARM_S)
    timed_s, rounds = [_whole_s(server)], []
    for _ in range(ROUNDS):
        rounds.append(_round(server, plan, store, PLAN_S))
        timed_s.append(_whole_s(server))
    return Ran(plan=plan, rounds=tuple(rounds), timed_s=tuple(timed_s))


def _round(server: TorchServe, plan: RunnerPlan, store: Path, seconds: float) -> Round:
    with closing(EngineClient(server.port)) as client:
        before_s = client.state().scored_s
        run = run_plan_on(server, plan, store, store / "out", end_frame=round(seconds * plan.streams[0].fps))
        scored_s = client.state().scored_s - before_s
    return Round(
        used=run.cpu_used,
        seconds=run.seconds,
        scored_s=scored_s,
        rates={app.name: app.fps_achieved for app in run.apps},
    )


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
