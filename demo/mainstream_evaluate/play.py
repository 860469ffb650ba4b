"""A plan played over a clip as fast as it can be scored: the runner's engine, sampling and votes, without TorchServe.

Nothing is late here, so that every due frame is analysed: what a node would do that keeps up.
"""

from collections.abc import Callable
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.footage.frames import view_pixels
from mainstream.footage.labels import Run
from mainstream.footage.masks import grey_out
from mainstream.laws.gate import Gate, grey
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
    gates = [Gate() if view.view in plan.streams[0].gates else None for view in views]
    scores: dict[str, float] = {}
    """each app's last ones, which stand while its view does"""
    voters = {app.name: Voter(app.votes) for app in plan.apps}
    thresholds = {app.name: app.threshold for app in plan.apps}
    decisions: dict[str, list[int]] = {app.name: [] for app in plan.apps}
    crops = plan.streams[0].crops
    for number, picture in pictures_of(clip, part):
        at_s = float(clip.times.edges_s[number])
        grey_out(picture, plan.streams[0].masks)
        frames: list[DueFrame] = []
        looked: list[str] = []
        for index, (view, sampler, gate) in enumerate(zip(views, samplers, gates, strict=True)):
            due = view.due(sampler, at_s)
            looked += due
            if due:
                size = executor.views[index]
                pixels = view_pixels(picture, crops[view.view], size.height, size.width)
                running = due if gate is None else gate.passes(grey(pixels), at_s, due)
                frames += [DueFrame(index, pixels, running)] if running else []
        for scored in executor.score(frames) if frames else ():
            scores |= scored
        for app in looked:
            if voters[app].decide(scores[app] >= thresholds[app]):
                decisions[app].append(number)
        on_share((number + 1 - part[0]) / (part[1] - part[0]))
    return decisions
