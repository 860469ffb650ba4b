"""`make bench-planner`: published figures, proof, speed, agreement with a general solver, memory.

About 20 minutes; QUICK=1 takes samples. Parts are published, ten, thirty, micro, modes, many, alike, solver, again,
memory; published and solver measure no times.

Times are wall times of `solve`, option tables included and not kept from earlier solves, on one core (BLAS threads 1).
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from common.harness import QUICK, Report
from mainstream.decide.planning import StepPlanning
from mainstream.planner import Plan, Problem, solve
from mainstream.planner.answer.whatif import without_app
from mainstream.planner.deadline import Clock
from mainstream.planner.published import greedy_value, published_problem
from mainstream.planner.solve import DEFAULT_DEADLINE_S, Policy
from mainstream.planner.synthetic import alike_cameras, random_problem, with_cameras, with_micro_heads
from mainstream.planner.tables.known import forget_tables

EXACT = ("exhaustive", "stems_cpp")
POLICY_OF_MODE: dict[str, Policy] = {"mainstream": "mainstream", "nosharing": "no-sharing", "maxsharing": "max-sharing"}
GAP = 1e-4
"""What the speed rows have to prove."""


def helper(name: str) -> Any:
    """A helper module of the planner's tests, which no package holds."""
    return import_module(name)


def sample(rows: list[Any], quick: int) -> list[Any]:
    """All rows, or in a quick run some of them (always the same)."""
    if not QUICK or len(rows) <= quick:
        return rows
    picked = np.random.default_rng(7).choice(len(rows), quick, replace=False)
    return [rows[i] for i in sorted(picked.tolist())]


def published_figures(report: Report) -> None:
    """The three rows on the authors' figures."""
    figures = helper("planner_published")
    whats = (
        ("published figures: greedy as coded, Max-Sharing, No-Sharing, exact rows", "every row, to 2e-5"),
        ("20 regression set-ups", "all optimal, proved"),
        ("set-ups of 2 to 25 apps at every published budget", ">= 99 % to 1e-6, all to 1e-4, never below by > 1e-6"),
    )
    if figures.missing():
        for what, target in whats:
            report.left_out(what, target, figures.missing() or "")
        return
    exact_values = proofs(report, figures, *whats[2])
    regression(report, figures, *whats[1])
    published_rows(report, figures, exact_values, *whats[0])


def problem_of(figures: Any, apps: int, index: int, budget: float, *, slow_rates: bool = False) -> Problem:
    results = figures.results()
    setup = results["setups"][str(apps)][index][1]
    return published_problem(
        figures.models(), setup, stream_fps=results["stream_fps"], budget=budget, slow_rates=slow_rates
    )


def published_rows(
    report: Report, figures: Any, exact_values: dict[tuple[int, int, int], float], what: str, target: str
) -> None:
    """Exact rows are looked up in what `proofs` solved, as far as it did."""
    results = figures.results()
    rows = [row for row in results["rows"] if str(row[3]) in results["setups"]]
    checked, off = {"exact": 0, "greedy": 0}, []
    for row in sorted(sample(rows, 600), key=lambda row: (row[3], row[4])):
        scheduler, mode, budget, apps, index, published, *_ = row
        problem = problem_of(figures, apps, index, budget, slow_rates=mode == "nosharing")
        exact, known = scheduler in EXACT, exact_values.get((apps, index, budget))
        if exact:
            value = solve(problem, clock=time.process_time).objective if known is None else known
        else:
            value = greedy_value(problem, POLICY_OF_MODE[mode])
        checked["exact" if exact else "greedy"] += 1
        if abs((1.0 - value) - published) > 2e-5:
            off.append((*row[:5], published, round(1.0 - value, 6)))
    report.details["published rows that differ"] = off
    done = checked["exact"] + checked["greedy"]
    same = f"{done - len(off)} of {done} rows ({checked['exact']} exact, {checked['greedy']} greedy)"
    report.row(what, same + (f", a sample of {len(rows)}" if QUICK else ""), target, not off)


def regression(report: Report, figures: Any, what: str, target: str) -> None:
    data, good = figures.regression(), 0
    for name, setup in data["setups"]:
        problem = published_problem(figures.models(), setup, stream_fps=data["stream_fps"], budget=data["budget"])
        plan = solve(problem, gap=0.0)
        published = data["published_optimum_1_minus_f1"][name][0]
        good += plan.status == "optimal" and abs((1.0 - plan.objective) - published) <= 1e-6
    report.row(what, f"{good} of {len(data['setups'])}", target, good == len(data["setups"]))


def proofs(report: Report, figures: Any, what: str, target: str) -> dict[tuple[int, int, int], float]:
    """Solve every cell (apps, set-up, budget), its deadline one of CPU time; returns the objectives."""
    results = figures.results()
    budgets = sorted({row[2] for row in results["rows"]})
    exact: dict[tuple[int, int, int], float] = {}
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
    gaps, below, took = [], [], []
    values = {}
    for cell in sample(cells, 400):
        problem = problem_of(figures, *cell)
        began_s = time.perf_counter()
        plan = solve(problem, clock=time.process_time)
        took.append(time.perf_counter() - began_s)
        values[cell] = plan.objective
        gaps.append(1.0 if plan.gap is None or plan.shed else plan.gap)
        published = exact.get(cell)
        if published is not None and 1.0 - plan.objective > published + 1e-6:
            below.append((*cell, published, 1.0 - plan.objective))
    share = float(np.mean(np.array(gaps) <= 1e-6 + 1e-12))
    value = f"{len(gaps)} cells: {100 * share:.2f} % to 1e-6, worst gap {max(gaps):.1e}, {len(below)} below published"
    report.details["proof"] = {"median_s": float(np.median(took)), "worst_s": max(took), "below": below}
    report.row(what, value, target, share >= 0.99 and max(gaps) <= 1e-4 and not below)
    return values


def timed(
    problem: Problem, gap: float, deadline_s: float = DEFAULT_DEADLINE_S, clock: Clock = time.monotonic
) -> tuple[Plan, float, float]:
    """Plan, wall and CPU seconds, without tables kept from earlier; the deadline is by `clock`."""
    forget_tables()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    plan = solve(problem, gap=gap, deadline_s=deadline_s, clock=clock)
    return plan, time.perf_counter() - wall_s, time.process_time() - cpu_s


def contested(seed: int, apps: int, make: Callable[[int, int], Problem] = random_problem) -> Problem:
    """A random problem under a budget of 5 % to 100 % of what everyone's best would cost."""
    free = replace(make(seed, apps), budget=1e9)
    share = 0.05 + 0.95 * ((seed * 0.6180339887) % 1.0)
    return replace(free, budget=share * solve(free, gap=GAP).cost.total)


def speed(report: Report, apps: int, median_s: float, worst_s: float) -> None:
    count = 20 if QUICK else 100
    walls, cpus, unproved = [], [], 0
    for seed in range(count):
        plan, wall_s, cpu_s = timed(contested(seed, apps), gap=GAP, deadline_s=4 * worst_s)
        walls.append(wall_s)
        cpus.append(cpu_s)
        unproved += plan.gap is None or plan.gap > GAP
    middle, worst = float(np.median(walls)), max(walls)
    value = (
        f"median {middle:.3f} s, worst of {count} {worst:.2f} s (CPU {np.median(cpus):.3f}, {max(cpus):.2f}); "
        f"{count - unproved} of {count} proved to {GAP:g}"
    )
    met = middle <= median_s and worst <= worst_s and not unproved
    report.row(f"{apps} apps, option tables included", value, f"median {median_s:g} s, worst {worst_s:g} s", met)


def micro_heads(report: Report) -> None:
    """Apps whose micro-heads stand at the branch-points of their fine-tuned candidates."""
    of_kind(report, "30 apps of 60 candidates, 48 of them micro-heads", "median 1 s", _with_micro_heads)


def decode_modes(report: Report) -> None:
    """Cameras that can be decoded in three ways each."""
    of_kind(report, "10 streams of 3 decode modes with 30 apps", "within a second", _with_cameras)
    what = "5 streams of 3 decode modes with 30 apps that have micro-heads too"
    of_kind(report, what, "within a second", _with_both)


def of_kind(report: Report, what: str, target: str, make: Callable[[int, int], Problem]) -> None:
    """A row of problems that `make` makes, timed and limited by CPU-seconds."""
    cpus, proved, count = [], 0, 10 if QUICK else 50
    for seed in range(count):
        plan, _, cpu_s = timed(contested(seed, 30, make), gap=GAP, clock=time.process_time)
        cpus.append(cpu_s)
        proved += plan.gap is not None and plan.gap <= GAP
    middle = float(np.median(cpus))
    value = f"median {middle:.3f} s of CPU, worst of {count} {max(cpus):.2f} s; {proved} of {count} proved to {GAP:g}"
    report.row(what, value, target, middle <= 1.0)


def _with_micro_heads(seed: int, apps: int) -> Problem:
    return with_micro_heads(random_problem(seed, apps, branch_points=12), seed)


def _with_cameras(seed: int, apps: int) -> Problem:
    return with_cameras(random_problem(seed, apps, views=10), seed)


def _with_both(seed: int, apps: int) -> Problem:
    return with_cameras(with_micro_heads(random_problem(seed, apps, branch_points=12, views=5), seed), seed)


def many_apps(report: Report) -> None:
    shares, walls = [], []
    for seed in range(2 if QUICK else 10):
        plan, wall_s, _ = timed(contested(seed, 100), gap=0.0, deadline_s=5.0)
        shares.append((plan.bound or 0.0) / plan.objective - 1.0)
        walls.append(wall_s)
    value = f"worst {100 * max(shares):.4f} % of the bound in at most {max(walls):.2f} s ({len(walls)} problems)"
    report.row("100 apps on one node", value, "within .5 % in 5 s", max(shares) <= 0.005 and max(walls) <= 5.5)


def alike(report: Report) -> None:
    """Nothing tells the cameras apart, and they are not to be planned alike; in as many steps as the operator takes."""
    plan = StepPlanning(time.monotonic).solve(alike_cameras(24, 10))
    share = (plan.bound or 0.0) / plan.objective - 1.0
    report.row("24 cameras that are alike, 10 apps each", f"{100 * share:.2f} % of the bound", "1.5 %", share <= 0.015)


def general_solver(report: Report) -> None:
    what, target = "against HiGHS, random problems of every feature", "equal objective to 1e-6 on 300"
    try:
        feature_problem = helper("planner_features").feature_problem
        solve_reference = helper("planner_reference").solve_reference
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
        problem = contested(seed, 30)
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
    code = (
        "import resource; from core.planner import contested; from mainstream.planner import solve; "
        "[solve(contested(seed, 30)) for seed in range(3)]; "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    folder = Path(__file__).parents[1]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    report.row("peak memory, 30 apps", f"{int(found.stdout) >> 10} MiB", "300 MiB", int(found.stdout) <= 300 << 10)


PARTS: dict[str, Callable[[Report], None]] = {
    "published": published_figures,
    "ten": partial(speed, apps=10, median_s=0.15, worst_s=1.0),
    "thirty": partial(speed, apps=30, median_s=1.0, worst_s=5.0),
    "micro": micro_heads,
    "modes": decode_modes,
    "many": many_apps,
    "alike": alike,
    "solver": general_solver,
    "again": plan_again,
    "memory": peak_memory,
}
