"""Runs on this machine that are reviewed, whatever their apps say: what is kept stays in the folder of the run."""

from mainstream.api.sinks.review import Review
from mainstream.api.sinks.sink import ClipsSink
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan

_HERE = "s3://this-machine/alone"
"""A run uploads nothing: the operator would have to say where to."""
_REVIEW, _CLIPS = Review(prefix=_HERE), ClipsSink(prefix=_HERE)


def for_review(plan: RunnerPlan) -> RunnerPlan:
    """The same plan, with a review of every app, and clips to look at."""
    return plan.model_copy(update={"apps": tuple(_reviewed(app) for app in plan.apps)})


def _reviewed(app: RunnerApp) -> RunnerApp:
    lacks = [each for each in (_CLIPS, _REVIEW) if not any(isinstance(sink, type(each)) for sink in app.sinks)]
    return app.model_copy(update={"sinks": (*app.sinks, *lacks)})
