"""Plans a workload under a policy and plays the plan: one result, as plain data. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from intervals import f1_interval
from mainstream.alerts.measured import AlertScore
from mainstream.planner import Plan, Policy, Problem, solve
from photo_scores import Scores
from play import play_plan
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

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the measured F1."""
        return f1_interval(self.events, self.events_found, self.quiet_stretches, self.alerts_false)


def measure(workload: Workload, policy: Policy, scores: Scores, problem: Problem | None = None) -> dict[str, Any]:
    """Plan (another `problem` than the workload's own where given), play, and count."""
    plan = solve(workload.problem if problem is None else problem, policy=policy, gap=GAP)
    counts = play_plan(plan.apps, scores, workload.stream, workload.event_classes, workload.gaps_s)
    return result_of(plan, counts, workload.gaps_s)


def result_of(plan: Plan, counts: Mapping[str, AlertScore], gaps_s: Mapping[str, float]) -> dict[str, Any]:
    """A plan and what it came to, as plain data."""
    apps = [
        asdict(
            AppResult(
                app=each.name,
                branch_point=each.branch_point,
                fps=each.fps or 0.0,
                threshold=each.threshold,
                votes=each.votes,
                f1_predicted=each.f1,
                recall_predicted=each.recall,
                precision_predicted=each.precision,
                false_per_hour_predicted=each.false_alerts_per_hour,
                f1=counts[each.name].f1,
                recall=counts[each.name].recall,
                precision=counts[each.name].precision,
                events=counts[each.name].events,
                events_found=len(counts[each.name].found),
                quiet_stretches=quiet_stretches(counts[each.name], gaps_s[each.name]),
                alerts_false=len(counts[each.name].false),
                alerts_repeated=len(counts[each.name].repeated),
                merge_gap_s=gaps_s[each.name],
            )
        )
        for each in plan.apps
    ]
    return {
        "policy": plan.policy,
        "status": plan.status,
        "cost": plan.cost.total,
        "budget": plan.budget,
        "gap": plan.gap,
        "shed": list(plan.shed),
        "apps": apps,
    }


def quiet_stretches(score: AlertScore, merge_gap_s: float) -> int:
    """In how many stretches of one merge gap a false alert could have opened."""
    return max(len(score.false), int(score.quiet_s / merge_gap_s))


def mean_of(result: Mapping[str, Any], what: str) -> float:
    """Mean over the apps of one result; one that did not fit counts as 0."""
    values = [app[what] or 0.0 for app in result["apps"]]
    return float(sum(values) / len(values))
