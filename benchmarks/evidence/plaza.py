"""The plaza clip: its six apps, and all of its 22, by every policy.

Packages and scores are those of `make demo`, which are found below out/demo or made there. There the six alone have
whole fine-tunes, so that what needs these serves nobody of 22 apps, unless `mainstream demo --all-baselines` has made
them for all. Played on the half of the clip that nothing learnt from, every frame decoded, no gate. Its forty seconds
hold few events: intervals draw these again, the same ones under each policy, as the demo does.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from common.plaza import EXAMPLE
from common.results import FOLDER, QUICK, kept_profile, write_part
from evidence.policies import OURS, PLANNERS, plan_or_none
from mainstream.laws.sampling import NestedSampler
from mainstream.laws.voting import decisions
from mainstream.messages.node_profile import NodeProfile
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.reading import package_versions
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.planner import AppPlan, Plan, Problem
from mainstream.workload.compose import runner_streams
from mainstream.workload.node_workload import PlacedApp
from mainstream.workload.problem import build_problem
from mainstream_demo.evaluate import difference_of
from mainstream_demo.example import DemoExample, package_name, read_example
from mainstream_demo.growth.scores import Scores, score_frames
from mainstream_demo.steps import truths_of
from mainstream_demo.training import train_packages
from mainstream_evaluate.truth import Truth
from mainstream_runner.profiling.node import profile_node
from photos.intervals import Interval
from photos.play import Played, judged
from photos.workloads import node_of

DEMO = Path("out") / "demo"
BUDGETS = (0.05, 0.1, 0.2)
"""CPU-seconds a second"""


@dataclass(frozen=True)
class Judge:
    """The example with all that is known of its apps."""

    example: DemoExample
    packages: dict[str, Manifest]
    """by app key, as are truths"""
    scores: Scores
    truths: dict[str, Truth]
    profile: NodeProfile

    def problem(self, apps: Sequence[str], budget: float) -> Problem:
        """These apps on their camera."""
        placed = [
            PlacedApp(app, stream, self.packages[app.key]) for app, stream in self.example.placed if app.key in apps
        ]
        return replace(build_problem(node_of(placed, self.profile)), budget=budget)

    def play(self, plan: Plan) -> dict[str, Played]:
        """Every app by its plan; one that did not fit decides nothing."""
        return {each.name: self._played(each) for each in plan.apps}

    def _played(self, plan: AppPlan) -> Played:
        truth = self.truths[plan.name]
        times = self.example.played.clip.times.part(self.example.played.part)
        decided = due = np.empty(0, dtype=np.int64)
        if plan.fps is not None and plan.candidate is not None:
            assert plan.threshold is not None
            assert plan.votes is not None
            sampler = NestedSampler()
            due = np.array([at for at, s in enumerate(times.edges_s[:-1].tolist()) if sampler.due(s, [plan.fps])])
            scores = self.scores[self.packages[plan.name].name, plan.candidate]
            decided = due[decisions(scores[due] >= plan.threshold, plan.votes)]
        return judged(
            times.middles_s[decided],
            times.middles_s[due],
            truth.events,
            truth.span,
            merge_gap_s=truth.merge_gap_s,
            ignored=truth.ignored,
        )


def plaza() -> None:
    """Plan and play six and all apps at every budget; nothing in a quick run, as the demo's packages take minutes."""
    if QUICK:
        return
    judge = _judge()
    crowds = (judge.example.own_apps, judge.example.keys)
    write_part("plaza", {"rows": [_row(judge, apps, budget) for apps in crowds for budget in BUDGETS]})


def _row(judge: Judge, apps: Sequence[str], budget: float) -> dict[str, Any]:
    problem = judge.problem(apps, budget)
    plans = {name: plan for name in PLANNERS if (plan := plan_or_none(name, problem))}
    played = {name: judge.play(plan) for name, plan in plans.items()}
    return {
        "apps": len(apps),
        "budget": budget,
        "policies": {
            name: {
                "f1": {"mean": float(np.mean([each.alerts.f1 for each in of.values()]))},
                "f1_windowed": {"mean": float(np.mean([each.f1_windowed for each in of.values()]))},
                "f1_predicted": plans[name].mean_f1,
                "open_most": max(each.open_share for each in of.values()),
            }
            for name, of in played.items()
        },
        "lead": {name: asdict(_lead(played[OURS], of)) for name, of in played.items() if name != OURS},
    }


def _lead(ours: dict[str, Played], theirs: dict[str, Played]) -> Interval:
    scores, others = ({app: each.alerts for app, each in of.items()} for of in (ours, theirs))
    found = difference_of(scores, others, "")
    return Interval(found.difference, found.low, found.high)


def _judge() -> Judge:
    example, store = read_example(EXAMPLE), FolderStore(DEMO / "store")
    whole = all("1" in package_versions(store, package_name(app)) for app, _ in example.placed)
    packages = train_packages(example, store, DEMO / "training", lambda _: None, all_baselines=whole)
    by_name = {manifest.name: manifest for manifest in packages.values()}
    wanted = {(name, each.name) for name, manifest in by_name.items() for each in manifest.candidates}
    scores = score_frames(wanted, by_name, DEMO / "store", example.played, DEMO / "scores.npz", lambda _: None)
    bases = sorted({manifest.base.name for manifest in packages.values()})
    profile = kept_profile(
        FOLDER / "profile-plaza.json", lambda: profile_node(bases, runner_streams(example.placed))
    ).model_copy(update={"decode_modes": {}, "duties": {}})
    return Judge(example, packages, scores, truths_of(example, packages), profile)
