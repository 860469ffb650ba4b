"""Figure 1: F1 of alerts, recall and precision over the number of apps, the budget and the camera's rate.

    python benchmarks/evidence/event_f1.py [--pictures FOLDER]

Four policies on the same workloads; cells are fixed in cells.py. Plans are made from replayed curves, as packages
carry them; in the abstract's regime also from p, e and declared statistics by the chain law, and with all
policies as the authors have them: a first hit reports, at one threshold. What is played and what is live:
docs/evidence.md.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import stage
from cells import Cell, headline, over_apps, over_budget, short_events
from drawing import as_interval, label, panels, policy_line, save
from intervals import LEVEL, difference_interval, gain_interval, holm, mean_interval, probability_of_no_loss
from measure import POLICIES, mean_of
from results import write_figure
from side_by_side import side_by_side

NAME = "event_f1"
BASELINES = ("no-sharing", "max-sharing")
REGIME_WAYS: tuple[stage.Way, ...] = ("chain", "published")
"""to plan in the abstract's regime besides"""
Results = list[dict[str, Any]]


def main() -> int:
    """Play every cell, then draw and write."""
    pools = stage.arguments(__doc__)
    cells = stage.cells(pools)
    regime = [cell for pool in pools for cell in (headline(pool), short_events(pool))]
    play([(cell, "replayed") for cell in cells] + [(cell, way) for way in REGIME_WAYS for cell in regime])
    summaries = {cell.name: run(cell) for cell in cells}
    chain = {cell.name: run(cell, "chain") for cell in regime}
    published = {cell.name: run(cell, "published") | over_published(cell) for cell in regime}
    data = {
        "pools": pools,
        "cells": summaries,
        "chain": chain,
        "published": published,
        "no_loss": no_loss(summaries),
        "profiles": {pool: stage.profile(pool).model_dump() for pool in pools},
    }
    draw(pools, summaries)
    write_figure(NAME, data)
    return 0


def play(wanted: Sequence[tuple[Cell, stage.Way]]) -> None:
    """Play every workload that has not been played yet; those of the same streams together, which they share."""
    stage.ready(cell for cell, _ in wanted)
    together: dict[tuple[Cell, int], list[tuple[Cell, stage.Way]]] = {}
    for cell, way in wanted:
        for index in range(stage.workloads(cell)):
            together.setdefault((cell.streams, index), []).append((cell, way))
    side_by_side("played", play_workload, [(index, group) for (_, index), group in together.items()])


def play_workload(index: int, group: Sequence[tuple[Cell, stage.Way]]) -> None:
    """Play one workload in every cell that has it."""
    for cell, way in group:
        stage.results_of(cell, index, way)


def run(cell: Cell, way: stage.Way = "replayed") -> dict[str, Any]:
    """What every workload of a cell comes to."""
    found = summary(cell, [stage.results_of(cell, index, way) for index in range(stage.workloads(cell))])
    print(f"{said(found)} ({way})", flush=True)
    return found


def summary(cell: Cell, results: Results) -> dict[str, Any]:
    """Means with intervals over the workloads of a cell, and gains over the baselines."""
    ours = _means(results, "mainstream", "f1")
    return {
        **asdict(cell),
        "workloads": len(results),
        "name": cell.name,
        "headline": stage.is_headline(cell),
        "budget": results[0]["mainstream"]["budget"],
        "policies": {policy: _policy(results, policy) for policy in POLICIES},
        "gain": {other: asdict(gain_interval(ours, _means(results, other, "f1"))) for other in POLICIES[1:]},
        "difference": {
            other: asdict(difference_interval(ours, _means(results, other, "f1"))) for other in POLICIES[1:]
        },
        "p_below": {other: probability_of_no_loss(ours, _means(results, other, "f1")) for other in BASELINES},
        "events_per_app_least": min(app["events"] for each in results for app in each["mainstream"]["apps"]),
    }


def over_published(cell: Cell) -> dict[str, Any]:
    """The gain of Mainstream as it is over the authors' baselines."""
    indices = range(stage.workloads(cell))
    ours = _means([stage.results_of(cell, index) for index in indices], "mainstream", "f1")
    theirs = [stage.results_of(cell, index, "published") for index in indices]
    return {
        "product_f1": asdict(mean_interval(ours)),
        "product_gain": {other: asdict(gain_interval(ours, _means(theirs, other, "f1"))) for other in BASELINES},
    }


def _policy(results: Results, policy: str) -> dict[str, Any]:
    measured = {
        what: asdict(mean_interval(_means(results, policy, what)))
        for what in ("f1", "f1_windowed", "recall", "precision", "f1_predicted", "fps")
    }
    apps = [app for each in results for app in each[policy]["apps"]]
    fitting = [app for app in apps if app["branch_point"] is not None]
    places = sorted({app["branch_point"] for app in fitting})
    return {
        **measured,
        "branch_points": {str(k): sum(app["branch_point"] == k for app in fitting) / len(apps) for k in places},
        "did_not_fit": 1 - len(fitting) / len(apps),
    }


def _means(results: Results, policy: str, what: str) -> list[float]:
    return [mean_of(each[policy], what) for each in results]


def no_loss(summaries: Mapping[str, Any]) -> dict[str, Any]:
    """p-values of "Mainstream is below this baseline" in every cell, corrected for their number (Holm)."""
    raw = {f"{name} / {other}": p for name, cell in summaries.items() for other, p in cell["p_below"].items()}
    corrected = holm(raw)
    return {
        "tests": len(raw),
        "lowest_corrected": min(corrected.values()),
        "below": sorted(name for name, p in corrected.items() if p < LEVEL),
    }


def said(cell: Mapping[str, Any]) -> str:
    """One line about a cell."""
    f1 = {policy: each["f1"]["mean"] for policy, each in cell["policies"].items()}
    gains = ", ".join(
        f"{100 * each['mean']:+.0f} % [{100 * each['low']:+.0f}, {100 * each['high']:+.0f}] over {other}"
        for other, each in cell["gain"].items()
    )
    return f"{cell['name']}: " + " ".join(f"{policy} {value:.3f}" for policy, value in f1.items()) + f"; {gains}"


def by_apps(pool: str) -> Sequence[Cell]:
    """The cells over the number of apps."""
    return sorted((*over_apps(pool), Cell(pool)), key=lambda cell: cell.apps)


def by_budget(pool: str) -> Sequence[Cell]:
    """The cells over the budget."""
    return sorted((*over_budget(pool), Cell(pool)), key=lambda cell: cell.no_sharing_fps)


def draw(pools: Sequence[str], summaries: Mapping[str, Any]) -> None:
    """F1, recall and precision over apps and over budget; branch-points and rates over apps; gain over budget."""
    for what, cells_of, axis in (
        ("apps", by_apps, "apps"),
        ("budget", by_budget, "budget: fps of No-Sharing with ten apps"),
    ):
        figure, axes = panels(3, len(pools))
        for row, pool in enumerate(pools):
            found = [summaries[cell.name] for cell in cells_of(pool) if cell.name in summaries]
            x = [cell["apps"] if what == "apps" else cell["no_sharing_fps"] for cell in found]
            for column, measure in enumerate(("f1", "recall", "precision")):
                at = axes[3 * row + column]
                for policy in POLICIES:
                    policy_line(at, policy, x, [as_interval(cell["policies"][policy][measure]) for cell in found])
                at.set_xscale("log", base=2)
                at.set_xticks(x, [f"{value:g}" for value in x])
                label(at, axis, f"event {'F1' if measure == 'f1' else measure}", pool)
        axes[0].legend(fontsize=7)
        save(figure, f"{NAME}-over-{what}")
    _draw_choices(pools, summaries, by_apps)
    _draw_gain(pools, summaries, by_budget)


def _draw_choices(
    pools: Sequence[str], summaries: Mapping[str, Any], cells_of: Callable[[str], Sequence[Cell]]
) -> None:
    figure, axes = panels(2, len(pools))
    for row, pool in enumerate(pools):
        found = [summaries[cell.name] for cell in cells_of(pool) if cell.name in summaries]
        x = [cell["apps"] for cell in found]
        for policy in POLICIES:
            policy_line(axes[2 * row], policy, x, [as_interval(cell["policies"][policy]["fps"]) for cell in found])
        label(axes[2 * row], "apps", "mean rate of the apps, fps", pool)
        places = sorted({int(k) for cell in found for k in cell["policies"]["mainstream"]["branch_points"]})
        bottom = [0.0] * len(found)
        for shade, k in enumerate(places):
            shares = [cell["policies"]["mainstream"]["branch_points"].get(str(k), 0.0) for cell in found]
            grey = str(0.9 - 0.8 * shade / max(1, len(places) - 1))
            axes[2 * row + 1].bar(range(len(x)), shares, bottom=bottom, color=grey, edgecolor="black", label=f"{k}")
            bottom = [a + b for a, b in zip(bottom, shares, strict=True)]
        axes[2 * row + 1].set_xticks(range(len(x)), [str(apps) for apps in x])
        # Beside the bars, which fill the panel; the most frozen on top, as it is stacked.
        axes[2 * row + 1].legend(
            title="branch-point",
            fontsize=7,
            title_fontsize=7,
            reverse=True,
            loc="upper left",
            bbox_to_anchor=(1.01, 1.0),
        )
        axes[2 * row + 1].set_axisbelow(True)
        label(axes[2 * row + 1], "apps", "share of Mainstream's apps", pool)
    axes[0].legend(fontsize=7)
    save(figure, f"{NAME}-choices")


def _draw_gain(pools: Sequence[str], summaries: Mapping[str, Any], cells_of: Callable[[str], Sequence[Cell]]) -> None:
    figure, axes = panels(len(pools))
    for at, pool in zip(axes, pools, strict=True):
        found = [summaries[cell.name] for cell in cells_of(pool) if cell.name in summaries]
        x = [cell["no_sharing_fps"] for cell in found]
        for other in POLICIES[1:]:
            gains = [as_interval({k: 100 * v for k, v in cell["gain"][other].items()}) for cell in found]
            policy_line(at, other, x, gains)
        at.axhline(0, color="black", linewidth=0.8)
        at.set_xscale("log", base=2)
        at.set_xticks(x, [f"{value:g}" for value in x])
        label(at, "budget: fps of No-Sharing with ten apps", "Mainstream's gain in F1 over it, %", pool)
    axes[0].legend(fontsize=7)
    save(figure, f"{NAME}-gain")


if __name__ == "__main__":
    sys.exit(main())
