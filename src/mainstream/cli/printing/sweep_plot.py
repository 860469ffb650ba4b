"""Draws a sweep: mean F1 over the budget next to the baselines, and each app's F1 below. Needs the extra `reports`."""

from __future__ import annotations

from pathlib import Path

from mainstream.cli.outputs import make_folder
from mainstream.errors import InvalidInputError
from mainstream.planner.sweep import Sweep

FORMATS = (".png", ".svg")


def draw_sweep(result: Sweep, path: Path) -> None:
    """Write the picture; its format follows from the file's ending."""
    if path.suffix.lower() not in FORMATS:
        raise InvalidInputError(f"'{path.name}' must end in {' or '.join(FORMATS)}", field="--plot")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        message = "drawing needs matplotlib; install it with: pip install 'mainstream[reports]'"
        raise InvalidInputError(message, field="--plot") from error
    figure = Figure(figsize=(8.0, 8.0), layout="constrained")
    means, each = figure.subplots(2, 1, sharex=True)
    policies = dict.fromkeys(point.policy for point in result.points)
    for policy in policies:
        points = result.of(policy)
        means.plot([point.budget for point in points], [point.mean_f1 for point in points], marker=".", label=policy)
    ours = result.of(next(iter(policies)))
    for i, name in enumerate(result.apps):
        each.plot([point.budget for point in ours], [point.f1[i] for point in ours], label=name)
    means.set_ylabel("mean F1 (an app that does not fit: 0)")
    each.set_ylabel(f"F1 of each app, {ours[0].policy}")
    each.set_xlabel("budget, CPU-seconds a second")
    for axes in (means, each):
        axes.set_ylim(0.0, 1.02)
        axes.grid(alpha=0.3)
        if axes is means or len(result.apps) <= 12:
            axes.legend(fontsize="small")
    make_folder(path.parent, "--plot")
    try:
        figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise InvalidInputError(f"cannot be written ({error.strerror})", field="--plot", source=path) from error
