"""Reads the authors' published figures where they are installed; see `mainstream.planner.published`."""

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from mainstream.planner import Problem
from mainstream.planner.published import published_problem
from mainstream.planner.solve import Policy

POLICY_OF_MODE: dict[str, Policy] = {"mainstream": "mainstream", "nosharing": "no-sharing", "maxsharing": "max-sharing"}
REPOSITORY = Path(__file__).parents[3]


def folder() -> Path:
    """Where the figures are: `$MAINSTREAM_SHARED`/data/atc18, else beside the repository."""
    shared = Path(os.environ.get("MAINSTREAM_SHARED") or REPOSITORY.parent / "shared")
    return shared / "data" / "atc18"


def missing() -> str | None:
    """Why the figures cannot be read, and what to do about it; None if they can."""
    if folder().is_dir():
        return None
    return (
        f"published figures are not at {folder()}: put them there, or set MAINSTREAM_SHARED to the folder above data/"
    )


@cache
def models() -> dict[str, Any]:
    """Curves, layer costs and branch-points."""
    return dict(json.loads((folder() / "mainstream_mobilenets.json").read_text()))


@cache
def regression() -> dict[str, Any]:
    """The 20 regression set-ups with their optima."""
    return dict(json.loads((folder() / "regtest20.json").read_text()))


@cache
def results() -> dict[str, Any]:
    """Set-ups by number of apps, and rows of (scheduler, mode, budget, apps, set-up, 1 - F1, frozen, fps)."""
    with gzip.open(folder() / "atc18_050318.json.gz", "rt") as file:
        return dict(json.load(file))


def problem_of(apps: int, index: int, budget: float, *, slow_rates: bool = False) -> Problem:
    """A set-up of so many apps at a budget."""
    setup = results()["setups"][str(apps)][index][1]
    return published_problem(models(), setup, stream_fps=results()["stream_fps"], budget=budget, slow_rates=slow_rates)


def regression_problems() -> list[tuple[Problem, float]]:
    """The regression set-ups, each with its published optimum as 1 - F1."""
    data = regression()
    return [
        (
            published_problem(models(), setup, stream_fps=data["stream_fps"], budget=data["budget"]),
            data["published_optimum_1_minus_f1"][name][0],
        )
        for name, setup in data["setups"]
    ]
