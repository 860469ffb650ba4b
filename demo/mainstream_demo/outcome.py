"""What one policy came to: its plan, its live run, and the run's decisions held against the labels."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mainstream.alerts.measured import AlertScore
from mainstream.footage.frame_times import FrameTimes
from mainstream.planner import AppPlan, Plan
from mainstream_demo.evaluate import mean_f1
from mainstream_demo.result import AppResult, PlayedFrames, PolicyResult
from mainstream_evaluate.runs import read_run
from mainstream_evaluate.truth import Truth
from mainstream_runner.run_result import AppRun, RunResult


@dataclass(frozen=True)
class PolicyOutcome:
    """One policy, planned, run and measured; everything by app name."""

    plan: Plan
    run: RunResult | None
    """none where no app fitted"""
    scores: dict[str, AlertScore]


def measure(plan: Plan, run: RunResult | None, truths: Mapping[str, Truth], times: FrameTimes) -> PolicyOutcome:
    """Score the alerts of every app's live decisions on a clip of these times; an app that did not run has none."""
    decided = {} if run is None else read_run(run.frames_path.parent).decisions
    # The middle of a frame's time, so that rounding never moves it over an event's edge.
    scores = {
        name: truth.score_decisions(times.middles_s[np.array(decided.get(name, []), dtype=np.int64)])
        for name, truth in truths.items()
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
        candidate=planned.candidate,
        branch_point=planned.branch_point,
        fps_planned=planned.fps or 0.0,
        fps_achieved=run.fps_achieved if run else 0.0,
        threshold=planned.threshold,
        votes=planned.votes,
        frames=frames,
        f1_predicted=planned.f1,
        f1_interval=planned.f1_interval,
        f1_measured=score.f1,
        events=score.events,
        events_found=len(score.found),
        alerts=score.alerts,
        alerts_false=len(score.false),
        alerts_repeated=len(score.repeated),
    )
