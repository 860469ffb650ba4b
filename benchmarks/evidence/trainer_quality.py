"""Figure 5: the time of fifteen candidates against one, and quality by branch-point with error bars over seeds.

    python benchmarks/evidence/trainer_quality.py

Trains apps of the plaza clip as `make bench-trainer` does; quality is balanced accuracy at score 1/2 on the half of the
clip that the trainer never opens.
"""

import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import stage
from cells import TRAINER_APPS, TRAINER_SEEDS
from drawing import MARKS, OTHERS, label, line, panels, save
from intervals import Interval, mean_interval
from results import QUICK, kept, write_figure

sys.path.append(str(Path(__file__).parents[1]))

import trainer_lessons as lessons

NAME = "trainer_quality"
APPS = ("lamp-post",) if QUICK else TRAINER_APPS
SEEDS = (0,) if QUICK else TRAINER_SEEDS
BRANCH_POINTS = (0, 11, 15) if QUICK else lessons.FIFTEEN
JUDGED = (0, 11, 15) if QUICK else (0, 3, 7, 11, 14, 15)
"""on the test half: judging takes as long as training"""
SPEED_APP = "lamp-post"


def main() -> int:
    """Train what has not been trained yet; draw and write."""
    rows = [
        kept(
            stage.work_folder("trainer") / f"{app}-{seed}.json",
            partial(lambda app, seed: asdict(lessons.in_a_row(app, seed, BRANCH_POINTS, JUDGED)), app, seed),
        )
        for app in APPS
        for seed in SEEDS
    ]
    alone = kept(
        stage.work_folder("trainer") / f"{SPEED_APP}-alone.json",
        lambda: asdict(lessons.alone(SPEED_APP, 0, 0)),
    )
    row = next(each for each in rows if each["app"] == SPEED_APP and each["seed"] == 0)
    speed = {
        "candidates": len(BRANCH_POINTS),
        "all_s": row["total_s"],
        "one_alone_s": alone["seconds"],
        "ratio": row["total_s"] / alone["seconds"],
    }
    quality = {app: {str(k): _quality(rows, app, k) for k in JUDGED} for app in APPS}
    draw(quality)
    write_figure(NAME, {"speed": speed, "quality": quality, "seeds": len(SEEDS)})
    return 0


def _quality(rows: list[dict[str, Any]], app: str, branch_point: int) -> dict[str, float]:
    values = [
        each["test"]
        for row in rows
        if row["app"] == app
        for each in row["candidates"]
        if each["branch_point"] == branch_point and each["test"] is not None
    ]
    return {**asdict(mean_interval(values)), "lowest": min(values), "highest": max(values)}


def draw(quality: dict[str, dict[str, dict[str, float]]]) -> None:
    """Balanced accuracy over branch-point; bars from the lowest to the highest seed."""
    figure, axes = panels(1, width=5.5)
    for number, (app, found) in enumerate(quality.items()):
        values = [Interval(each["mean"], each["lowest"], each["highest"]) for each in found.values()]
        line(axes[0], app, [int(k) for k in found], values, OTHERS[number + 4], MARKS[number])
    label(axes[0], "branch-point: what lies before it is frozen", "balanced accuracy, test half")
    axes[0].legend(fontsize=7)
    save(figure, NAME)


if __name__ == "__main__":
    sys.exit(main())
