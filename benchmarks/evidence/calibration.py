"""Figure 3: predicted against measured recall, precision and F1, for the chain and for replayed curves; rate and cost.

    python benchmarks/evidence/calibration.py [--pictures FOLDER]

Every app of every plan in the abstract's regime. Replayed curves are those of the stream that the event statistics were
taken from: held-out photos, another seed. Two 95 % intervals are compared: that of the measured F1, which its stream's
events alone make, and that of the prediction, which holds too that scores are known from few photos (predictive.py; of
the first workloads of each cell, fixed here).
Planned against achieved rate and cost against CPU used come from live runs (live_runs.py).
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import stage
from cells import Cell, headline, short_events
from drawing import OTHERS, label, panels, save
from intervals import f1_interval
from mainstream.planner import AppPlan
from measure import POLICIES, mean_of
from play import play_plan
from predictive import prediction_intervals
from results import QUICK, kept, write_figure
from side_by_side import side_by_side

NAME = "calibration"
BINS = 10
PLAYED_TWICE = 10
"""workloads of which every plan is played on held-out photos too"""
PREDICTED_WORKLOADS = 1 if QUICK else 5
"""of each cell, of which every app's prediction gets its own interval"""
WHATS = ("recall", "precision", "f1")
WAYS: tuple[stage.Way, ...] = ("replayed", "chain")

Rows = list[dict[str, Any]]


def main() -> int:
    """Gather, summarise, draw, write."""
    pools = stage.arguments(__doc__)
    data: dict[str, Any] = {"pools": pools, "chain": {}, "replayed": {}, "held_out_and_test": {}, "prediction": {}}
    rows: dict[tuple[str, stage.Way], Rows] = {}
    for pool in pools:
        for way in WAYS:
            rows[pool, way] = rows_of(pool, way)
            data[way][pool] = summary(rows[pool, way])
            print(pool, way, data[way][pool], flush=True)
        data["held_out_and_test"][pool] = held_out_and_test(pool)
        data["prediction"][pool] = prediction_summary(pool)
        print(pool, data["prediction"][pool], flush=True)
    draw(pools, rows)
    write_figure(NAME, data)
    return 0


def rows_of(pool: str, way: stage.Way) -> Rows:
    """Every app of every plan of the abstract's regime."""
    rows: Rows = []
    for cell in (headline(pool), short_events(pool)):
        for index in range(stage.workloads(cell)):
            for policy, result in stage.results_of(cell, index, way).items():
                rows += [{**app, "policy": policy} for app in result["apps"] if app["branch_point"] is not None]
    return rows


def prediction_summary(pool: str) -> dict[str, Any]:
    """How many measured F1 lie in the prediction's own 95 % interval, how wide it is, and where the others lie."""
    cells = (headline(pool), short_events(pool))
    stage.ready(cells)
    workloads = [(cell, index) for cell in cells for index in range(min(PREDICTED_WORKLOADS, stage.workloads(cell)))]
    side_by_side(f"predictions of {pool}", predicted, workloads)
    rows = [row for each in workloads for row in predicted(*each)]
    return {
        "apps": len(rows),
        "workloads": len({(row["cell"], row["workload"]) for row in rows}),
        **_inside_prediction(rows),
        "by_policy": {
            policy: _inside_prediction([row for row in rows if row["policy"] == policy]) for policy in POLICIES
        },
    }


def predicted(cell: Cell, index: int) -> Rows:
    """`with_intervals` of one workload, kept."""
    path = stage.work_folder("prediction") / cell.name / f"{index:02d}-{stage.key(cell)}.json"
    rows: Rows = kept(path, partial(with_intervals, cell, index))
    return rows


def with_intervals(cell: Cell, index: int) -> Rows:
    """Every app of a workload's plans with the interval that its prediction leaves."""
    drawn, scores = stage.workload(cell, index), stage.held_out_scores(cell.pool, stage.apps_of(cell))
    rows = [
        {"cell": cell.name, "workload": index, "policy": policy, **app}
        for policy, result in stage.results_of(cell, index).items()
        for app in result["apps"]
        if app["branch_point"] is not None
    ]
    pool = stage.pool(cell.pool)
    intervals = prediction_intervals(drawn, rows, pool.held_out, pool.test, scores)
    return [{**row, "prediction": asdict(interval)} for row, interval in zip(rows, intervals, strict=True)]


def _inside_prediction(rows: Rows) -> dict[str, float]:
    low, high = (np.array([row["prediction"][end] for row in rows]) for end in ("low", "high"))
    measured, mean = np.array([row["f1"] for row in rows]), np.array([row["prediction"]["mean"] for row in rows])
    return {
        "inside": float(np.mean((low <= measured) & (measured <= high))),
        "below": float(np.mean(measured < low)),
        "above": float(np.mean(measured > high)),
        "mean_width": float(np.mean(high - low)),
        "bias": float(np.mean(mean - measured)),
    }


def held_out_and_test(pool: str) -> dict[str, Any]:
    """Where errors come from: p and e at score 1/2 on held-out and on test photos, and plans played on both.

    What a plan loses from its prediction to held-out photos is the event model's error; what it loses from there to
    test photos is that the test is another sample.
    """
    held_out, test = (
        stage.held_out_scores(pool, len(stage.pool(pool).classes)),
        stage.scores(pool, len(stage.pool(pool).classes)),
    )
    found: dict[str, Any] = {"rates": {}, "f1": {}}
    for k in sorted({k for _, k in held_out}):
        for part, scores in (("held_out", held_out), ("test", test)):
            labels = getattr(stage.pool(pool), part).labels
            hits = {name: each >= 0.5 for (name, at), each in scores.items() if at == k}
            shown = {name: np.isin(labels, event_labels(name)) for name in hits}
            found["rates"].setdefault(str(k), {})[part] = {
                "p": float(np.mean([hits[name][shown[name]].mean() for name in hits])),
                "e": float(np.mean([hits[name][~shown[name]].mean() for name in hits])),
                "e_worst_class": float(np.mean([worst_class(hits[name], labels, event_labels(name)) for name in hits])),
            }
    cell = headline(pool)
    for policy in POLICIES:
        f1 = []
        for index in range(min(PLAYED_TWICE, stage.workloads(cell))):
            drawn, result = stage.workload(cell, index), stage.results_of(cell, index)[policy]
            played = play_plan(plans_of(result), held_out, drawn.training_stream, drawn.event_classes, drawn.gaps_s)
            on_held_out = float(np.mean([each.alerts.f1 for each in played.values()]))
            f1.append([mean_of(result, "f1_predicted"), on_held_out, mean_of(result, "f1")])
        predicted, on_held_out, tested = np.mean(f1, axis=0).tolist()
        found["f1"][policy] = {"predicted": predicted, "held_out": on_held_out, "test": tested}
    return found


def worst_class(hits: NDArray[np.bool_], labels: NDArray[np.int64], event: Sequence[int]) -> float:
    """P(hit) on photos of the class that is mistaken for the event most."""
    return max(float(hits[labels == each].mean()) for each in np.unique(labels).tolist() if each not in event)


def event_labels(package: str) -> list[int]:
    """The classes that are a package's event, from its name."""
    return [int(each) for each in package.rsplit("-", 1)[1].split(".")]


def plans_of(result: Mapping[str, Any]) -> list[AppPlan]:
    """The plan of a kept result."""
    return [
        AppPlan(
            name=app["app"],
            candidate=app["candidate"],
            kind=None,
            branch_point=app["branch_point"],
            threshold=app["threshold"],
            fps=app["fps"] or None,
            votes=app["votes"],
            f1=app["f1_predicted"],
            recall=app["recall_predicted"],
            precision=app["precision_predicted"],
            false_alerts_per_hour=app["false_per_hour_predicted"],
            value=app["f1_predicted"],
        )
        for app in result["apps"]
    ]


def summary(rows: Rows) -> dict[str, Any]:
    """Errors, and how many measured F1 hold the prediction in their 95 % interval."""
    errors = {what: np.array([row[f"{what}_predicted"] - row[what] for row in rows]) for what in WHATS}
    inside = [is_inside(row) for row in rows]
    by_policy = {
        policy: float(np.mean([abs(row["f1_predicted"] - row["f1"]) for row in rows if row["policy"] == policy]))
        for policy in POLICIES
        if any(row["policy"] == policy for row in rows)
    }
    return {
        "apps": len(rows),
        "mean_absolute_error": {what: float(np.abs(each).mean()) for what, each in errors.items()},
        "bias": {what: float(each.mean()) for what, each in errors.items()},
        "f1_inside_interval": float(np.mean(inside)),
        "mean_absolute_error_f1_by_policy": by_policy,
        "bins": bins(rows),
    }


def is_inside(row: Mapping[str, Any]) -> bool:
    """Whether the measured F1's own 95 % interval holds the prediction."""
    low, high = f1_interval(row["events"], row["events_found"], row["quiet_stretches"], row["alerts_false"])
    return bool(low <= row["f1_predicted"] <= high)


def bins(rows: Rows) -> list[dict[str, float]]:
    """Mean predicted and measured F1 by tenths of the prediction."""
    predicted = np.array([row["f1_predicted"] for row in rows])
    measured = np.array([row["f1"] for row in rows])
    at = np.minimum((predicted * BINS).astype(int), BINS - 1)
    return [
        {
            "predicted": float(predicted[at == each].mean()),
            "measured": float(measured[at == each].mean()),
            "apps": int((at == each).sum()),
        }
        for each in range(BINS)
        if (at == each).any()
    ]


def draw(pools: Sequence[str], rows: Mapping[tuple[str, stage.Way], Rows]) -> None:
    """Measured over predicted, a point an app and a larger one a bin."""
    figure, axes = panels(2, len(pools))
    for row, pool in enumerate(pools):
        for column, way in enumerate(WAYS):
            at, found = axes[2 * row + column], rows[pool, way]
            shown = found[:: max(1, len(found) // 100)]
            at.plot([0, 1], [0, 1], color="black", linewidth=0.8)
            at.scatter(
                [each["f1_predicted"] for each in shown],
                [each["f1"] for each in shown],
                s=6,
                alpha=0.35,
                color=OTHERS[1],
                label="an app of a plan",
            )
            binned = bins(found)
            at.scatter(
                [each["predicted"] for each in binned],
                [each["measured"] for each in binned],
                s=30,
                marker="D",
                color=OTHERS[2],
                label="mean by tenth",
            )
            at.set_xlim(0, 1)
            at.set_ylim(0, 1)
            title = "chain law" if way == "chain" else "replayed curves"
            label(at, "predicted F1 of alerts", "measured F1 of alerts", f"{pool}: {title}")
    axes[0].legend(fontsize=7)
    save(figure, NAME)


if __name__ == "__main__":
    sys.exit(main())
