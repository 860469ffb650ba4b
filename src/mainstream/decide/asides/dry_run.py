"""What a dry run found, in figures and in words. Pure."""

from dataclasses import dataclass

from mainstream.alerts.certainty import told_f1
from mainstream.api.reasons import Reason
from mainstream.decide.node_plan import Forecast, NodePlan
from mainstream.decide.refusal import Refusal
from mainstream.messages.runner_plan import RunnerApp
from mainstream.planner import AppPlan
from mainstream.workload.shared_with import shared_counts

_NOTICEABLE_F1 = 0.0005
"""less is rounding, and nobody's loss"""


@dataclass(frozen=True)
class AppLoss:
    """Predicted F1 of another app, before and after."""

    namespace: str
    name: str
    before: float
    after: float

    @property
    def lost(self) -> float:
        """How much."""
        return self.before - self.after


@dataclass(frozen=True)
class DryRunOutcome:
    """What would be if the app were run; `planned` and `ordered` are None where it would not."""

    planned: AppPlan | None
    ordered: RunnerApp | None
    shared_with: int
    refusal: Refusal | None
    mean_before: float
    mean_after: float
    losses: tuple[AppLoss, ...]
    """the greatest first"""


def dry_run_outcome(app: str, forecast: Forecast) -> DryRunOutcome:
    """What the app would get, and what that would take from whom."""
    after = forecast.after
    planned = after.by_name.get(app)
    ordered = after.runner_plan
    got = None if ordered is None else next((each for each in ordered.apps if each.name == app), None)
    before_f1, after_f1 = _f1(forecast.before), _f1(after)
    losses = [
        AppLoss(name.rpartition("/")[0], name.rpartition("/")[2], f1, after_f1.get(name, 0.0))
        for name, f1 in before_f1.items()
        if f1 - after_f1.get(name, 0.0) > _NOTICEABLE_F1
    ]
    return DryRunOutcome(
        planned=planned if planned is not None and planned.fits else None,
        ordered=got,
        shared_with=shared_counts(ordered)[app] if ordered is not None and got is not None else 0,
        refusal=after.best.refused.get(app) or after.best.turned_away.get(app),
        mean_before=forecast.before.mean_f1,
        mean_after=after.mean_f1,
        losses=tuple(sorted(losses, key=lambda loss: -loss.lost)),
    )


def why_dry_run(outcome: DryRunOutcome) -> Refusal:
    """Why a dry run is not planned, which it never is: what would be."""
    if outcome.ordered is None or outcome.planned is None:
        why = outcome.refusal.message if outcome.refusal is not None else "it would not fit."
        return Refusal(Reason.DRY_RUN_NOT_ADMITTED, f"It would not run: {why}")
    got = f"It would get candidate {outcome.ordered.candidate} at {outcome.ordered.fps:g} frames per second"
    means = f"the node's mean F1 would go from {outcome.mean_before:.3f} to {outcome.mean_after:.3f}"
    return Refusal(
        Reason.DRY_RUN, f"{got}, predicted F1 {told_f1(outcome.planned.f1, outcome.planned.f1_interval)}; {means}."
    )


def _f1(plan: NodePlan) -> dict[str, float]:
    return {name: app.f1 for name, app in plan.by_name.items() if app.fits}
