"""`make bench-trainer`: what fifteen candidates cost, how good they are, what they weigh, and what a kill costs.

Balanced accuracy is that at score 1/2 on the test half of the plaza clip, which the trainer never opens. Everything is
trained on the clip's first half, 39.7 s. With names as arguments (speed, resume, cache, quality, stem, micro, last-map,
heads) only those rows are measured.
"""

from __future__ import annotations

import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from common.harness import QUICK, Report, measure
from mainstream.footage.labels import Split
from mainstream.mpackage.reading import verify_package
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.registry import load_base_network
from mainstream_trainer.data.clip import ClipPart, inspect_clip
from mainstream_trainer.learn.feature_cache import FeatureCache
from mainstream_trainer.request import TrainingRequest, VideoData
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.training import Resources, train_app
from trainer import lessons
from trainer.candidates import common_stem, quality
from trainer.heads import micro_against_whole
from trainer.last_map import against_last_map
from trainer.micro import micro_heads

SPEED_APP = "lamp-post"
KILLS = 3 if QUICK else 10
HOUR_FRAMES = 3600
MOST_BYTES = 2 << 30
_TINY = TrainingSettings(
    variants=2, prune=False, epochs=1, least_steps=1, frozen_epochs=3, heads=(), gap_s=0.2, held_out_share=0.5
)
_PROGRAM = """
import pickle, sys
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.training import Resources, train_app
request, store, work = pickle.load(sys.stdin.buffer)
train_app(request, FolderStore(store), resources=Resources(work=work))
"""


def _speed(report: Report) -> None:
    """One app at a time on one thread, so that nothing else is measured; clock and processor time agree then."""
    torch.set_num_threads(1)
    full = lessons.alone(SPEED_APP, 0, 0, judged=False)
    row = lessons.in_a_row(SPEED_APP, 0, judged=())
    ratio = row.total_s / full.seconds
    epochs = np.mean([each.epochs for each in row.candidates if each.branch_point < max(lessons.FIFTEEN)])
    report.details["speed"] = {"full": asdict(full), "fifteen": asdict(row)}
    report.row(
        "15 candidates against one full fine-tune, wall time",
        f"{ratio:.2f}x ({row.total_s:.0f} s, {row.features_s:.0f} of them features; full {full.seconds:.0f} s, "
        f"{full.epochs:.1f} epochs; the fifteen {epochs:.1f} on average)",
        "at most 2x",
        ratio <= 2,
    )
    halves = sum(each.half for each in row.candidates)
    report.row(
        "bytes: package of 15 candidates of lite0",
        f"{row.package_bytes / 1e6:.1f} MB, {halves} of 15 in half precision",
        "at most 100 MB",
        row.package_bytes <= 100e6,
    )
    report.row(
        "bytes: what a node fetches to serve one app",
        f"{row.largest_bytes / 1e6:.1f} MB for the largest candidate",
        "the chosen candidate only",
        row.largest_bytes < row.package_bytes,
    )


def _resume(report: Report) -> None:
    """Kill at random moments of a small training until it ends; then compare digests."""
    split = Split(train=(0, 110), test=(110, 795))
    data = VideoData(lessons.VIDEO, lessons.LABELS, split)
    request = TrainingRequest(data, "crossing", branch_points=(0, 8, 11, 15), settings=_TINY)
    chance = random.Random(8)  # noqa: S311 - moments of kills, no secrets
    with TemporaryDirectory() as folder:
        start_s = time.monotonic()
        undisturbed = train_app(request, FolderStore(Path(folder) / "undisturbed"))
        whole_s = time.monotonic() - start_s
        same = 0
        moments_s = []
        for kill in range(KILLS):
            store, work = Path(folder) / f"store-{kill}", Path(folder) / f"work-{kill}"
            # A new process takes some seconds to load torch, which are no training yet.
            moments_s.append(chance.uniform(1.0, whole_s + 3.0))
            process = subprocess.Popen([sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE)
            assert process.stdin is not None
            process.stdin.write(pickle.dumps((request, store, work)))
            process.stdin.close()
            try:
                process.wait(moments_s[-1])
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait(10)
            resumed = train_app(request, FolderStore(store), resources=Resources(work=work))
            same += resumed.digest == undisturbed.digest and not verify_package(FolderStore(store), resumed)
    report.details["resume"] = {"undisturbed_s": whole_s, "killed_at_s": moments_s}
    report.row(
        f"resume after kill -9 at {KILLS} random moments",
        f"{same} of {KILLS} packages with the digest of the undisturbed run",
        "same package digest",
        same == KILLS,
    )


def _cache(report: Report) -> None:
    """An hour of 1 fps frames (the clip's, repeated) under the default limit; with QUICK only what it says it needs."""
    network = load_base_network("efficientnet-lite0")
    settings, size = TrainingSettings(), network.preprocessing
    with TemporaryDirectory() as folder:
        features = FeatureCache(network, Path(folder), HOUR_FRAMES, settings, 0)
        plan = features.plan(lessons.FIFTEEN, settings.cache_bytes)
        taken = plan.needed_bytes
        if not QUICK:
            clip = inspect_clip(lessons.VIDEO)
            frames = ClipPart(clip, (0, clip.frames or 1)).read(None, size.height, size.width, lambda _: None)
            hour = np.resize(frames, (HOUR_FRAMES, *frames.shape[1:]))
            with ThreadPoolExecutor(torch.get_num_threads()) as executor:
                features.build(lambda: hour, plan, executor, lambda _: None)
            taken = _bytes(sorted(Path(folder).rglob("*")))
    again = ", ".join(map(str, plan.computed_again))
    report.row(
        "feature cache of an hour of 1 fps frames, 15 candidates",
        f"{taken / 2**30:.2f} GiB {'planned' if QUICK else 'on disk'} (said before: {plan.needed_bytes / 2**30:.2f} of "
        f"{plan.all_bytes / 2**30:.2f}; branch-points {again} are computed again)",
        "at most 2 GiB, or it says what it needs first",
        taken <= MOST_BYTES,
    )


def _bytes(paths: Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


PARTS = {
    "speed": _speed,
    "resume": _resume,
    "cache": _cache,
    "quality": quality,
    "stem": common_stem,
    "micro": micro_heads,
    "last-map": against_last_map,
    "heads": micro_against_whole,
}


def main(wanted: list[str]) -> int:
    """Some parts, or all; the exit code."""
    return measure("trainer", PARTS, wanted, packages=("torch", "numpy", "av"))
