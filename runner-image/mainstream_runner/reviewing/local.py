"""Runs on this machine that are reviewed, whatever their apps say: what is kept stays in the folder of the run."""

from mainstream.api.sinks.review import Review
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan

_HERE = Review(prefix="s3://this-machine/alone")
"""A run uploads nothing: the operator would have to say where to."""


def for_review(plan: RunnerPlan) -> RunnerPlan:
    """The same plan, with a review of every app."""
    return plan.model_copy(update={"apps": tuple(_reviewed(app) for app in plan.apps)})


def _reviewed(app: RunnerApp) -> RunnerApp:
    if any(isinstance(sink, Review) for sink in app.sinks):
        return app
    return app.model_copy(update={"sinks": (*app.sinks, _HERE)})
