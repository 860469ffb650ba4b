"""Judges on the plaza clip: its six apps, and sixteen of short, rare events, on the half that training never opened.

Forty seconds an app tell little of any one; what they tell is whether anything is planned that is on all the time.
Every choice is played that a plan could hold: each candidate at each rate, with the threshold and votes of it.
The sixteen are found by `MAINSTREAM_SPOTS`, else in the project's shared folder.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from alerts_always import always_deciding
from alerts_stand import KEPT, SMALL_CLIP, STORE, Choice, choices, planned_app, scores_of
from harness import Report

from mainstream.api.video_stream import Crop
from mainstream.arrays import FloatArray
from mainstream.footage.frames import view_pixels
from mainstream.footage.labels import read_labels
from mainstream.laws.sampling import NestedSampler
from mainstream.laws.voting import decisions
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_evaluate.inputs import LabelledClip, labelled_clip
from mainstream_evaluate.truth import truth_of
from mainstream_trainer.data.clip import pictures_of
from mainstream_trainer.label_options import NOTHING_SAID
from mainstream_trainer.request import TrainingRequest, VideoData
from mainstream_trainer.training import Resources, train_apps
from play import Played, judged
from pools import Pixels

CLIP = Path("examples/plaza/plaza.mp4")
SIX = Path("examples/plaza/labels.json")
SPOTS = Path(os.environ.get("MAINSTREAM_SPOTS", "../shared/data/vtest/labels-spots.json"))
WALKWAYS = Crop.model_validate({"left": 192, "top": 140, "width": 576, "height": 288})
"""the view of examples/plaza/stream.yaml"""


@dataclass(frozen=True)
class TestHalf:
    """The judged frames of the clip, as pictures to be scored."""

    labelled: LabelledClip

    @property
    def digest(self) -> str:
        """Of clip and part."""
        first, end = self.labelled.part
        return hashlib.sha256(f"{self.labelled.clip.sha256} {first} {end} {WALKWAYS}".encode()).hexdigest()

    def views(self, height: int, width: int) -> Pixels:
        """Every frame, (n, height, width, 3)."""
        pictures = pictures_of(self.labelled.clip, self.labelled.part)
        return np.stack([view_pixels(picture, WALKWAYS, height, width) for _, picture in pictures])


def plaza(report: Report, labels: Path, what: str, branch_points: tuple[int, ...]) -> list[float]:
    """Row of one file of labels; the shares of quiet time in which its choices are on."""
    if not labels.is_file():
        report.left_out(f"{what}: F1 of alerts", "told", f"{labels} is no file; set MAINSTREAM_SPOTS to it")
        return []
    labelled = labelled_clip(CLIP, labels, "test", NOTHING_SAID)
    always_deciding(report, what, labelled)
    packages = _packages(labels, branch_points)
    scores = scores_of(packages, TestHalf(labelled))
    shares: list[float] = []
    best: list[tuple[float, float]] = []
    for name, package in packages.items():
        played = [
            (choice, _played(choice, scores[name, choice.candidate], package, labelled))
            for choice in choices(planned_app(package, labelled.clip.fps))
        ]
        shares += [each.open_share for _, each in played]
        best.append(max(((choice.f1, each.alerts.f1) for choice, each in played), default=(0.0, 0.0)))
    predicted, measured = np.mean(best, axis=0).tolist()
    report.row(
        f"{what}, {len(packages)} apps, each as predicted best: F1 of alerts",
        f"{measured:.3f}, predicted {predicted:.3f}",
        "told",
        None,
    )
    return shares


def _packages(labels: Path, branch_points: tuple[int, ...]) -> dict[str, Manifest]:
    requests = [
        TrainingRequest(VideoData(CLIP, labels), app, branch_points=branch_points, crop=WALKWAYS, settings=SMALL_CLIP)
        for app in read_labels(labels).apps
    ]
    manifests = train_apps(requests, FolderStore(STORE), resources=Resources(work=KEPT / "training"))
    return {manifest.name: manifest for manifest in manifests}


def _played(choice: Choice, scores: FloatArray, package: Manifest, labelled: LabelledClip) -> Played:
    times, part = labelled.clip.times, labelled.part
    gap_s = package.event_statistics.gap_s
    truth = truth_of(labelled.labels, choice.app, times, part, gap_s)
    sampler = NestedSampler()
    analysed = [i for i in range(part[1] - part[0]) if sampler.due(float(times.edges_s[part[0] + i]), [choice.fps])]
    analysed_s = times.middles_s[part[0] + np.array(analysed, dtype=np.int64)]
    decided = decisions(scores[analysed] >= choice.threshold, choice.votes)
    return judged(analysed_s[decided], analysed_s, truth.events, truth.span, merge_gap_s=gap_s, ignored=truth.ignored)
