"""A plan played from scores: the product's own sampling, threshold and votes. Pure.

What is played is what a runner does that drops no frame and whose gates never rest; a live run of the same plan stands
beside it.
"""

from collections.abc import Mapping

import numpy as np

from mainstream.arrays import FloatArray, IntArray
from mainstream.laws.sampling import NestedSampler
from mainstream.laws.voting import decisions
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.views import plan_views


def decided_frames(
    plan: RunnerPlan, scores: Mapping[str, FloatArray], edges_s: FloatArray, decoded: IntArray
) -> dict[str, IntArray]:
    """Frames on which a decision of each of the plan's apps falls, counted from the first that is played.

    `scores` (frames,) are of what each app runs; `edges_s` (frames + 1,) say when frames are shown; `decoded` are those
    that there are to look at.
    """
    decided: dict[str, IntArray] = {}
    for view in plan_views(plan):
        sampler = NestedSampler()
        looked: dict[str, list[int]] = {app.name: [] for app in view.apps}
        for frame, at_s in zip(decoded.tolist(), edges_s[decoded].tolist(), strict=True):
            for app_name in view.due(sampler, at_s):
                looked[app_name].append(frame)
        for app in view.apps:
            analysed = np.array(looked[app.name], dtype=np.int64)
            decided[app.name] = analysed[decisions(scores[app.name][analysed] >= app.threshold, app.votes)]
    return decided
