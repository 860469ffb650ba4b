"""How soon a node is reconciled again when nothing happens. Pure."""

from collections.abc import Iterable
from datetime import datetime

from mainstream.api.reasons import Reason
from mainstream.decide.decide import NodeDecision
from mainstream.decide.inputs import AskingApp
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import StatusReport
from mainstream.workload.hours import opening_of_all
from mainstream_operator.observe.observation import Observation
from mainstream_operator.observe.runner_client import pod_age_s

ON_ITS_WAY_S = 0.2
"""while a plan is on its way"""
STARTING_S = 1.0
"""while a runner starts or profiles"""
STARTED_WITHIN_S = 120.0
"""of its pod's age; one that does not answer after that is asked as rarely as one that does"""
STEADY_S = 5.0
"""what a runner reports may be that old"""
IDLE_S = 60.0
"""where nothing runs: in case a watch missed something"""


def requeue_after_s(
    observation: Observation,
    decision: NodeDecision,
    refresh_s: float | None,
    *,
    refused: bool = False,
) -> float:
    """Seconds until the next reconcile; a status is worth a write after `refresh_s`, None: none is.

    `refused`: the API server did not let all be as it should, so that a plan may not be on its way at all.
    """
    snapshot = observation.snapshot
    asked_s = ask_after_s(
        runner_expected=snapshot.edge_node is not None and bool(snapshot.streams),
        pod_age_s=pod_age_s(snapshot.children.pods, observation.at),
        report=observation.report,
        plan=decision.runner_plan,
        profiling=any(refusal.reason is Reason.PROFILING for refusal in decision.waiting.values()),
    )
    if refused:
        asked_s = max(asked_s, STEADY_S)
    sooner = (refresh_s, hours_change_after_s(snapshot.apps, observation.at))
    return min([asked_s, *(each for each in sooner if each is not None)])


def hours_change_after_s(apps: Iterable[AskingApp], at: datetime) -> float | None:
    """Seconds until hours of one of the apps begin or end; None where none do."""
    changes = [opening_of_all(each.hours, at).until for each in apps if each.runs and each.hours]
    ahead = [(change - at).total_seconds() for change in changes if change is not None]
    return min(ahead, default=None)


def ask_after_s(
    *,
    runner_expected: bool,
    pod_age_s: float | None,
    report: StatusReport | None,
    plan: RunnerPlan | None,
    profiling: bool,
) -> float:
    """Seconds until the runner is asked again; `pod_age_s` is None where no pod of it runs: a watch would show one."""
    if not runner_expected:
        return IDLE_S
    if report is None:
        return STARTING_S if pod_age_s is not None and pod_age_s < STARTED_WITHIN_S else STEADY_S
    if profiling:
        return STARTING_S
    if plan is not None and report.served != plan.digest:
        given_up = report.plan_problem is not None and report.received == plan.digest
        return STEADY_S if given_up else ON_ITS_WAY_S
    return STEADY_S
