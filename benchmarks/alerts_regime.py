"""Judges on workloads of real photos in the abstract's regime: every policy planned by the law, measured by alerts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alerts_stand import KEPT, Stand
from harness import Report

from cells import Cell, headline, short_events
from intervals import Interval, difference_interval
from mainstream.planner import Problem
from measure import POLICIES, TITLES, mean_of, measure
from replayed import replayed_curves, with_curves
from results import kept, key_of
from workloads import Workload, draw_workload

WORKLOADS = 20
BASELINES = ("no-sharing", "max-sharing")

Results = list[dict[str, Any]]


def regime(report: Report, stand: Stand) -> list[float]:
    """Rows of both cells of the regime; the shares of quiet time in which their planned apps are on."""
    shares: list[float] = []
    for cell in (headline(stand.pool.name), short_events(stand.pool.name)):
        results = [played(cell, index, stand) for index in range(WORKLOADS)]
        _compared(report, named(cell, WORKLOADS), results)
        shares += [app["open_share"] for result in results for each in result.values() for app in each["apps"]]
    return shares


def named(cell: Cell, workloads: int) -> str:
    """So many workloads of a cell, in words."""
    lengths = ", published event lengths" if cell.published_lengths else ""
    return f"{cell.pool}{lengths}, {workloads} workloads"


def kept_path(cell: Cell, what: str, stand: Stand) -> Path:
    """Where what was played of a cell is kept: elsewhere where packages, costs or photos are others."""
    depends = key_of(
        sorted(package.digest for package in stand.packages.values()),
        stand.profile.model_dump_json(),
        stand.pool.test.digest,
    )
    return KEPT / "played" / cell.name / f"{what}-{depends}.json"


def drawn_problem(cell: Cell, index: int, stand: Stand) -> tuple[Workload, Problem]:
    """A workload of a cell, and its problem with what replays on its stream tell."""
    drawn = draw_workload(cell, index, stand.pool, stand.packages, stand.profile)
    return drawn, with_curves(drawn.problem, replayed_curves(drawn, drawn.problem, stand.held_out))


def played(cell: Cell, index: int, stand: Stand) -> dict[str, Any]:
    """What every policy comes to, kept on disk."""

    def make() -> dict[str, Any]:
        drawn, problem = drawn_problem(cell, index, stand)
        return {policy: measure(drawn, policy, stand.test, problem) for policy in POLICIES}

    result: dict[str, Any] = kept(kept_path(cell, f"{index:02d}", stand), make)
    return result


def _compared(report: Report, what: str, results: Results) -> None:
    """Mainstream against each other policy, paired over workloads."""
    ours = _means(results, "mainstream", "f1")
    for other in BASELINES:
        gain = difference_interval(ours, _means(results, other, "f1"))
        report.row(f"{what}: F1 of Mainstream less that of {TITLES[other]}", said(gain), "above 0", gain.low > 0.0)
    gain = difference_interval(ours, _means(results, "greedy", "f1"))
    report.row(f"{what}: less that of the paper's greedy", said(gain), "not below 0", gain.high >= 0.0)
    f1 = {policy: sum(_means(results, policy, "f1")) / len(results) for policy in POLICIES}
    windowed = {policy: sum(_means(results, policy, "f1_windowed")) / len(results) for policy in POLICIES}
    predicted = {policy: sum(_means(results, policy, "f1_predicted")) / len(results) for policy in POLICIES}
    for policy in POLICIES:
        value = f"{f1[policy]:.3f}, predicted {predicted[policy]:.3f}, windowed {windowed[policy]:.3f}"
        report.row(f"{what}: F1 of {TITLES[policy]}", value, "told", None)
    report.details[what] = {"f1": f1, "windowed": windowed, "predicted": predicted}


def _means(results: Results, policy: str, what: str) -> Sequence[float]:
    return [mean_of(each[policy], what) for each in results]


def said(gain: Interval) -> str:
    """A difference with its interval."""
    return f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
