"""Replayed curves of a workload's apps: their held-out photos, as the stream shows them, played at every rate. Pure.

The trainer replays held-out pictures on streams of the statistics that were declared when it trained. A workload states
its statistics anew, so here the stream that they are taken from is replayed, by the trainer's own code: same kind of
events, held-out photos, another seed than the stream that is measured on.
"""

from collections.abc import Mapping
from dataclasses import replace

from mainstream.alerts.merging import merged_events
from mainstream.mpackage.curve import ReplayedCurve
from mainstream.mpackage.manifest import Evaluation, Manifest
from mainstream.planner import App, Candidate, Problem
from mainstream.planner.replays import ReplayedPoints
from mainstream.workload.caution import cautious_rows
from mainstream_trainer.measure.picture_replay import distinct_thresholds, play
from photo_scores import Scores
from workloads import Workload

Curves = Mapping[tuple[str, str], ReplayedPoints]
"""by app and candidate"""


def replayed_curves(workload: Workload, problem: Problem, scores: Scores) -> Curves:
    """The curve of every candidate of a problem of the workload's apps; `scores` are those of held-out photos."""
    evaluations = {placed.name: on_held_out(placed.package) for placed in workload.node.apps}
    return {
        at: _replayed(app, candidate, workload, scores, evaluations[app.name])
        for app in problem.apps
        for candidate in app.candidates
        for at in [(app.name, candidate.name)]
    }


def on_held_out(package: Manifest) -> Evaluation:
    """On how much held-out photos tell something: what fine-tuned candidates are measured on. Of micro-heads a package
    counts all photos that it learnt from, by folds.
    """
    return next(each.evaluation for each in package.candidates if each.kind == "fine-tuned")


def with_curves(problem: Problem, curves: Curves) -> Problem:
    """The problem with these curves: what its options cost may be another matter."""
    apps = tuple(
        replace(
            app,
            candidates=tuple(replace(each, replayed=curves[app.name, each.name]) for each in app.candidates),
        )
        for app in problem.apps
    )
    return replace(problem, apps=apps)


def _replayed(
    app: App, candidate: Candidate, workload: Workload, scores: Scores, evaluation: Evaluation
) -> ReplayedPoints:
    events = merged_events(app.events)
    curve = play(
        workload.training_stream,
        workload.event_classes[app.name],
        events,
        scores[app.name, candidate.name],
        distinct_thresholds((point.threshold, point.p, point.e) for point in candidate.operating_points),
        app.allowed_rates,
    )
    rows, points = ReplayedCurve.of(curve).numbers(), candidate.operating_points
    return ReplayedPoints(cautious_rows(rows, points, evaluation, events, app.events.correlation))
