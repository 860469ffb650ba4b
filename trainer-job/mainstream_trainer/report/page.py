"""`report.html` beside a manifest: one self-contained page."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainstream.html_page import render_html
from mainstream.mpackage.manifest import Manifest, PackedCandidate
from mainstream_trainer.report.charts import over_cost, over_rates
from mainstream_trainer.report.misses import Example
from mainstream_trainer.report.quality import RATES_FPS, middle, quality


def render_report(
    manifest: Manifest,
    record: Mapping[str, Any],
    *,
    fps: float | None,
    best: PackedCandidate,
    looks: Mapping[str, str],
    missed: Sequence[Example],
    false_alarms: Sequence[Example],
) -> str:
    """HTML without anything to fetch; `fps` of the stream bounds the rates, None where there is no stream;
    `looks` are pictures (data URLs) of what flat heads look at, by candidate."""
    rates = [rate for rate in RATES_FPS if fps is None or rate <= fps]
    shown_fps = max(rate for rate in rates if rate <= 1.0 or rate == rates[0])
    events = manifest.event_statistics
    at_rate = [quality(each, events, shown_fps) for each in manifest.candidates]
    curves = {each.name: [quality(each, events, rate) for rate in rates] for each in manifest.candidates}
    return render_html(
        "mainstream_trainer.report",
        manifest=manifest,
        record=record,
        trained={each["name"]: each for each in record["candidates"]},
        rows=[(each, middle(each), found) for each, found in zip(manifest.candidates, at_rate, strict=True)],
        shown_fps=shown_fps,
        cost_shares=manifest.base.cost_shares,
        cost_chart=over_cost(manifest.candidates, at_rate, manifest.base.cost_shares),
        rate_chart=over_rates(rates, curves),
        replayed=any(each.replayed for each in manifest.candidates),
        best=best,
        looks=looks,
        missed=missed,
        false_alarms=false_alarms,
    )
