"""The plaza clip: its six apps, and with sixteen of short, rare events all of its 22, by every policy.

Played on the half of the clip that training never opened, from scores of every frame. Forty seconds hold few events, so
differences have intervals over apps, the same under each policy. `make demo` shows the same live. The sixteen are found
by `MAINSTREAM_SPOTS`, else in the project's shared folder.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from common.candidate_scores import candidate_scores
from common.results import FOLDER, QUICK, kept, kept_profile, key_of, write_part
from evidence.policies import OURS, PLANNERS, plan_or_none
from mainstream.footage.frames import view_pixels
from mainstream.footage.labels import read_labels
from mainstream.laws.sampling import NestedSampler
from mainstream.laws.voting import decisions
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerStream
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.registry import load_base_network
from mainstream.planner import AppPlan, Plan, Problem
from mainstream.workload.problem import build_problem
from mainstream_evaluate.inputs import LabelledClip, labelled_clip
from mainstream_evaluate.truth import truth_of
from mainstream_runner.profiling.node import profile_node
from mainstream_trainer.data.clip import pictures_of
from mainstream_trainer.label_options import NOTHING_SAID
from mainstream_trainer.request import DEFAULT_BASE, TrainingRequest, VideoData
from photos.intervals import difference_interval, mean_interval
from photos.packages import STORE, Scores, trained
from photos.play import Played, judged
from photos.workloads import STREAM, node_of, placed_app
from trainer.lessons import LABELS, SPOTS, VIDEO, WALKWAYS

BUDGETS = (0.05, 0.1, 0.2)
"""CPU-seconds a second"""


@dataclass(frozen=True)
class Judge:
    """Apps of the clip with all that is known of them."""

    packages: dict[str, Manifest]
    scores: Scores
    """of the frames of the test half"""
    labelled: dict[str, LabelledClip]
    """where each app's events are"""
    profile: NodeProfile

    def problem(self, apps: Sequence[str], budget: float) -> Problem:
        """These apps on one camera."""
        fps = next(iter(self.labelled.values())).clip.fps
        rates = [rate for rate in (0.1, 0.2, 0.5, *range(1, 31)) if rate <= fps]
        placed = [placed_app(app, self.packages[app], rates, camera_fps=fps) for app in apps]
        return replace(build_problem(node_of(placed, self.profile)), budget=budget)

    def f1(self, plan: Plan | None, apps: Sequence[str]) -> dict[str, list[float]]:
        """Of alerts and windows, by app; nothing found where nobody is served."""
        served = {each.name: self._played(each) for each in plan.apps if each.candidate} if plan else {}
        return {
            "f1": [served[app].alerts.f1 if app in served else 0.0 for app in apps],
            "f1_windowed": [served[app].f1_windowed if app in served else 0.0 for app in apps],
            "open_share": [served[app].open_share if app in served else 0.0 for app in apps],
        }

    def _played(self, plan: AppPlan) -> Played:
        assert plan.candidate is not None
        assert plan.fps is not None
        assert plan.threshold is not None
        assert plan.votes is not None
        labelled, gap_s = self.labelled[plan.name], self.packages[plan.name].event_statistics.gap_s
        times, (first, end) = labelled.clip.times, labelled.part
        truth = truth_of(labelled.labels, plan.name, times, labelled.part, gap_s)
        sampler = NestedSampler()
        due = [i for i in range(end - first) if sampler.due(float(times.edges_s[first + i]), [plan.fps])]
        analysed_s = times.middles_s[first + np.array(due, dtype=np.int64)]
        decided = decisions(self.scores[plan.name, plan.candidate][due] >= plan.threshold, plan.votes)
        return judged(
            analysed_s[decided], analysed_s, truth.events, truth.span, merge_gap_s=gap_s, ignored=truth.ignored
        )


def plaza() -> None:
    """Plan and play six and all apps at every budget; nothing in a quick run, as packages take an hour."""
    if QUICK:
        return
    judge = _judge([LABELS, *([SPOTS] if SPOTS.is_file() else [])])
    six = list(read_labels(LABELS).apps)
    rows = [
        _row(judge, apps, budget)
        for apps in ([six, list(judge.packages)] if len(judge.packages) > len(six) else [six])
        for budget in BUDGETS
    ]
    write_part("plaza", {"rows": rows})


def _row(judge: Judge, apps: Sequence[str], budget: float) -> dict[str, Any]:
    problem = judge.problem(apps, budget)
    plans = {name: plan_or_none(name, problem) for name in PLANNERS}
    played = {name: judge.f1(plan, apps) for name, plan in plans.items()}
    ours = played[OURS]["f1"]
    return {
        "apps": len(apps),
        "budget": budget,
        "policies": {
            name: {what: asdict(mean_interval(values)) for what, values in found.items()}
            for name, found in played.items()
        },
        "lead": {name: asdict(difference_interval(ours, found["f1"])) for name, found in played.items()},
        "open_most": max(max(found["open_share"]) for found in played.values()),
    }


def _judge(files: Sequence[Path]) -> Judge:
    labelled = {
        app: labelled_clip(VIDEO, path, "test", NOTHING_SAID) for path in files for app in read_labels(path).apps
    }
    packages = trained(
        [
            TrainingRequest(VideoData(VIDEO, path), app, crop=WALKWAYS, version="seed-0")
            for path in files
            for app in read_labels(path).apps
        ]
    )
    one = next(iter(labelled.values()))
    return Judge(packages, _scores(packages, one), labelled, _profile(one.clip.fps))


def _scores(packages: dict[str, Manifest], labelled: LabelledClip) -> Scores:
    """What every candidate says of every frame of the test half, computed once."""
    digests = sorted(package.digest for package in packages.values())
    asked = hashlib.sha256(f"{labelled.clip.sha256} {labelled.part} {WALKWAYS}".encode()).hexdigest()
    path = FOLDER / "scores" / f"plaza-{key_of(digests, asked)}.json"

    def made() -> dict[str, Any]:
        network = load_base_network(DEFAULT_BASE)
        size = network.preprocessing
        pictures = pictures_of(labelled.clip, labelled.part)
        views = np.stack([view_pixels(picture, WALKWAYS, size.height, size.width) for _, picture in pictures])
        said = candidate_scores(list(packages.values()), FolderStore(STORE), network, views)
        return {app: {name: each.tolist() for name, each in of.items()} for app, of in said.items()}

    return {(app, name): np.array(each) for app, of in kept(path, made).items() for name, each in of.items()}


def _profile(fps: float) -> NodeProfile:
    """What a frame costs on this machine."""
    camera = RunnerStream(name=STREAM, url=f"file:{VIDEO}", fps=fps, crops={"full": None})
    return kept_profile(FOLDER / "profile-plaza.json", lambda: profile_node([DEFAULT_BASE], [camera]))
