"""What came of every plan that was played, and what chance alone could have made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mainstream.alerts.measured import AlertScore
from mainstream.arrays import IntArray
from mainstream.messages.node_profile import DecodeModeName
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.planner import Policy
from mainstream_demo.evaluate import interval_95, mean_f1, resampled_differences
from mainstream_demo.growth.decoding import decoded_frames
from mainstream_demo.growth.plans import Crowd, Plans
from mainstream_demo.growth.playing import decided_frames
from mainstream_demo.growth.scores import Scores
from mainstream_demo.result import BASELINES, POLICIES, F1Difference, GrowthPoint
from mainstream_evaluate.truth import Truth
from mainstream_trainer.data.clip import ClipPart

_Played = Mapping[Policy, Sequence[Mapping[str, AlertScore]]]
"""by policy, of every crowd of one size"""


@dataclass(frozen=True)
class Stage:
    """What plans are played on; everything by app key."""

    scores: Scores
    names: Mapping[str, str]
    """of packages"""
    truths: Mapping[str, Truth]
    played: ClipPart
    decoded: Mapping[DecodeModeName, IntArray]
    """frames there are to look at, in each mode that some plan decodes in"""

    def play(self, crowd: Crowd, plan: RunnerPlan | None) -> dict[str, AlertScore]:
        """Every app of the crowd; one that did not fit has no alerts."""
        times = self.played.clip.times.part(self.played.part)
        decided = {}
        if plan is not None:
            scores = {app.name: self.scores[self.names[app.name], app.candidate] for app in plan.apps}
            decided = decided_frames(plan, scores, times.edges_s, self._decoded(plan))
        # The middle of a frame's time, so that rounding never moves it over an event's edge.
        middles_s = {app: times.middles_s[frames] for app, frames in decided.items()}
        return {app: self.truths[app].score_decisions(middles_s.get(app, ())) for app in crowd.apps}

    def _decoded(self, plan: RunnerPlan) -> IntArray:
        """Of the one camera; none where nothing is planned for it."""
        return self.decoded[plan.streams[0].decode] if plan.streams else np.zeros(0, np.int64)


def wanted_scores(plans: Plans, names: Mapping[str, str]) -> set[tuple[str, str]]:
    """Package name and candidate of everything that some plan runs."""
    orders = [made.runner_plan for made in plans.values() if made.runner_plan is not None]
    return {(names[app.name], app.candidate) for plan in orders for app in plan.apps}


def decoded_in_modes(plans: Plans, played: ClipPart) -> dict[DecodeModeName, IntArray]:
    """For every mode that some plan decodes in, the frames there are to look at."""
    orders = [made.runner_plan for made in plans.values() if made.runner_plan is not None]
    return {mode: decoded_frames(played, mode) for mode in {each.decode for plan in orders for each in plan.streams}}


def growth_points(plans: Plans, stage: Stage) -> list[GrowthPoint]:
    """One for each number of apps, ascending: means over the crowds of that size."""
    by_size: dict[int, list[Crowd]] = {}
    for crowd in dict.fromkeys(crowd for crowd, _ in plans):
        by_size.setdefault(len(crowd.apps), []).append(crowd)
    return [_point(some, plans, stage) for _, some in sorted(by_size.items())]


def _point(some: Sequence[Crowd], plans: Plans, stage: Stage) -> GrowthPoint:
    known = [policy for policy in POLICIES if all((crowd, policy) in plans for crowd in some)]
    made = {policy: [plans[crowd, policy] for crowd in some] for policy in known}
    played = {
        policy: [stage.play(crowd, each.runner_plan) for crowd, each in zip(some, of, strict=True)]
        for policy, of in made.items()
    }
    return GrowthPoint(
        apps=len(some[0].apps),
        crowds=len(some),
        f1_measured={policy: float(np.mean([mean_f1(scores) for scores in of])) for policy, of in played.items()},
        f1_predicted={policy: float(np.mean([each.mean_f1 for each in of])) for policy, of in made.items()},
        differences=[_difference(baseline, played) for baseline in BASELINES if baseline in known],
    )


def _difference(baseline: Policy, played: _Played) -> F1Difference:
    pairs = list(zip(played[POLICIES[0]], played[baseline], strict=True))
    low, high = interval_95(np.mean([resampled_differences(*pair) for pair in pairs], axis=0))
    difference = float(np.mean([mean_f1(ours) - mean_f1(theirs) for ours, theirs in pairs]))
    return F1Difference(baseline=baseline, difference=difference, low=low, high=high)
