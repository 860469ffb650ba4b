"""Micro-heads of many apps of one view: how long they take to learn, what they weigh, and that they learn apart.

The plaza's six apps and its sixteen spots, all of one view.
"""

from __future__ import annotations

import time

from common.harness import QUICK, Report, scratch
from common.plaza import CLIP, LABELS, SPOTS, WALKWAYS
from mainstream.footage.labels import read_labels
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.request import TrainingRequest, VideoData
from mainstream_trainer.training import train_app, train_apps

MOST_S = 240.0
MOST_BYTES = 1_000_000


def micro_heads(report: Report) -> None:
    """All of them side by side, features included; then one of them alone."""
    asked = [(path, app) for path in (LABELS, SPOTS) for app in sorted(read_labels(path).apps)]
    requests = [
        TrainingRequest(VideoData(CLIP, path), app, crop=WALKWAYS, quick=True)
        for path, app in (asked[:2] if QUICK else asked)
    ]
    with scratch() as folder:
        start_s, cpu_s = time.monotonic(), time.process_time()
        beside = train_apps(requests, FolderStore(folder / "beside"))
        took_s, cpu_s = time.monotonic() - start_s, time.process_time() - cpu_s
        alone = train_app(requests[0], FolderStore(folder / "alone"))
    largest = max(sum(blob.size_bytes for blob in each.blobs) + len(each.canonical()) for each in beside)
    report.details["micro"] = {"apps": len(requests), "wall_s": took_s, "cpu_s": cpu_s}
    report.row(
        f"micro-heads of {len(requests)} plaza apps, every tap and kind, five folds and what ships, features included",
        f"{took_s:.0f} s ({cpu_s:.0f} s of processor time)",
        "4 min for 22 on 2 cores",
        None if QUICK else took_s <= MOST_S,
    )
    report.row("bytes: package of micro-heads alone", f"{largest / 1e3:.0f} kB", "at most 1 MB", largest <= MOST_BYTES)
    report.row(
        "digest of an app's package, trained alone and beside others",
        "the same" if alone.digest == beside[0].digest else "another",
        "the same",
        alone.digest == beside[0].digest,
    )
