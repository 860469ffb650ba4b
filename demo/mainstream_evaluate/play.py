"""A plan played over a clip as fast as it can be scored: the runner's engine, sampling and votes, without TorchServe.

Nothing is late here, so that every due frame is analysed: what a node would do that keeps up.
"""

from collections.abc import Callable
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.footage.frames import view_pixels
from mainstream.footage.labels import Run
from mainstream.footage.masks import grey_out
from mainstream.laws.sampling import NestedSampler
from mainstream.laws.voting import Voter
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.calibration import calibrated
from mainstream_runner.engine.loader import load_executor
from mainstream_runner.serving.worker import cache_folder
from mainstream_runner.views import plan_views
from mainstream_trainer.data.clip import Clip, pictures_of


def play(
    plan: RunnerPlan, store: Path, clip: Clip, part: Run, on_share: Callable[[float], None] = lambda share: None
) -> dict[str, list[int]]:
    """Numbers of the frames of `part` on which a decision falls, by app of the plan; weights come from `store`."""
    executor = load_executor(plan, store, calibrated(cache_folder()))
    for app, problem in executor.unavailable_apps.items():
        raise InvalidInputError(problem, field=f"package {app}")
    views = plan_views(plan)
    samplers = [NestedSampler() for _ in views]
    voters = {app.name: Voter(app.votes) for app in plan.apps}
    thresholds = {app.name: app.threshold for app in plan.apps}
    decisions: dict[str, list[int]] = {app.name: [] for app in plan.apps}
    crops = plan.streams[0].crops
    for number, picture in pictures_of(clip, part):
        at_s = float(clip.times.edges_s[number])
        grey_out(picture, plan.streams[0].masks)
        frames = []
        for index, (view, sampler) in enumerate(zip(views, samplers, strict=True)):
            due = view.due(sampler, at_s)
            if due:
                size = executor.views[index]
                frames.append(DueFrame(index, view_pixels(picture, crops[view.view], size.height, size.width), due))
        for scores in executor.score(frames) if frames else ():
            for app, score in scores.items():
                if voters[app].decide(score >= thresholds[app]):
                    decisions[app].append(number)
        on_share((number + 1 - part[0]) / (part[1] - part[0]))
    return decisions
