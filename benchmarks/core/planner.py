"""`make bench-planner`: published figures, proof, speed, agreement with a general solver, memory.

About 20 minutes; QUICK=1 takes samples. Parts are published, ten, thirty, micro, modes, many, alike, solver, again,
memory; published and solver measure no times.

Times are wall times of `solve`, option tables included and not kept from earlier solves, on one core (BLAS threads 1).
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import planner_published as figures  # type: ignore[import-not-found]
from planner_features import feature_problem  # type: ignore[import-not-found]

from common.harness import QUICK, Report
from mainstream.decide.planning import StepPlanning
from mainstream.planner import Plan, Problem, solve
from mainstream.planner.answer.whatif import without_app
from mainstream.planner.deadline import Clock
from mainstream.planner.published import greedy_value
from mainstream.planner.solve import DEFAULT_DEADLINE_S
from mainstream.planner.synthetic import (
    alike_cameras,
    random_problem,
    with_cameras,
    with_micro_heads,
    with_short_memory,
)
from mainstream.planner.tables.known import forget_tables

EXACT = ("exhaustive", "stems_cpp")
GAP = 1e-4
"""What the speed rows have to prove."""
Cell = tuple[int, int, float]
"""of the published figures: apps, set-up, budget"""


def sample(rows: list[Any], quick: int) -> list[Any]:
    """All rows, or in a quick run some of them (always the same)."""
    if not QUICK or len(rows) <= quick:
        return rows
    picked = np.random.default_rng(7).choice(len(rows), quick, replace=False)
    return [rows[i] for i in sorted(picked.tolist())]


def published_figures(report: Report) -> None:
    """The three rows on the authors' figures."""
    if figures.missing():
        report.left_out("published figures", "every row, to 2e-5", figures.missing())
        return
    exact_values = proofs(report)
    good = 0
    for problem, published in figures.regression_problems():
        plan = solve(problem, gap=0.0)
        good += plan.status == "optimal" and abs((1.0 - plan.objective) - published) <= 1e-6
    report.row("20 regression set-ups", f"{good} of 20", "all optimal, proved", good == 20)
    published_rows(report, exact_values)


def published_rows(report: Report, exact_values: dict[Cell, float]) -> None:
    """Exact rows are looked up in what `proofs` solved, as far as it did."""
    results = figures.results()
    rows = [row for row in results["rows"] if str(row[3]) in results["setups"]]
    exact, off = 0, []
    sampled = sorted(sample(rows, 600), key=lambda row: (row[3], row[4]))
    for row in sampled:
        scheduler, mode, budget, apps, index, published, *_ = row
        problem = figures.problem_of(apps, index, budget, slow_rates=mode == "nosharing")
        if scheduler in EXACT:
            exact += 1
            known = exact_values.get((apps, index, budget))
            value = solve(problem, clock=time.process_time).objective if known is None else known
        else:
            value = greedy_value(problem, figures.POLICY_OF_MODE[mode])
        if abs((1.0 - value) - published) > 2e-5:
            off.append((*row[:5], published, round(1.0 - value, 6)))
    report.details["published rows that differ"] = off
    done = len(sampled)
    same = f"{done - len(off)} of {done} rows ({exact} exact, {done - exact} greedy)"
    what = "published figures: greedy as coded, Max-Sharing, No-Sharing, exact rows"
    report.row(what, same + (f", a sample of {len(rows)}" if QUICK else ""), "every row, to 2e-5", not off)


def proofs(report: Report) -> dict[Cell, float]:
    """Solve every cell, its deadline one of CPU time; returns the objectives."""
    results = figures.results()
    budgets = sorted({row[2] for row in results["rows"]})
    exact: dict[Cell, float] = {}
    for scheduler, mode, budget, apps, index, one_minus_f1, *_ in results["rows"]:
        if scheduler in EXACT and mode == "mainstream":
            key = (apps, index, budget)
            exact[key] = min(exact.get(key, 1.0), one_minus_f1)
    cells = [
        (int(apps), index, budget)
        for apps, setups in results["setups"].items()
        if 2 <= int(apps) <= 25
        for index in range(len(setups))
        for budget in budgets
    ]
    plans, walls = {}, []
    for cell in sample(cells, 400):
        problem = figures.problem_of(*cell)
        began_s = time.perf_counter()
        plans[cell] = solve(problem, clock=time.process_time)
        walls.append(time.perf_counter() - began_s)
    values = {cell: plan.objective for cell, plan in plans.items()}
    gaps = np.array([1.0 if plan.gap is None or plan.shed else plan.gap for plan in plans.values()])
    below = [(*cell, exact[cell], 1 - f1) for cell, f1 in values.items() if 1 - f1 > exact.get(cell, 1.0) + 1e-6]
    share = float(np.mean(gaps <= 1e-6 + 1e-12))
    report.details["proof"] = {"median_s": float(np.median(walls)), "worst_s": max(walls), "below": below}
    report.row(
        "set-ups of 2 to 25 apps at every published budget",
        f"{len(gaps)} cells: {share:.2%} to 1e-6, worst gap {gaps.max():.1e}, {len(below)} below published",
        ">= 99 % to 1e-6, all to 1e-4, never below by > 1e-6",
        share >= 0.99 and gaps.max() <= 1e-4 and not below,
    )
    return values


def timed(
    problem: Problem, gap: float, deadline_s: float = DEFAULT_DEADLINE_S, clock: Clock = time.monotonic
) -> tuple[Plan, float, float]:
    """Plan, wall and CPU seconds, without tables kept from earlier; the deadline is by `clock`."""
    forget_tables()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    plan = solve(problem, gap=gap, deadline_s=deadline_s, clock=clock)
    return plan, time.perf_counter() - wall_s, time.process_time() - cpu_s


def contested(seed: int, make: Callable[[int], Problem]) -> Problem:
    """The problem under a budget of 5 % to 100 % of what everyone's best would cost."""
    free = replace(make(seed), budget=1e9)
    share = 0.05 + 0.95 * ((seed * 0.6180339887) % 1.0)
    return replace(free, budget=share * solve(free, gap=GAP).cost.total)


def thirty(seed: int) -> Problem:
    """30 apps, as the rows on plans made again and on memory have it."""
    return random_problem(seed, 30)


def speed(
    report: Report,
    what: str,
    make: Callable[[int], Problem],
    most_s: float,
    worst_s: float | None = None,
    count: tuple[int, int] = (10, 50),
) -> None:
    """A row of so many problems (in a quick run, and else), from scratch. Times are of the wall where the worst of them
    has a target too; else, and then the deadline too, of the processor."""
    walls, cpus, proved = [], [], 0
    deadline_s, clock = (4 * worst_s, time.monotonic) if worst_s else (DEFAULT_DEADLINE_S, time.process_time)
    for seed in range(count[0] if QUICK else count[1]):
        plan, wall_s, cpu_s = timed(contested(seed, make), GAP, deadline_s, clock)
        walls.append(wall_s)
        cpus.append(cpu_s)
        proved += plan.gap is not None and plan.gap <= GAP
    value = (
        f"median {np.median(walls):.3f} s, worst of {len(walls)} {max(walls):.2f} s "
        f"(CPU {np.median(cpus):.3f}, {max(cpus):.2f}); {proved} of {len(walls)} proved to {GAP:g}"
    )
    if worst_s:
        met = float(np.median(walls)) <= most_s and max(walls) <= worst_s and proved == len(walls)
        report.row(what, value, f"median {most_s:g} s, worst {worst_s:g} s", met)
    else:
        report.row(what, value, f"median {most_s:g} s of CPU", float(np.median(cpus)) <= most_s)


def _with_micro_heads(seed: int) -> Problem:
    return with_micro_heads(random_problem(seed, 30, branch_points=12), seed)


def _with_cameras(seed: int) -> Problem:
    return with_cameras(random_problem(seed, 30, views=10), seed)


def _with_both(seed: int) -> Problem:
    return with_cameras(with_micro_heads(random_problem(seed, 30, branch_points=12, views=5), seed), seed)


def decode_modes(report: Report) -> None:
    """Cameras that can be decoded in three ways each."""
    speed(report, "10 streams of 3 decode modes with 30 apps", _with_cameras, 1.0)
    speed(report, "5 streams of 3 decode modes with 30 apps that have micro-heads too", _with_both, 1.0)


def many_apps(report: Report) -> None:
    shares, walls = [], []
    for seed in range(2 if QUICK else 10):
        plan, wall_s, _ = timed(contested(seed, partial(random_problem, apps=100)), gap=0.0, deadline_s=5.0)
        shares.append((plan.bound or 0.0) / plan.objective - 1.0)
        walls.append(wall_s)
    value = f"worst {100 * max(shares):.4f} % of the bound in at most {max(walls):.2f} s ({len(walls)} problems)"
    report.row("100 apps on one node", value, "within .5 % in 5 s", max(shares) <= 0.005 and max(walls) <= 5.5)


def alike(report: Report) -> None:
    """Nothing tells the cameras apart, and they are not to be planned alike; in as many steps as the operator takes."""
    problem, what = alike_cameras(24, 10), "24 cameras that are alike, 10 apps each"
    short = f"{what}, memory for a tenth of their better candidates"
    for name, each in ((what, problem), (short, with_short_memory(problem, 0.1))):
        plan = StepPlanning(time.monotonic).solve(each)
        share = (plan.bound or 0.0) / plan.objective - 1.0
        report.row(name, f"{100 * share:.2f} % of the bound", "1.5 %", share <= 0.015)


def general_solver(report: Report) -> None:
    what, target = "against HiGHS, random problems of every feature", "equal objective to 1e-6 on 300"
    try:
        from planner_reference import solve_reference  # type: ignore[import-not-found]
    except ImportError as error:
        report.left_out(what, target, f"needs the extra dev ({error})")
        return
    count, off, infeasible = (60 if QUICK else 300), [], 0
    for seed in range(count):
        problem = feature_problem(10_000 + seed)
        plan, reference = solve(problem, gap=1e-9), solve_reference(problem)
        infeasible += reference.value is None
        same = plan.status == "infeasible" if reference.value is None else abs(reference.value - plan.objective) <= 1e-6
        if not same:
            off.append((seed, reference.value, plan.objective, plan.status))
    report.details["differs from HiGHS"] = off
    value = f"{count - len(off)} of {count} equal ({infeasible} of them infeasible for both)"
    report.row(what, value, target, not off)


def plan_again(report: Report) -> None:
    """One app comes or goes, the tables of the others are kept."""
    walls: list[float] = []
    for seed in range(6 if QUICK else 30):
        problem = contested(seed, thirty)
        fewer = without_app(problem, problem.apps[seed % 30].name)
        for before, after in ((fewer, problem), (problem, fewer)):
            timed(before, gap=GAP)
            began_s = time.perf_counter()
            solve(after, gap=GAP)
            walls.append(time.perf_counter() - began_s)
    value = f"median {np.median(walls):.3f} s, worst of {len(walls)} {max(walls):.2f} s"
    report.row(
        "re-plan after one app comes or goes, 30 apps, warm", value, "median .3 s", float(np.median(walls)) <= 0.3
    )


def peak_memory(report: Report) -> None:
    """Peak of a process of its own that plans for 30 apps, Python and numpy included."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        kibibytes = alone.submit(_plan_thirty).result()
    report.row("peak memory, 30 apps", f"{kibibytes >> 10} MiB", "300 MiB", kibibytes <= 300 << 10)


def _plan_thirty() -> int:
    for seed in range(3):
        solve(contested(seed, thirty))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


PARTS: dict[str, Callable[[Report], None]] = {
    "published": published_figures,
    "ten": partial(
        speed,
        what="10 apps, option tables included",
        make=partial(random_problem, apps=10),
        most_s=0.15,
        worst_s=1.0,
        count=(20, 100),
    ),
    "thirty": partial(
        speed, what="30 apps, option tables included", make=thirty, most_s=1.0, worst_s=5.0, count=(20, 100)
    ),
    "micro": partial(
        speed, what="30 apps of 60 candidates, 48 of them micro-heads", make=_with_micro_heads, most_s=1.0
    ),
    "modes": decode_modes,
    "many": many_apps,
    "alike": alike,
    "solver": general_solver,
    "again": plan_again,
    "memory": peak_memory,
}
