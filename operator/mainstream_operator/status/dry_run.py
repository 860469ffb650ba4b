"""What a dry run found: as the condition Planned, and as `status.dryRun`. Pure."""

from mainstream.api.video_app import DryRun, Loss, VideoApp
from mainstream.decide.asides.dry_run import DryRunOutcome, why_dry_run
from mainstream_operator.status.conditions import Stated, is_refused
from mainstream_operator.status.planned_app import planned_app

_MOST_LOSSES = 16


def dry_run_condition(outcome: DryRunOutcome) -> Stated:
    """A dry run is never planned; the condition says what would be."""
    return is_refused("Planned", why_dry_run(outcome))


def dry_run_status(app: VideoApp, outcome: DryRunOutcome) -> DryRun:
    """`status.dryRun`: of other tenants' losses it says how many and how much, and no names."""
    gets = None
    if outcome.ordered is not None and outcome.planned is not None:
        gets = planned_app(app, outcome.ordered, outcome.planned, outcome.shared_with)
    own = [loss for loss in outcome.losses if loss.namespace == app.metadata.namespace]
    return DryRun(
        admitted=gets is not None,
        would_get=gets,
        mean_f1_before=round(outcome.mean_before, 4),
        mean_f1_after=round(outcome.mean_after, 4),
        losing=len(outcome.losses),
        most_lost_f1=round(max((loss.lost for loss in outcome.losses), default=0.0), 4),
        losses=[
            Loss(
                name=loss.name,
                predicted_f1_before=round(loss.before, 4),
                predicted_f1_after=round(loss.after, 4),
            )
            for loss in own[:_MOST_LOSSES]
        ],
    )
