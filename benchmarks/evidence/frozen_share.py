"""Figure 1, accuracy over the share of the network that is frozen: three base networks, three tasks.

    python benchmarks/evidence/frozen_share.py

Tasks: the pools of photos (mean over their classes, test photos, through TorchServe) and the plaza clip (mean over its
apps, the half that the trainer never opens, from trainer_quality.py's training). Accuracy is balanced, at score 1/2.
"""

import sys
from functools import partial
from typing import Any

import numpy as np

import stage
from drawing import MARKS, OTHERS, label, panels, save
from mainstream.nn.registry import load_base_network
from packages import BASE, STORE, pool_packages
from photo_scores import photo_scores
from results import FOLDER, QUICK, kept, read_figure, write_figure

NAME = "frozen_share"
OTHER_BASES = () if QUICK else ("efficientnet-lite1", "efficientnet-lite2")
OTHER_APPS = 3
"""of each pool that are trained on the other base networks too"""
PLAZA_BASE = "efficientnet-lite0"


def main() -> int:
    """Judge what has not been judged yet; draw and write."""
    pools = stage.arguments(__doc__)
    curves: list[dict[str, Any]] = []
    for pool in pools:
        for base in (BASE, *OTHER_BASES):
            path = stage.work_folder("frozen") / f"{pool}-{base}-{stage.pool(pool).test.digest[:12]}.json"
            curves.append(kept(path, partial(judge, pool, base)))
    curves += plaza()
    draw(curves)
    write_figure(NAME, {"curves": curves})
    return 0


def judge(name: str, base: str) -> dict[str, Any]:
    """Mean balanced accuracy on test photos of a pool by branch-point."""
    pool = stage.pool(name)
    groups = [(label,) for label in range(len(pool.classes))]
    chosen = groups if base == BASE else groups[:OTHER_APPS]
    found = pool_packages(pool, chosen, base=base)
    scores = photo_scores(found, pool.test, STORE, FOLDER / "scores", stage.profile(name).back_end)
    by_point: dict[int, list[float]] = {}
    for group, (package_name, package) in zip(chosen, found.items(), strict=True):
        present = np.isin(pool.test.labels, group)
        for candidate in package.candidates:
            hits = scores[package_name, candidate.branch_point] >= 0.5
            accuracy = (hits[present].mean() + 1 - hits[~present].mean()) / 2
            by_point.setdefault(candidate.branch_point, []).append(float(accuracy))
    return curve(pool.name, base, {k: float(np.mean(each)) for k, each in sorted(by_point.items())}, len(chosen))


def plaza() -> list[dict[str, Any]]:
    """The curve of the plaza clip, where trainer_quality.py was run."""
    trained = read_figure("trainer_quality")
    if trained is None:
        return []
    quality = trained["quality"]
    points = {int(k) for each in quality.values() for k in each}
    means = {k: float(np.mean([each[str(k)]["mean"] for each in quality.values()])) for k in sorted(points)}
    return [curve("plaza", PLAZA_BASE, means, len(quality))]


def curve(task: str, base: str, accuracy: dict[int, float], apps: int) -> dict[str, Any]:
    """Accuracy over the frozen share of operations."""
    cuts = load_base_network(base).branch_points
    return {
        "task": task,
        "base": base,
        "apps": apps,
        "points": [
            {"branch_point": k, "frozen_share": cuts[k].cost_share, "accuracy": value} for k, value in accuracy.items()
        ],
    }


def draw(curves: list[dict[str, Any]]) -> None:
    """A line a task and base network."""
    figure, axes = panels(1, width=5.5)
    for number, each in enumerate(curves):
        x = [point["frozen_share"] for point in each["points"]]
        y = [point["accuracy"] for point in each["points"]]
        name = f"{each['task']}, {each['base']} ({each['apps']} apps)"
        axes[0].plot(x, y, color=OTHERS[number % len(OTHERS)], marker=MARKS[number % len(MARKS)], label=name)
    label(axes[0], "share of the base network's operations that is frozen", "balanced accuracy on test pictures")
    axes[0].legend(fontsize=7)
    save(figure, NAME)


if __name__ == "__main__":
    sys.exit(main())
