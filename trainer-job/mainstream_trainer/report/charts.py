"""Charts of a package as inline SVG."""

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

from mainstream.mpackage.manifest import PackedCandidate
from mainstream_trainer.report.quality import Quality


def over_branch_points(candidates: Sequence[PackedCandidate], found: Sequence[Quality]) -> str:
    """F1 over branch-point with error bars: squares are micro-heads; hollow where dominated."""
    figure = Figure(figsize=(7.2, 2.9), layout="constrained")
    axes = figure.add_subplot()
    for candidate, each in zip(candidates, found, strict=True):
        bars = [[each.f1 - each.low], [each.high - each.f1]]
        colour = "#1f5fa8" if candidate.kind == "fine-tuned" else "#b3541e"
        face = "white" if candidate.dominated_by is not None else colour
        marker = "o" if candidate.kind == "fine-tuned" else "s"
        axes.errorbar(
            candidate.branch_point, each.f1, yerr=bars, fmt=marker, color=colour, markerfacecolor=face, capsize=3
        )
    points = sorted({each.branch_point for each in candidates})
    axes.set(xlabel="branch-point (0: nothing frozen), or tap", ylabel="F1", ylim=(0, 1.02), xticks=points)
    axes.grid(axis="y", color="#e4e4e4")
    return _svg(figure)


def over_rates(rates_fps: Sequence[float], curves: Mapping[str, Sequence[Quality]]) -> str:
    """F1 over frame rate, a line a candidate."""
    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    axes = figure.add_subplot()
    colours = mpl.colormaps["viridis"]
    for index, (name, found) in enumerate(curves.items()):
        colour = colours(0.9 * index / max(1, len(curves) - 1))
        axes.plot(rates_fps, [each.f1 for each in found], color=colour, marker=".", label=name)
    axes.set(xscale="log", xlabel="analysed frames per second", ylabel="F1", ylim=(0, 1.02))
    axes.set_xticks(list(rates_fps), [f"{rate:g}" for rate in rates_fps])
    axes.minorticks_off()
    axes.grid(color="#e4e4e4")
    axes.legend(title="candidate", fontsize=7, title_fontsize=7, ncols=2, loc="lower right")
    return _svg(figure)


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
