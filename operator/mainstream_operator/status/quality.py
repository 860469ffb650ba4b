"""Whether an app is predicted much less than it once was, though nobody changed it. Pure."""

from mainstream.api.reasons import Reason
from mainstream.api.video_app import PlannedApp, VideoApp
from mainstream.decide.refusal import Refusal

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
