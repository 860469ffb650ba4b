"""Photo cells: every policy over the number of apps, the budget and the camera's rate, by alerts."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import Any

import numpy as np

from common.results import write_part
from evidence.policies import BASELINES, OURS, PLANNERS
from evidence.side_by_side import side_by_side
from evidence.stage import Stand, stand
from photos.cells import Cell, cells_of
from photos.held import Promise
from photos.intervals import difference_interval, gain_interval, mean_interval, probability_of_no_loss
from photos.play import mean_of

LEAD = 0.02
"""F1 that Mainstream has to be ahead by, 95 % sure, for a simpler policy not to be called enough"""
_SHOWN = ("f1", "f1_windowed", "f1_predicted", "recall", "precision", "fps")
Results = list[dict[str, Any]]


def play_cells(pool: str) -> None:
    """Play what was not played yet, the first workloads of all cells first; write what is there, cut short or not."""
    on, cells = stand(pool), cells_of(pool)
    _ = (on.test, on.learnt, on.profile)
    together: dict[tuple[int, Cell], list[Cell]] = {}
    for index in range(max(cell.workloads for cell in cells)):
        for cell in cells:
            if index < cell.workloads:
                together.setdefault((index, cell.streams), []).append(cell)
    try:
        side_by_side(f"{pool}: workloads", _play, [(pool, index, group) for (index, _), group in together.items()])
    finally:
        summarise(pool, {cell: on.found(cell) for cell in cells})


def _play(pool: str, index: int, group: Sequence[Cell]) -> None:
    for cell in group:
        stand(pool).results(cell, index)


def summarise(pool: str, played: dict[Cell, Results]) -> None:
    """Write what was played."""
    on = stand(pool)
    cells = {cell.name: _summary(cell, results) for cell, results in played.items() if results}
    content = {"cells": cells, "below": below(list(played.values())), "heads": heads(on)}
    write_part(f"cells-{pool}", {"pool": pool, "packages": on.told, **content})


def below(played: Sequence[Results]) -> dict[str, float]:
    """For each policy the p-value of Mainstream's loss to it over all cells together.

    A cell of ten workloads can hardly be below by a test that is corrected for a hundred. Here workload `index` of
    every cell is one draw, as cells share streams, and there is one test for each policy.
    """
    found = {}
    for name in BASELINES:
        pairs = [
            [(mean_of(each[OURS], "f1"), mean_of(each[name], "f1")) for each in at if each and name in each]
            for at in zip_longest(*played)
        ]
        means = [np.mean(pair, axis=0) for pair in pairs if pair]
        if means:
            found[name] = probability_of_no_loss(*np.transpose(means))
    return found


def _summary(cell: Cell, results: Results) -> dict[str, Any]:
    """Means with intervals over the workloads of a cell, and what Mainstream is ahead by."""
    everywhere = [name for name in PLANNERS if all(name in each for each in results)]
    ours = _means(results, OURS, "f1")
    others = {name: _means(results, name, "f1") for name in BASELINES if name in everywhere}
    lead = {name: difference_interval(ours, theirs) for name, theirs in others.items()}
    return {
        **asdict(cell),
        "workloads": len(results),
        "wanted": cell.workloads,
        "regime": cell.is_regime,
        "policies": {
            name: {what: asdict(mean_interval(_means(results, name, what))) for what in _SHOWN}
            | {"served": _share(results, name, "candidate"), "micro": _share(results, name, "kind", "micro")}
            for name in everywhere
        },
        "lead": {name: asdict(each) for name, each in lead.items()},
        "gain": {name: asdict(gain_interval(ours, theirs)) for name, theirs in others.items()},
        "below": {name: probability_of_no_loss(ours, theirs) for name, theirs in others.items()},
        "enough": [name for name in others if lead[name].high < LEAD],
        "held": _held(results),
        "open_most": max(app["open_share"] for each in results for of in each.values() for app in of["apps"]),
        "apps_played": sum(len(of["apps"]) for each in results for of in each.values()),
    }


def _means(results: Results, policy: str, what: str) -> list[float]:
    return [mean_of(each[policy], what) for each in results]


def _share(results: Results, policy: str, what: str, wanted: str | None = None) -> float:
    apps = [app[what] for each in results for app in each[policy]["apps"]]
    return float(np.mean([value == wanted if wanted else value is not None for value in apps]))


def _held(results: Results) -> dict[str, Any]:
    """How many measured F1 of Mainstream's apps lie in what was predicted, nine times in ten."""
    apps = [app for each in results for app in each[OURS]["apps"] if app["interval"]]
    promises = [Promise(app["f1_predicted"], app["interval"], app["f1"], app["test_moves"]) for app in apps]
    return {
        "apps": len(apps),
        "inside": sum(each.held for each in promises),
        "together": sum(each.held_together for each in promises),
        "perfect": sum(each.held_if_perfect for each in promises),
        "above": sum(app["f1"] > app["interval"][1] for app in apps),
        "error": sum(abs(app["f1_predicted"] - app["f1"]) for app in apps),
        "bias": sum(app["f1_predicted"] - app["f1"] for app in apps),
        "width": sum(app["interval"][1] - app["interval"][0] for app in apps),
    }


def heads(on: Stand) -> list[dict[str, Any]]:
    """How good every candidate is on test photos, mean over apps: balanced accuracy at 1/2, with what it shares."""
    found: dict[str, list[tuple[int, float]]] = {}
    for app, package in on.packages.items():
        shown = on.pool.test.labels == on.labels[app]
        for each in package.candidates:
            hits = on.test[app, each.name] >= 0.5
            accuracy = float((hits[shown].mean() + 1.0 - hits[~shown].mean()) / 2.0)
            found.setdefault(each.name, []).append((each.branch_point, accuracy))
    return [
        {
            "candidate": name,
            "branch_point": rows[0][0],
            "apps": len(rows),
            "accuracy": sum(accuracy for _, accuracy in rows) / len(rows),
        }
        for name, rows in sorted(found.items(), key=lambda item: (item[1][0][0], item[0]))
    ]
