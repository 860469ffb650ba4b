"""What was published, as a person reads it."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mainstream.alerts.merging import merged_into_one
from mainstream.counting import counted
from mainstream.mpackage.base_manifest import BaseManifest
from mainstream.mpackage.comparing import CandidateChange, Difference
from mainstream.mpackage.event_statistics import known_false_alerts, least_held_out, statistics_of, thin_data
from mainstream.mpackage.manifest import Manifest, PackedCandidate


def render_published(found: Manifest | BaseManifest) -> RenderableType:
    """A package or a base network."""
    return _package(found) if isinstance(found, Manifest) else _base(found)


def render_list(found: Sequence[Manifest | BaseManifest]) -> RenderableType:
    """One row each."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("name@version", "base network", "cand.", "best acc.", "MB", "sha256"):
        table.add_column(
            column,
            justify="right" if column in ("cand.", "best acc.", "MB") else "left",
            overflow="fold" if column == "name@version" else "ellipsis",
        )
    for each in found:
        table.add_row(
            f"{each.name}@{each.version}",
            each.base.name if isinstance(each, Manifest) else "(is one)",
            str(len(each.candidates)) if isinstance(each, Manifest) else "-",
            f"{max(one.balanced_accuracy for one in each.candidates):.3f}" if isinstance(each, Manifest) else "-",
            f"{sum(blob.size_bytes for blob in each.blobs) / 1e6:.1f}",
            each.digest[:16],
        )
    return table


def render_difference(before: Manifest, after: Manifest, difference: Difference) -> RenderableType:
    """From `before` to `after`: what changed, candidate by candidate, and the bytes that it takes."""
    lines = [
        f"{before.name}@{before.version} -> {after.name}@{after.version}: {difference.new_bytes / 1e6:.2f} MB new, "
        f"{difference.shared_bytes / 1e6:.2f} MB shared"
    ]
    if not difference.changes and not difference.candidates:
        lines.append("same candidates, statistics and training")
    lines += [f"{each.what}: {each.before} -> {each.after}" for each in difference.changes]
    parts: list[RenderableType] = [Text(line, overflow="fold") for line in lines]
    if difference.candidates:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for column in ("candidate", "bal. acc.", "dominated by", "new MB", "shared MB"):
            table.add_column(column, justify="right")
        for change in difference.candidates:
            table.add_row(*_change(change))
        parts.append(table)
    return Group(*parts)


def _change(change: CandidateChange) -> tuple[str, ...]:
    before, after = change.before, change.after
    accuracy = [f"{each.balanced_accuracy:.3f}" if each else "none" for each in (before, after)]
    dominated = [(each.dominated_by if each else None) or "-" for each in (before, after)]
    return (
        change.name,
        " -> ".join(accuracy),
        dominated[1] if dominated[0] == dominated[1] else " -> ".join(dominated),
        f"{change.new_bytes / 1e6:.2f}",
        f"{change.shared_bytes / 1e6:.2f}",
    )


def _base(manifest: BaseManifest) -> RenderableType:
    lines = [
        f"{manifest.name}@{manifest.version}  sha256:{manifest.digest}",
        f"base network with digest {manifest.network_digest}, {len(manifest.segments)} segments",
    ]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("branch-point", "share of cost", "MB", "share key"):
        table.add_column(column, justify="right")
    for k, (share, key) in enumerate(zip(manifest.cost_shares, manifest.prefix_hashes, strict=True)):
        size = f"{manifest.segments[k - 1].size_bytes / 1e6:.2f}" if k else "-"
        table.add_row(str(k), f"{share:.3f}", size, key[:16])
    return Group(*(Text(line, overflow="fold") for line in lines), table)


def _package(manifest: Manifest) -> RenderableType:
    """Name, event statistics and one row a candidate."""
    statistics, evaluation = manifest.event_statistics, least_held_out(manifest)
    depth = len(manifest.prefix_hashes) - 1
    lines = [
        f"{manifest.name}@{manifest.version}  sha256:{manifest.digest}",
        f"base network {manifest.base.name}, {depth + 1} branch-points, 0 (nothing frozen) to {depth} (all frozen)",
        f"merge gap {statistics.gap_s:g} s, "
        f"event length {statistics.length_s.value:g} s ({statistics.length_s.source}), "
        f"frequency {statistics.frequency.value:.3f} ({statistics.frequency.source}), "
        f"correlation of misses {statistics.correlation.value:.3f} ({statistics.correlation.source})",
        *([f"its {merged}"] if (merged := merged_into_one(statistics_of(statistics))) else []),
        *(["made with --quick: micro-heads alone, without what the baselines need"] if manifest.quick else []),
        f"held out: {counted(evaluation.frames_event, 'frame')} of {counted(evaluation.events, 'whole event')}, "
        f"{counted(evaluation.frames_other, 'other frame')}, {evaluation.quiet_s:.0f} s outside events",
        *([known] if (known := known_false_alerts(manifest)) else []),
        *([thin] if (thin := thin_data(manifest)) else []),
        *([] if manifest.training.view is None else [f"trained on {manifest.training.view.in_words}"]),
    ]
    return Group(*(Text(line, overflow="fold") for line in lines), _candidates(manifest))


def _candidates(manifest: Manifest) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=0,
        caption="of base: operations before the branch-point, or the tap that a micro-head reads; from: threshold; "
        "p, e: share of hits in events and outside (95 % interval); by: dominated by",
        caption_justify="left",
    )
    columns = ("candidate", "frozen to,\nof base", "bal.\nacc.", "from", "p", "e", "re-\nplay", "own\nMB", "by")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    shares = manifest.base.cost_shares
    for candidate in manifest.candidates:
        best = max(candidate.operating_points, key=lambda point: point.p - point.e)
        table.add_row(
            candidate.name,
            f"{candidate.branch_point} {shares[candidate.branch_point]:4.0%}"
            if shares
            else str(candidate.branch_point),
            _short(candidate.balanced_accuracy),
            _short(best.threshold),
            _with_interval(best.p, best.p_interval),
            _with_interval(best.e, best.e_interval),
            str(len(candidate.replayed)) if candidate.replayed else "-",
            f"{_own_bytes(candidate) / 1e6:.2f}",
            candidate.dominated_by or "-",
        )
    return table


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f"{_short(value)} ({_short(interval[0])}-{_short(interval[1])})"


def _short(share: float) -> str:
    """Two digits, so that a row fits a terminal of 80 columns."""
    return f"{share:.2f}".removeprefix("0")


def _own_bytes(candidate: PackedCandidate) -> int:
    return sum(blob.size_bytes for blob in candidate.blobs)
