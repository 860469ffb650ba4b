"""Draws a base network: what each segment costs and weighs, and what the map where it ends costs a micro-head."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.nn.network import Network
from mainstream.nn.summary import network_rows

FORMATS = (".png", ".svg")


def check_drawable(path: Path) -> None:
    """Raises `InvalidInputError` where nothing can be drawn into such a file: before any work is done for it."""
    if path.suffix.lower() not in FORMATS:
        raise InvalidInputError(f"'{path.name}' must end in {' or '.join(FORMATS)}", field="--svg")
    if find_spec("matplotlib") is None:
        raise InvalidInputError(
            "drawing needs matplotlib; install it with: pip install 'mainstream[reports]'", field="--svg"
        )


def draw_network(network: Network, path: Path) -> None:
    """Write the picture; its format follows from the file's ending. Needs the extra `reports`."""
    check_drawable(path)
    from matplotlib.figure import Figure

    rows = network_rows(network)
    points = [row.branch_point for row in rows]
    figure = Figure(figsize=(8.0, 8.5), layout="constrained")
    cost, size, head, weight = figure.subplots(4, 1, sharex=True)
    cost.bar(points, [100 * row.segment_share for row in rows], color="tab:blue")
    cost.set_ylabel("cost of the\nsegment, %")
    total = cost.twinx()
    total.plot(points, [100 * row.cost_share for row in rows], marker=".", color="black")
    total.set_ylabel("cost before, %")
    size.bar(points, [row.map_bytes / 1024 for row in rows], color="tab:orange")
    size.set_ylabel("map, KiB")
    for kind, flat, colour in (("flat or pooled", True, "tab:red"), ("pooled alone", False, "tab:pink")):
        there = [row for row in rows if row.head_share is not None and row.flat is flat]
        if there:
            shares = [100 * (row.head_share or 0.0) for row in there]
            head.bar([row.branch_point for row in there], shares, color=colour, label=kind)
    head.set_ylabel("micro-head,\n% of the cost")
    head.legend(fontsize=8)
    weight.bar(points, [row.bytes / 1e6 for row in rows], color="tab:green")
    weight.set_ylabel("weights of the\nsegment, MB")
    weight.set_xlabel("branch-point")
    weight.set_xticks(points)
    cost.set_title(f"{network.name}, {network.preprocessing.height}x{network.preprocessing.width} pixels")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise InvalidInputError(f"cannot be written ({error.strerror})", field="--svg", source=path) from error
