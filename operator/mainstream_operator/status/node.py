"""Status of an EdgeNode: its profile, its plan beside the baselines, whether the runner serves it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mainstream.api.conditions import Condition
from mainstream.api.edge_node import EdgeNode, EdgeNodeStatus, ObservedNode, OutOfMemory, PlanSummary, StatedProfile
from mainstream.api.reasons import Reason
from mainstream.counting import counted
from mainstream.decide.asides.baselines import Baselines
from mainstream.decide.node_plan import NodePlan
from mainstream.decide.refusal import Refusal
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import StatusReport
from mainstream_operator.desired.common import NotApplied
from mainstream_operator.desired.guard import CORDONED, LEAVES_AFTER_S
from mainstream_operator.status.conditions import Stated, condition_of, is_false, is_true, is_unknown, settle
from mainstream_operator.status.culprits import who_is_unknown, who_runs_late
from mainstream_operator.status.lost_node import lost_node, wavers
from mainstream_operator.status.memory import memory_condition
from mainstream_operator.status.verified import verification
from mainstream_operator.watch.cluster_state import KubernetesNode


@dataclass(frozen=True)
class NodeFacts:
    """Everything that an EdgeNode's status follows from."""

    kubernetes_node: KubernetesNode | None
    """None: there is no such Node"""
    needed: bool
    """whether any stream is placed here, so that a runner is needed"""
    profile: NodeProfile | None
    slowdown: float
    plan: NodePlan | None
    ordered: RunnerPlan | None
    runner_available: bool
    """the Deployment says so"""
    report: StatusReport | None
    not_applied: tuple[NotApplied, ...] = ()
    waiting: Mapping[str, Refusal] = field(default_factory=dict)
    """apps that wait, by key"""
    baselines: Baselines = field(default_factory=Baselines)
    hold: bool = False
    """nothing new was planned"""
    out_of_memory: OutOfMemory | None = None


def node_status(node: EdgeNode, facts: NodeFacts, now: datetime) -> EdgeNodeStatus:
    """The whole status, as it should be now."""
    return EdgeNodeStatus(
        observed_generation=node.metadata.generation,
        conditions=settle(
            node.status.conditions,
            [
                _profiled(node, facts),
                _planned(facts),
                _settled_ready(node, facts, now),
                *memory_condition(facts.out_of_memory, now),
                *verification(node),
                *_cordoned(facts.kubernetes_node),
            ],
            node.metadata.generation,
            now,
        ),
        profile=_profile(node, facts, now),
        slowdown=None if facts.slowdown == 1 else facts.slowdown,
        plan=_plan(node, facts),
        out_of_memory=facts.out_of_memory,
        observed=_observed(node, facts.report, now),
    )


def _cordoned(node: KubernetesNode | None) -> list[Stated]:
    """Said while it is so: since when tells the time from which on a drain may evict the runner."""
    if node is None or not node.cordoned:
        return []
    when = f"{LEAVES_AFTER_S:g} s after that, when what else runs there has left"
    message = f"Node {node.name} takes no new pods. A drain may evict its runner {when}; `kubectl uncordon {node.name}`"
    return [is_true(CORDONED, Reason.NODE_CORDONED, f"{message} brings it back.")]


def _profiled(node: EdgeNode, facts: NodeFacts) -> Stated:
    if facts.profile is not None:
        reason = Reason.MEASURED if node.spec.profile is None else Reason.DECLARED
        return is_true("Profiled", reason, f"What a frame costs is known for {len(facts.profile.bases)} base networks.")
    if not facts.needed:
        return is_unknown("Profiled", Reason.NOT_NEEDED, "No stream is placed here.")
    if facts.report is not None and facts.report.profile_problem:
        problem = f"The runner cannot profile: {facts.report.profile_problem}"
        return is_false("Profiled", Reason.PROFILING_FAILED, problem)
    return is_false("Profiled", Reason.PROFILING, "The runner has not yet measured what a frame costs here.")


def _planned(facts: NodeFacts) -> Stated:
    unknown = who_is_unknown(facts.waiting, hold=facts.hold)
    if facts.ordered is None:
        return is_unknown("Planned", Reason.NOTHING_TO_PLAN, f"No app can be planned here. {unknown}".strip())
    shed = () if facts.plan is None else facts.plan.shed
    if shed:
        message = f"{_apps_are(len(shed))} not admitted: {', '.join(shed[:5])}; raise the budget or lower minimums."
        return is_false("Planned", Reason.NOT_ALL_FIT, f"{message} {unknown}".strip())
    return is_true("Planned", Reason.PLANNED, f"{_apps_are(len(facts.ordered.apps))} planned. {unknown}".strip())


def _apps_are(number: int) -> str:
    return f"{counted(number, 'app')} {'is' if number == 1 else 'are'}"


def _settled_ready(node: EdgeNode, facts: NodeFacts, now: datetime) -> Stated | Condition:
    """While a Node wavers and its runner is silent, what was said stays said: heartbeats that come late take a Node
    away for a second, its pods with it, and are no news.
    """
    before = condition_of(node.status.conditions, "Ready")
    if before is not None and wavers(facts.kubernetes_node, now) and facts.report is None and facts.needed:
        return before
    return _ready(facts, now)


def _ready(facts: NodeFacts, now: datetime) -> Stated:
    """From what runs, never from hope."""
    if facts.not_applied:
        first, more = facts.not_applied[0], len(facts.not_applied) - 1
        others = f", and {more} more objects" if more else ""
        problem = f"The API server refuses {first.what}{others} ({first.error}); what runs goes on."
        return is_false("Ready", Reason.APPLY_REFUSED, problem)
    if facts.kubernetes_node is None:
        return is_false("Ready", Reason.NODE_NOT_FOUND, "There is no Node of this name; delete the EdgeNode.")
    if not facts.needed:
        return is_true("Ready", Reason.IDLE, "No stream is placed here.")
    if facts.report is None:
        if facts.runner_available and facts.kubernetes_node.ready:
            return is_unknown("Ready", Reason.RUNNER_NOT_ANSWERING, "The runner does not answer; it is asked again.")
        lost = lost_node(facts.kubernetes_node, facts.report, now)
        if lost is not None:
            return is_unknown("Ready", lost.reason, lost.message)
        return is_false("Ready", Reason.RUNNER_STARTING, "The runner's pod is not available yet.")
    if facts.ordered is None:
        return is_true("Ready", Reason.NO_PLAN, "The runner answers and waits for a plan.")
    if facts.report.plan_problem and facts.report.received == facts.ordered.digest:
        problem = f"The runner cannot serve the plan: {facts.report.plan_problem}"
        return is_false("Ready", Reason.PLAN_NOT_SERVED, problem)
    late = who_runs_late(facts.report, facts.ordered)
    if facts.report.served != facts.ordered.digest:
        message = f"The runner does not serve the plan yet. {late}".strip()
        return is_false("Ready", Reason.PLAN_ON_ITS_WAY, message)
    return is_true("Ready", Reason.SERVING, f"The runner serves the plan. {late}".strip())


def _profile(node: EdgeNode, facts: NodeFacts, now: datetime) -> StatedProfile | None:
    known = node.status.profile
    if facts.profile is None:
        return known
    source = "measured" if node.spec.profile is None else "declared"
    if known is not None and known.profile == facts.profile and known.source == source:
        return known
    return StatedProfile(source=source, since=now, profile=facts.profile)


def _plan(node: EdgeNode, facts: NodeFacts) -> PlanSummary | None:
    ordered = facts.ordered
    if ordered is None:
        return None
    if facts.plan is None or facts.plan.plan is None or len(facts.plan.kept) == len(facts.plan.best.asking):
        # Left as it is, and so is what was said of it.
        return node.status.plan
    plan, baselines = facts.plan.plan, facts.baselines
    return PlanSummary(
        digest=ordered.digest,
        apps=len(ordered.apps),
        cost=round(plan.cost.total, 4),
        budget=round(plan.budget, 4),
        mean_f1=round(facts.plan.mean_f1, 4),
        gap=_rounded(plan.gap, 6),
        no_sharing_f1=_rounded(baselines.no_sharing),
        max_sharing_f1=_rounded(baselines.max_sharing),
        micro_only_f1=_rounded(baselines.micro_only),
    )


def _rounded(number: float | None, digits: int = 4) -> float | None:
    return None if number is None else round(number, digits)


def _observed(node: EdgeNode, report: StatusReport | None, now: datetime) -> ObservedNode | None:
    if report is None:
        return node.status.observed
    return ObservedNode(at=now, cpu=_rounded(report.cpu, 3), cost_ratio=_rounded(report.cost_ratio, 3))
