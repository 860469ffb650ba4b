"""Charts of a package as inline SVG."""

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

from mainstream.mpackage.manifest import PackedCandidate
from mainstream_trainer.report.quality import Quality

_BESIDE = 0.9
"""percent, from one kind of head to the next"""
_STYLES = (
    *(("o", "#1f5fa8"), ("s", "#b3541e"), ("D", "#2b7a4b"), ("^", "#7a3b8f")),
    *(("v", "#8a7a1e"), ("P", "#3b8a8f"), ("*", "#8f3b5a"), ("X", "#555555")),
)
"""mark and colour of a kind of head"""


def over_cost(candidates: Sequence[PackedCandidate], found: Sequence[Quality], cost_shares: Sequence[float]) -> str:
    """F1 over the share of the base network that runs before the branch-point, with error bars; hollow: dominated.

    Each kind of head has a colour and a mark of its own, a little beside the others that read the same tap.
    """
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    axes = figure.add_subplot()
    kinds = list(dict.fromkeys(_kind(each) for each in sorted(candidates, key=lambda each: (each.kind, each.name))))
    for candidate, each in zip(candidates, found, strict=True):
        at = kinds.index(_kind(candidate))
        marker, colour = _STYLES[at % len(_STYLES)]
        x = 100 * cost_shares[candidate.branch_point] + _BESIDE * (at - (len(kinds) - 1) / 2)
        axes.errorbar(
            x,
            each.f1,
            yerr=[[each.f1 - each.low], [each.high - each.f1]],
            fmt=marker,
            color=colour,
            markerfacecolor="white" if candidate.dominated_by is not None else colour,
            capsize=3,
        )
    for at, kind in enumerate(kinds):
        marker, colour = _STYLES[at % len(_STYLES)]
        axes.plot([], [], marker, color=colour, label=kind)
    axes.set(
        xlabel="of the base network before the branch-point or tap, %", ylabel="F1", ylim=(0, 1.02), xlim=(-4, 104)
    )
    points = sorted({each.branch_point for each in candidates})
    above = axes.secondary_xaxis("top")
    above.set_xticks([100 * cost_shares[k] for k in points], [str(k) for k in points])
    above.set_xlabel("branch-point (0: nothing frozen), or tap")
    axes.grid(axis="y", color="#e4e4e4")
    axes.legend(fontsize=7, loc="lower left", ncols=3)
    return _svg(figure)


def _kind(candidate: PackedCandidate) -> str:
    return candidate.kind if candidate.kind == "fine-tuned" else candidate.head_form.kind


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
