"""Figure 4: the planner's time and gap over the number of apps, against greedy, HiGHS and the published exact search.

    python benchmarks/evidence/planner_quality.py

Problems are those of `make bench-planner` (random, contested budgets). The authors' exact search is known by the values
that they published for their own set-ups (data/atc18), up to the numbers of apps that it reached; so is their time
unknown. Times are wall times of one plan.
"""

import sys
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import stage
from drawing import COLOURS, MARKERS, MARKS, OTHERS, label, line, panels, save
from intervals import gain_interval, mean_interval
from mainstream.planner import Problem, solve
from mainstream.planner.tables.known import forget_tables
from results import QUICK, kept, write_figure

sys.path.append(str(Path(__file__).parents[1]))

import planner as bench

NAME = "planner_quality"
APPS = (2, 5, 10) if QUICK else (2, 5, 10, 20, 30, 50)
SEEDS = 3 if QUICK else 20
HIGHS_APPS = 10
"""up to so many apps HiGHS is asked too"""
HIGHS_SEEDS = 1 if QUICK else 3
PUBLISHED_CELLS = 20 if QUICK else 200
"""of the authors' set-ups with an exact value, at most, evenly over all"""
REGIME_APPS, REGIME_BUDGET = 10, 300
"""of the authors' set-ups: where their No-Sharing affords 1.4 fps an app, as in their abstract"""
REGIME_SETUPS = 20 if QUICK else 100


def main() -> int:
    """Solve what has not been solved yet; draw and write."""
    rows = []
    for apps in APPS:
        for seed in range(SEEDS):
            path = stage.work_folder("planner") / f"{apps}-{seed}.json"
            rows.append(kept(path, partial(one, apps, seed)))
        print(f"{apps} apps", flush=True)
    data: dict[str, Any] = {"apps": {str(apps): summary([row for row in rows if row["apps"] == apps]) for apps in APPS}}
    data["published"] = kept(stage.work_folder("planner") / "published.json", published)
    data["regime"] = kept(stage.work_folder("planner") / "regime.json", regime)
    draw(rows)
    write_figure(NAME, data)
    return 0


def one(apps: int, seed: int) -> dict[str, Any]:
    """One problem under the exact search, the paper's greedy, and HiGHS where it is asked."""
    problem = bench.contested(seed, apps)
    exact_s, exact = timed(problem, "mainstream")
    greedy_s, greedy = timed(problem, "greedy")
    row = {
        "apps": apps,
        "seed": seed,
        "exact_s": exact_s,
        "gap": exact.gap,
        "f1": exact.objective,
        "greedy_s": greedy_s,
        "greedy_f1": greedy.objective,
    }
    if apps <= HIGHS_APPS and seed < HIGHS_SEEDS:
        solve_reference = bench.helper("planner_reference").solve_reference
        began_s = time.perf_counter()
        row["highs_f1"] = solve_reference(problem).value
        row["highs_s"] = time.perf_counter() - began_s
    return row


def timed(problem: Problem, policy: Any) -> tuple[float, Any]:
    """Wall seconds and the plan; tables of earlier plans are thrown away."""
    forget_tables()
    began_s = time.perf_counter()
    plan = solve(problem, policy=policy, gap=bench.GAP)
    return time.perf_counter() - began_s, plan


def published() -> dict[str, Any]:
    """Mainstream's exact search against the values of the authors' exact search and greedy, on their own set-ups."""
    figures = bench.helper("planner_published")
    if figures.missing():
        return {"missing": figures.missing()}
    exact: dict[tuple[int, int, int], float] = {}
    greedy: dict[tuple[int, int, int], float] = {}
    sharing: dict[str, dict[tuple[int, int, int], float]] = {"nosharing": {}, "maxsharing": {}}
    for scheduler, mode, budget, apps, index, one_minus_f1, *_ in figures.results()["rows"]:
        cell = (apps, index, budget)
        if mode in sharing:
            sharing[mode][cell] = 1 - one_minus_f1
        elif scheduler in bench.EXACT:
            exact[cell] = max(exact.get(cell, 0.0), 1 - one_minus_f1)
        else:
            greedy[cell] = 1 - one_minus_f1
    cells = sorted(cell for cell in exact if cell in greedy and all(cell in each for each in sharing.values()))
    cells = cells[:: max(1, len(cells) // PUBLISHED_CELLS)]
    ours = {cell: solve(bench.problem_of(figures, *cell)).objective for cell in cells}
    return {
        "cells": len(cells),
        "worst_below_their_exact": max((exact[cell] - ours[cell] for cell in cells), default=0.0),
        "mean_f1": {
            "ours": _mean(ours, cells),
            "their exact search": _mean(exact, cells),
            "their greedy": _mean(greedy, cells),
            "their No-Sharing": _mean(sharing["nosharing"], cells),
            "their Max-Sharing": _mean(sharing["maxsharing"], cells),
        },
    }


def regime() -> dict[str, Any]:
    """The abstract's regime in the authors' own set-ups, curves, costs and event model: predicted F1 of Mainstream's
    exact search against the values that they published for their baselines and their greedy."""
    figures = bench.helper("planner_published")
    if figures.missing():
        return {"missing": figures.missing()}
    theirs: dict[str, dict[int, float]] = {"nosharing": {}, "maxsharing": {}, "mainstream": {}}
    rates: dict[str, list[float]] = {mode: [] for mode in theirs}
    for scheduler, mode, budget, apps, index, one_minus_f1, _, fps in figures.results()["rows"]:
        if (apps, budget, scheduler) == (REGIME_APPS, REGIME_BUDGET, "greedy") and index < REGIME_SETUPS:
            theirs[mode][index] = 1 - one_minus_f1
            rates[mode] += fps
    setups = sorted(set.intersection(*(set(each) for each in theirs.values())))
    ours = [solve(bench.problem_of(figures, REGIME_APPS, index, REGIME_BUDGET)).objective for index in setups]
    found = {mode: [each[index] for index in setups] for mode, each in theirs.items()}
    return {
        "setups": len(setups),
        "f1": {"ours": asdict(mean_interval(ours)), **{mode: asdict(mean_interval(f1)) for mode, f1 in found.items()}},
        "fps": {mode: sum(each) / len(each) for mode, each in rates.items()},
        "gain": {mode: asdict(gain_interval(ours, f1)) for mode, f1 in found.items()},
    }


def _mean(values: dict[tuple[int, int, int], float], cells: list[tuple[int, int, int]]) -> float:
    return sum(values[cell] for cell in cells) / max(1, len(cells))


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Times and gaps of one number of apps."""
    lost = [row["f1"] - row["greedy_f1"] for row in rows]
    highs = [row for row in rows if "highs_s" in row]
    return {
        "problems": len(rows),
        "exact_s": {"median": median(row["exact_s"] for row in rows), "worst": max(row["exact_s"] for row in rows)},
        "gap_worst": max(row["gap"] for row in rows),
        "greedy_s": median(row["greedy_s"] for row in rows),
        "greedy_f1_lost": asdict(mean_interval(lost)),
        "highs_s": median(row["highs_s"] for row in highs) if highs else None,
        "highs_differs": max((abs(row["highs_f1"] - row["f1"]) for row in highs), default=None),
    }


def draw(rows: list[dict[str, Any]]) -> None:
    """Time over apps; F1 that greedy leaves and gap that is not proved, over apps."""
    figure, axes = panels(2)
    for name, colour, mark, key in (
        ("exact search", COLOURS["mainstream"], MARKERS["mainstream"], "exact_s"),
        ("paper's greedy", COLOURS["greedy"], MARKERS["greedy"], "greedy_s"),
        ("HiGHS", OTHERS[2], MARKS[4], "highs_s"),
    ):
        apps = [each for each in APPS if any(key in row and row["apps"] == each for row in rows)]
        found = [mean_interval([row[key] for row in rows if row["apps"] == each and key in row]) for each in apps]
        line(axes[0], name, apps, found, colour, mark)
    axes[0].set_yscale("log")
    label(axes[0], "apps", "seconds for a plan, mean")
    lost = [mean_interval([row["f1"] - row["greedy_f1"] for row in rows if row["apps"] == each]) for each in APPS]
    gaps = [mean_interval([row["gap"] for row in rows if row["apps"] == each]) for each in APPS]
    line(axes[1], "F1 that greedy leaves", APPS, lost, COLOURS["greedy"], MARKERS["greedy"])
    line(axes[1], "gap not proved", APPS, gaps, COLOURS["mainstream"], MARKERS["mainstream"])
    label(axes[1], "apps", "mean predicted F1")
    for at in axes:
        at.legend(fontsize=7)
    save(figure, NAME)


if __name__ == "__main__":
    sys.exit(main())
