"""What one policy came to: its plan, its live run, and the run's decisions held against the labels."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mainstream.alerts.measured import AlertScore, score_alerts
from mainstream.alerts.spans import Span, events_within
from mainstream.labels import Labels, Run
from mainstream.planner import AppPlan, Plan
from mainstream.workload.node_workload import PlacedApp
from mainstream_demo.evaluate import mean_f1
from mainstream_demo.result import AppResult, PlayedFrames, PolicyResult
from mainstream_runner.run_result import AppRun, RunResult


@dataclass(frozen=True)
class Truth:
    """True events of one app in the played part, after merging, in seconds of the clip."""

    span: Span
    events: list[Span]
    ignored: list[Span]
    """pieces of events that the split between training and test cuts"""
    merge_gap_s: float


@dataclass(frozen=True)
class PolicyOutcome:
    """One policy, planned, run and measured; everything by app name."""

    plan: Plan
    run: RunResult | None
    """none where no app fitted"""
    scores: dict[str, AlertScore]


def truth_of(labels: Labels, label: str, fps: float, merge_gap_s: float) -> Truth:
    """What the labels say of one app in the test part of the clip; runs no further apart than the gap are one event."""
    span = _seconds(labels.split.test, fps)
    whole, cut = events_within([_seconds(run, fps) for run in labels.apps[label].runs], span, merge_gap_s)
    return Truth(span, whole, cut, merge_gap_s)


def measure(plan: Plan, run: RunResult | None, apps: Mapping[str, tuple[PlacedApp, Truth]]) -> PolicyOutcome:
    """Score the alerts of every app's live decisions; an app that did not run has none."""
    decided: dict[str, list[float]] = {name: [] for name in apps}
    if run is not None:
        fps = {name: placed.stream.spec.frames_per_second for name, (placed, _) in apps.items()}
        for name, frame in _decision_frames(run.frames_path):
            # The middle of the frame's time, so that rounding never moves it over an event's edge.
            decided[name].append((frame + 0.5) / fps[name])
    scores = {
        name: score_alerts(
            sorted(decided[name]), truth.events, truth.span, merge_gap_s=truth.merge_gap_s, ignored=truth.ignored
        )
        for name, (_, truth) in apps.items()
    }
    return PolicyOutcome(plan, run, scores)


def policy_result(outcome: PolicyOutcome) -> PolicyResult:
    """The outcome as it stands in report.json."""
    runs = {run.name: run for run in outcome.run.apps} if outcome.run else {}
    return PolicyResult(
        cost=outcome.plan.cost.total,
        budget=outcome.plan.budget,
        cpu_used=outcome.run.cpu_used if outcome.run else 0.0,
        mean_f1_predicted=outcome.plan.mean_f1,
        mean_f1_measured=mean_f1(outcome.scores),
        apps=[_app_result(app, runs.get(app.name), outcome.scores[app.name]) for app in outcome.plan.apps],
    )


def _app_result(planned: AppPlan, run: AppRun | None, score: AlertScore) -> AppResult:
    frames = PlayedFrames(captured=0, analysed=0, skipped=0, dropped=0)
    if run is not None:
        tally = run.frames
        frames = PlayedFrames(
            captured=tally.captured, analysed=tally.analysed, skipped=tally.skipped, dropped=tally.dropped
        )
    return AppResult(
        name=planned.name,
        branch_point=planned.branch_point,
        fps_planned=planned.fps or 0.0,
        fps_achieved=run.fps_achieved if run else 0.0,
        threshold=planned.threshold,
        votes=planned.votes,
        frames=frames,
        f1_predicted=planned.f1,
        f1_measured=score.f1,
        events=score.events,
        events_found=len(score.found),
        alerts=score.alerts,
        alerts_false=len(score.false),
        alerts_repeated=len(score.repeated),
    )


def _decision_frames(frames_path: Path) -> list[tuple[str, int]]:
    with frames_path.open(encoding="utf-8") as file:
        lines = (json.loads(line) for line in file)
        return [(line["app"], line["frame"]) for line in lines if line["decision"]]


def _seconds(run: Run, fps: float) -> Span:
    return run[0] / fps, run[1] / fps
