"""Whether an app is predicted less than it once was though nobody changed it, or is measured below that. Pure."""

from mainstream.alerts.certainty import told_f1
from mainstream.api.alert_evidence import MeasuredApp
from mainstream.api.reasons import Reason
from mainstream.api.video_app import PlannedApp, VideoApp
from mainstream.counting import counted
from mainstream.decide.refusal import Refusal
from mainstream_operator.status.conditions import Stated, is_false, is_true

TOLD_FALL = 0.1
"""of predicted F1, beyond which the app's tenant is told"""
_CAUSE = "the spec is the same, so it is the other apps of the node, its budget, or the package"
_WAY_OUT = (
    "raise spec.objective.weight, set spec.objective.minimum, or ask for more budget; any change of the spec accepts it"
)


def best_predicted_f1(app: VideoApp, plan: PlannedApp | None, *, doubted: bool) -> float | None:
    """The most that was predicted under this spec, with what is planned now; what is doubted says nothing of others."""
    same = app.status.observed_generation == app.metadata.generation
    known = app.status.best_predicted_f1 if same else None
    if plan is None or doubted:
        return known
    return plan.predicted_f1 if known is None else max(known, plan.predicted_f1)


def quality_fall(plan: PlannedApp | None, best: float | None) -> Refusal | None:
    """What to say of a fall; None where there is none, or where it recovered."""
    if plan is None or best is None or best - plan.predicted_f1 <= TOLD_FALL:
        return None
    fall = f"Predicted F1 is {plan.predicted_f1:.2f} and was {best:.2f}"
    return Refusal(Reason.QUALITY_FELL, f"{fall}: {_CAUSE}; {_WAY_OUT}.")


def measured_app(app: VideoApp, measured: MeasuredApp | None) -> MeasuredApp | None:
    """What its status says: what was measured last, as long as it asks for a review and anything was labelled."""
    known = measured or app.status.measured
    return known if app.spec.review is not None and known is not None and known.labels else None


def below_prediction(plan: PlannedApp | None, measured: MeasuredApp | None) -> list[Stated]:
    """Whether the intervals part, once there are two."""
    if plan is None or measured is None:
        return []
    predicted, seen = plan.f1_interval, measured.f1_interval
    if predicted is None or seen is None:
        return []
    told = f"Measured F1 is {told_f1(seen[0], seen[1:])} from {counted(measured.labels, 'label')}"
    both = f"{told}, predicted {told_f1(predicted[0], predicted[1:])}"
    if seen[2] < predicted[1]:
        way_out = "train the package on what was labelled (`mainstream train --review`)"
        return [is_true("MeasuredBelowPredicted", Reason.INTERVALS_PART, f"{both}; {way_out}.")]
    return [is_false("MeasuredBelowPredicted", Reason.INTERVALS_MEET, f"{both}.")]
