"""The report beside a published package, where the libraries for it are installed; outside the digest."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from mainstream.mpackage.layout import report_key
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.store import Store
from mainstream.nn.heads.micro import MicroHead
from mainstream_trainer.data.app_events import AppEvents
from mainstream_trainer.data.preparation import Job
from mainstream_trainer.learn.candidate import TrainedCandidate
from mainstream_trainer.learn.feature_cache import FeatureCache

_LOGGER = logging.getLogger(__name__)


def write_report(
    store: Store,
    manifest: Manifest,
    record: Mapping[str, Any],
    job: Job,
    candidates: Sequence[TrainedCandidate],
    features: FeatureCache,
) -> None:
    """Write `report.html`; without jinja2 and matplotlib (extra `reports`) say so and go on."""
    try:
        from mainstream_trainer.report.looks import drawn_over_view
        from mainstream_trainer.report.misses import worst
        from mainstream_trainer.report.page import render_report
    except ImportError as error:
        _LOGGER.info("no report: it needs %s (pip install 'mainstream[reports]')", error.name)
        return
    best = max(manifest.candidates, key=lambda each: (each.balanced_accuracy, each.branch_point))
    scores = next(each.scores for each in candidates if each.name == best.name)
    frames = job.scored_frames(best.kind)
    missed, false_alarms = worst(scores, job.present[frames], frames, features.pixels)
    fps = job.events.times.fps if isinstance(job.events, AppEvents) else None
    flat = [each for each in candidates if isinstance(each.head, MicroHead) and each.head.flat]
    looks = {
        each.name: drawn_over_view(
            cast(MicroHead, each.head), partial(features.batch, each.branch_point), features.pixels, job.present
        )
        for each in flat
        if each.name in {one.name for one in manifest.candidates}
    }
    page = render_report(
        manifest,
        record,
        fps=fps,
        best=best,
        looks=looks,
        missed=missed,
        false_alarms=false_alarms,
    )
    store.put(report_key(manifest.name, manifest.version), page.encode(), replace=True)
