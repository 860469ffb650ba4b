"""Figure 1, accuracy over the share of the network that is frozen: three base networks, three tasks.

    python benchmarks/evidence/frozen_share.py

Tasks: the pools of photos (mean over apps, test photos, through TorchServe) and the plaza clip (mean over its apps, the
half that the trainer never opens, from trainer_quality.py's training). Accuracy is balanced, at score 1/2. Networks are
compared on the same apps of a pool: the first ones, since each is trained anew on every network.
"""

import sys
from functools import partial
from typing import Any

import numpy as np

import stage
from drawing import MARKS, OTHERS, label, panels, save
from mainstream.nn.registry import load_base_network
from packages import BASE, RECIPE, STORE, pool_packages
from photo_scores import photo_scores
from results import FOLDER, QUICK, kept, read_figure, write_figure

NAME = "frozen_share"
OTHER_BASES = () if QUICK else ("efficientnet-lite1-96", "efficientnet-lite2-96")
COMPARED_APPS = 2
"""of each pool that are trained on the other base networks too"""
PLAZA_BASE = "efficientnet-lite0"


def main() -> int:
    """Judge what has not been judged yet; draw and write."""
    pools = stage.arguments(__doc__)
    curves: list[dict[str, Any]] = []
    for pool in pools:
        every = len(stage.pool(pool).classes)
        for base, apps in ((BASE, every), *((each, COMPARED_APPS) for each in (BASE, *OTHER_BASES))):
            path = stage.work_folder("frozen") / f"{pool}-{base}-{apps}-{stage.pool(pool).test.digest[:12]}.json"
            curves.append(kept(path, partial(judge, pool, base, apps)))
            print(curves[-1], flush=True)
    curves += plaza()
    draw(curves)
    write_figure(NAME, {"curves": curves})
    return 0


def judge(name: str, base: str, apps: int) -> dict[str, Any]:
    """Mean balanced accuracy on test photos of a pool by branch-point."""
    pool = stage.pool(name)
    chosen = [(label,) for label in range(apps)]
    found = pool_packages(pool, chosen, base=base)
    scores = photo_scores(found, pool.test, STORE, FOLDER / "scores", stage.profile(name).back_end)
    by_point: dict[int, list[float]] = {k: [] for k in RECIPE.branch_points}
    for group, (package_name, package) in zip(chosen, found.items(), strict=True):
        present = np.isin(pool.test.labels, group)
        tuned = {each.branch_point: each.name for each in package.candidates if each.kind == "fine-tuned"}
        for branch_point, accuracies in by_point.items():
            # A package leaves out what another candidate, frozen further, matches: then that one stands for it.
            k = min(each for each in tuned if each >= branch_point)
            hits = scores[package_name, tuned[k]] >= 0.5
            accuracies.append(float((hits[present].mean() + 1 - hits[~present].mean()) / 2))
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
    """A panel a task, a line a base network."""
    tasks = list(dict.fromkeys(each["task"] for each in curves))
    figure, axes = panels(len(tasks))
    for at, task in zip(axes, tasks, strict=True):
        for number, each in enumerate(each for each in curves if each["task"] == task):
            x = [point["frozen_share"] for point in each["points"]]
            y = [point["accuracy"] for point in each["points"]]
            name = f"{each['base']}, {each['apps']} apps"
            at.plot(x, y, color=OTHERS[4 + number % 4], marker=MARKS[number], label=name)
        label(at, "share of operations that is frozen", "balanced accuracy, test pictures", task)
        at.legend(fontsize=7)
    save(figure, NAME)


if __name__ == "__main__":
    sys.exit(main())
