"""How every figure looks: the same colour for a policy everywhere, told apart without colour too."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from intervals import Interval
from measure import TITLES
from results import FIGURES

mpl.rcParams["svg.hashsalt"] = "mainstream"
# Text stays text: smaller files, and words that can be found.
mpl.rcParams["svg.fonttype"] = "none"

# Okabe and Ito's palette, made for every kind of colour vision.
COLOURS = {"mainstream": "#0072B2", "no-sharing": "#D55E00", "max-sharing": "#009E73", "greedy": "#CC79A7"}
MARKERS = {"mainstream": "o", "no-sharing": "s", "max-sharing": "^", "greedy": "D"}
OTHERS = ("#E69F00", "#56B4E9", "#000000", "#F0E442", "#0072B2", "#D55E00", "#009E73", "#CC79A7")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")


def panels(columns: int, rows: int = 1, width: float = 4.2, height: float = 3.2) -> tuple[Figure, list[Axes]]:
    """A figure of so many panels, row by row."""
    figure = Figure(figsize=(width * columns, height * rows))
    axes = figure.subplots(rows, columns, squeeze=False)
    return figure, list(axes.ravel())


def policy_line(axes: Axes, policy: str, x: Sequence[float], values: Sequence[Interval]) -> None:
    """Means over `x` with their 95 % intervals; Mainstream above what it would be hidden by."""
    line(axes, TITLES[policy], x, values, COLOURS[policy], MARKERS[policy], above=policy == "mainstream")


def line(
    axes: Axes,
    label: str,
    x: Sequence[float],
    values: Sequence[Interval],
    colour: str,
    marker: str = "o",
    *,
    above: bool = False,
) -> None:
    """Means over `x` with their 95 % intervals, in a colour."""
    means = [value.mean for value in values]
    errors = [
        [max(0.0, value.mean - value.low) for value in values],
        [max(0.0, value.high - value.mean) for value in values],
    ]
    axes.errorbar(
        x,
        means,
        yerr=errors,
        label=label,
        color=colour,
        marker=marker,
        markersize=4,
        capsize=2,
        linewidth=1.3,
        zorder=4 if above else 3,
    )


def label(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Names of the axes, and a light grid."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if title:
        axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3, linewidth=0.6)


def save(figure: Figure, name: str) -> Path:
    """Write the figure as SVG beside the JSON of figures."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    path = FIGURES / f"{name}.svg"
    figure.tight_layout()
    figure.savefig(path, format="svg", metadata={"Date": None})
    print(path, flush=True)
    return path


def as_interval(data: Mapping[str, Any]) -> Interval:
    """An interval read back from JSON."""
    return Interval(data["mean"], data["low"], data["high"])
