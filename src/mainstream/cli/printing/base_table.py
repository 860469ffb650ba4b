"""Base networks as a person reads them."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mainstream.nn.architecture import Architecture
from mainstream.nn.network import Network
from mainstream.nn.summary import network_rows

_BAR_COLUMNS = 8
_LEGEND = Text(
    "cost: share of operations before the branch-point; head: of a micro-head that reads its map (* too large for a "
    "flat one, - no map); parameters, MB and bar (cost): of the segment that ends there"
)


def render_architectures(architectures: Sequence[Architecture]) -> RenderableType:
    """One row each."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("name", "input", "weights"):
        table.add_column(column)
    for each in architectures:
        size = f"{each.preprocessing.height}x{each.preprocessing.width}"
        table.add_row(each.name, size, each.weights_package or "give them: --weights FILE|URL")
    return table


def render_network(network: Network, *, real: bool) -> RenderableType:
    """One row a branch-point: what lies before it, the tensor alive there, and the segment that ends there."""
    rows = network_rows(network)
    size = network.preprocessing
    whole_bytes, parameters = sum(row.bytes for row in rows), sum(row.parameters for row in rows)
    digest = f"digest {network.digest}" if real else "no weights given, so no digest: cost and sizes do not need them"
    lines = [
        f"{network.name}: {size.height}x{size.width} pixels, {network.depth} segments, {parameters:,} parameters, "
        f"{whole_bytes / 1e6:.1f} MB",
        digest,
    ]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    numbers = [
        (
            str(row.branch_point),
            f"{row.cost_share:.3f}",
            row.map,
            f"{row.map_bytes / 1024:.0f}",
            "-" if row.head_share is None else f"{'' if row.flat else '*'}{row.head_share:.2%}",
            f"{row.parameters:,}",
            f"{row.bytes / 1e6:.2f}",
        )
        for row in rows
    ]
    columns = ("k", "cost", "map", "KiB", "head", "parameters", "MB")
    for column, cells in zip(columns, zip(*numbers, strict=True), strict=True):
        # Wide enough for each number: on a narrow terminal the names of nodes give way, never digits.
        width = max(len(column), *(len(cell) for cell in cells))
        table.add_column(column, justify="right", no_wrap=True, min_width=width)
    table.add_column("of segment", no_wrap=True, min_width=_BAR_COLUMNS)
    table.add_column("after", overflow="ellipsis", max_width=16)
    most = max(row.segment_share for row in rows)
    for row, cells in zip(rows, numbers, strict=True):
        table.add_row(
            *cells,
            ProgressBar(total=most, completed=row.segment_share, width=_BAR_COLUMNS),
            row.node.removeprefix("network").lstrip("_"),
        )
    return Group(*(Text(line, overflow="fold") for line in lines), table, _LEGEND)
