"""A package as a person reads it."""

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mainstream.mpackage.manifest import Candidate, Manifest


def render_package(manifest: Manifest) -> RenderableType:
    """Name, event statistics and one row a candidate."""
    statistics, evaluation = manifest.event_statistics, manifest.evaluation
    depth = len(manifest.prefix_hashes) - 1
    lines = [
        f"{manifest.name}@{manifest.version}  sha256:{manifest.digest}",
        f"base network {manifest.base.name}, {depth + 1} branch-points, 0 (nothing frozen) to {depth} (all frozen)",
        f"event length {statistics.length_s.value:g} s ({statistics.length_s.source}), "
        f"frequency {statistics.frequency.value:.3f} ({statistics.frequency.source}), "
        f"correlation of misses {statistics.correlation.value:.3f} ({statistics.correlation.source})",
        f"held out: {evaluation.frames_event} frames of {evaluation.events} whole events, "
        f"{evaluation.frames_other} other frames, {evaluation.windows} windows outside events",
    ]
    return Group(*(Text(line, overflow="fold") for line in lines), _candidates(manifest))


def _candidates(manifest: Manifest) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=0,
        caption="p, e: share of hits in events and outside (95 % interval); by: dominated by",
        caption_justify="left",
    )
    for column in ("frozen\nto", "bal.\nacc.", "thres-\nhold", "p", "e", "re-\nplayed", "own\nMB", "by"):
        table.add_column(column, justify="right", no_wrap=True)
    for candidate in manifest.candidates:
        best = max(candidate.operating_points, key=lambda point: point.p - point.e)
        table.add_row(
            str(candidate.branch_point),
            f"{candidate.balanced_accuracy:.3f}",
            f"{best.threshold:.3f}",
            _with_interval(best.p, best.p_interval),
            _with_interval(best.e, best.e_interval),
            str(len(candidate.replayed)) if candidate.replayed else "-",
            f"{_own_bytes(candidate) / 1e6:.2f}",
            "-" if candidate.dominated_by is None else str(candidate.dominated_by),
        )
    return table


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f"{value:.2f} ({interval[0]:.2f}-{interval[1]:.2f})"


def _own_bytes(candidate: Candidate) -> int:
    return sum(blob.size_bytes for blob in candidate.blobs)
