"""What a plan gives an app, as its status shows it. Pure."""

import re

from mainstream.api.video_app import PlannedApp, VideoApp
from mainstream.messages.runner_plan import RunnerApp
from mainstream.planner import AppPlan
from mainstream.times import HOURS_PER_DAY
from mainstream_operator.status.conditions import printable

_LONGEST_WHY = 1024


def planned_app(app: VideoApp, ordered: RunnerApp, planned: AppPlan, shared_with: int) -> PlannedApp:
    """What `app` gets from a plan that the runner was given as `ordered`."""
    low, high = (None, None) if planned.f1_interval is None else (round(each, 4) for each in planned.f1_interval)
    return PlannedApp(
        candidate=ordered.candidate,
        kind=ordered.kind,
        branch_point=ordered.branch_point,
        frames_per_second=ordered.fps,
        votes=ordered.votes,
        threshold=round(ordered.threshold, 4),
        predicted_f1=round(planned.f1, 4),
        predicted_f1_low=low,
        predicted_f1_high=high,
        predicted_recall=round(planned.recall, 4),
        predicted_precision=round(planned.precision, 4),
        predicted_false_alerts_per_day=float(f"{HOURS_PER_DAY * planned.false_alerts_per_hour:.3g}"),
        shared_with=shared_with,
        why=printable(why(app, planned))[:_LONGEST_WHY],
    )


def why(app: VideoApp, planned: AppPlan) -> str:
    """The planner's reason as a sentence; a tenant does not learn the names of others' apps."""

    def named(match: re.Match[str]) -> str:
        return match[0] if match[1] == app.metadata.namespace else "of another tenant"

    text = re.sub(r"'([^'/]+)/[^']+'", named, planned.why)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
