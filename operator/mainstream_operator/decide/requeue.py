"""How soon a node is looked at again when nothing happens. Pure."""

from mainstream.runner_plan import RunnerPlan
from mainstream.status_report import StatusReport

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
    *,
    runner_expected: bool,
    pod_age_s: float | None,
    report: StatusReport | None,
    ordered: RunnerPlan | None,
    profiling: bool,
) -> float:
    """Seconds until the next look; `pod_age_s` is None where no pod of the runner runs, which a watch would tell."""
    if not runner_expected:
        return IDLE_S
    if report is None:
        return STARTING_S if pod_age_s is not None and pod_age_s < STARTED_WITHIN_S else STEADY_S
    if profiling:
        return STARTING_S
    if ordered is not None and report.served != ordered.digest:
        given_up = report.plan_problem is not None and report.received == ordered.digest
        return STEADY_S if given_up else ON_ITS_WAY_S
    return STEADY_S
