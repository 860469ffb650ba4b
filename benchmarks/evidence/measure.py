"""Plans a workload under a policy and plays the plan: one result, as plain data. Pure."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from intervals import f1_interval
from mainstream.alerts.measured import AlertScore
from mainstream.planner import AppPlan, Plan, Policy, Problem, solve
from photo_scores import Scores
from play import Played, play_plan
from workloads import Workload

POLICIES: tuple[Policy, ...] = ("mainstream", "no-sharing", "max-sharing", "greedy")
TITLES = {
    "mainstream": "Mainstream",
    "no-sharing": "No-Sharing",
    "max-sharing": "Max-Sharing",
    "greedy": "paper's greedy",
}
GAP = 1e-4


@dataclass(frozen=True)
class AppResult:
    """One app under one plan: what was planned, predicted, and measured by playing."""

    app: str
    candidate: str | None
    branch_point: int | None
    fps: float
    threshold: float | None
    votes: int | None
    f1_predicted: float
    recall_predicted: float
    precision_predicted: float
    false_per_hour_predicted: float
    f1: float
    recall: float
    precision: float
    events: int
    events_found: int
    quiet_stretches: int
    """of one merge gap"""
    alerts_false: int
    alerts_repeated: int
    merge_gap_s: float
    f1_windowed: float
    """the published measure"""
    open_share: float
    """of the time, or of analysed frames, outside events"""

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the measured F1."""
        return f1_interval(self.events, self.events_found, self.quiet_stretches, self.alerts_false)


def measure(workload: Workload, policy: Policy, scores: Scores, problem: Problem | None = None) -> dict[str, Any]:
    """Plan (another `problem` than the workload's own where given), play, and count."""
    plan = planned(workload.problem if problem is None else problem, policy)
    played = play_plan(plan.apps, scores, workload.stream, workload.event_classes, workload.gaps_s)
    return result_of(plan, played, workload.gaps_s)


def planned(problem: Problem, policy: Policy = "mainstream") -> Plan:
    """The plan of a policy; its deadline is one of CPU time, so that whoever else is busy here changes no plan."""
    return solve(problem, policy=policy, gap=GAP, clock=time.process_time)


def result_of(plan: Plan, played: Mapping[str, Played], gaps_s: Mapping[str, float]) -> dict[str, Any]:
    """A plan and what it came to, as plain data."""
    apps = [asdict(_app_result(each, played[each.name], gaps_s[each.name])) for each in plan.apps]
    return {
        "policy": plan.policy,
        "status": plan.status,
        "cost": plan.cost.total,
        "budget": plan.budget,
        "gap": plan.gap,
        "shed": list(plan.shed),
        "apps": apps,
    }


def _app_result(plan: AppPlan, played: Played, merge_gap_s: float) -> AppResult:
    alerts = played.alerts
    return AppResult(
        app=plan.name,
        candidate=plan.candidate,
        branch_point=plan.branch_point,
        fps=plan.fps or 0.0,
        threshold=plan.threshold,
        votes=plan.votes,
        f1_predicted=plan.f1,
        recall_predicted=plan.recall,
        precision_predicted=plan.precision,
        false_per_hour_predicted=plan.false_alerts_per_hour,
        f1=alerts.f1,
        recall=alerts.recall,
        precision=alerts.precision,
        events=alerts.events,
        events_found=len(alerts.found),
        quiet_stretches=quiet_stretches(alerts, merge_gap_s),
        alerts_false=len(alerts.false),
        alerts_repeated=len(alerts.repeated),
        merge_gap_s=merge_gap_s,
        f1_windowed=played.f1_windowed,
        open_share=played.open_share,
    )


def quiet_stretches(score: AlertScore, merge_gap_s: float) -> int:
    """In how many stretches of one merge gap a false alert could have opened."""
    return max(len(score.false), int(score.quiet_s / merge_gap_s))


def mean_of(result: Mapping[str, Any], what: str) -> float:
    """Mean over the apps of one result; one that did not fit counts as 0."""
    values = [app[what] or 0.0 for app in result["apps"]]
    return float(sum(values) / len(values))
