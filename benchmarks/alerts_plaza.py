"""Judges on the plaza clip: its six apps, and sixteen of short, rare events, on the half that training never opened.

Forty seconds an app tell little of any one; what they tell is whether anything is planned that is on all the time.
Apps are planned together, by every policy at every budget of the evidence's figure of the clip (evidence/plaza.py).
The sixteen are found by `MAINSTREAM_SPOTS`, else in the project's shared folder.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from alerts_always import always_deciding
from alerts_stand import KEPT, SMALL_CLIP, STORE, scores_of
from harness import Report
from trainer_lessons import WALKWAYS

from mainstream.arrays import FloatArray
from mainstream.footage.frames import view_pixels
from mainstream.footage.labels import read_labels
from mainstream.laws.sampling import NestedSampler
from mainstream.laws.voting import decisions
from mainstream.messages.node_profile import NodeProfile, read_node_profile
from mainstream.messages.runner_plan import RunnerStream
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.planner import AppPlan, Plan
from mainstream.workload.problem import build_problem
from mainstream_evaluate.inputs import LabelledClip, labelled_clip
from mainstream_evaluate.truth import truth_of
from mainstream_runner.profiling.node import profile_node
from mainstream_trainer.data.clip import pictures_of
from mainstream_trainer.label_options import NOTHING_SAID
from mainstream_trainer.request import DEFAULT_BASE, TrainingRequest, VideoData
from mainstream_trainer.training import Resources, train_apps
from measure import POLICIES, planned
from play import Played, judged
from pools import Pixels
from workloads import STREAM, node_of

BUDGETS = (0.05, 0.1, 0.2)
"""CPU-seconds a second"""
CLIP = Path("examples/plaza/plaza.mp4")
SIX = Path("examples/plaza/labels.json")


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
    plans = _plans(packages, labelled.clip.fps)
    played = [
        (each, _played(each, scores[each.name, each.candidate], packages[each.name], labelled))
        for plan in plans
        for each in plan.apps
        if each.candidate is not None
    ]
    report.row(
        f"{what}, {len(packages)} apps in {len(plans)} plans: mean F1 of alerts of what is planned",
        f"{np.mean([each.alerts.f1 for _, each in played]):.3f}, "
        f"predicted {np.mean([plan.f1 for plan, _ in played]):.3f}",
        "told",
        None,
    )
    return [each.open_share for _, each in played]


def _packages(labels: Path, branch_points: tuple[int, ...]) -> dict[str, Manifest]:
    requests = [
        TrainingRequest(VideoData(CLIP, labels), app, branch_points=branch_points, crop=WALKWAYS, settings=SMALL_CLIP)
        for app in read_labels(labels).apps
    ]
    manifests = train_apps(requests, FolderStore(STORE), resources=Resources(work=KEPT / "training"))
    return {manifest.name: manifest for manifest in manifests}


def _plans(packages: dict[str, Manifest], fps: float) -> list[Plan]:
    """Every policy at every budget."""
    problem = build_problem(node_of(packages, fps, _profile(fps)))
    return [planned(replace(problem, budget=budget), policy) for budget in BUDGETS for policy in POLICIES]


def _profile(fps: float) -> NodeProfile:
    """What a frame costs on this machine: measured once."""
    path = KEPT / "profile-plaza.json"
    if not path.exists():
        camera = RunnerStream(name=STREAM, url=f"file:{CLIP}", fps=fps, crops={"full": None})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(profile_node([DEFAULT_BASE], [camera]).model_dump_json(indent=1), encoding="utf-8")
    return read_node_profile(path)


def _played(plan: AppPlan, scores: FloatArray, package: Manifest, labelled: LabelledClip) -> Played:
    assert plan.fps is not None
    assert plan.threshold is not None
    assert plan.votes is not None
    times, (first, end) = labelled.clip.times, labelled.part
    gap_s = package.event_statistics.gap_s
    truth = truth_of(labelled.labels, plan.name, times, labelled.part, gap_s)
    sampler = NestedSampler()
    analysed = [i for i in range(end - first) if sampler.due(float(times.edges_s[first + i]), [plan.fps])]
    analysed_s = times.middles_s[first + np.array(analysed, dtype=np.int64)]
    decided = decisions(scores[analysed] >= plan.threshold, plan.votes)
    return judged(analysed_s[decided], analysed_s, truth.events, truth.span, merge_gap_s=gap_s, ignored=truth.ignored)
