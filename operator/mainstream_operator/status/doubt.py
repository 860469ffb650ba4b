"""What to say of an app whose alerts are not those that were predicted. Pure; for its own tenant's eyes alone."""

from mainstream.alerts.doubt import believable, trust_after_excess
from mainstream.api.alert_evidence import AlertEvidence
from mainstream.api.reasons import Reason
from mainstream.decide.refusal import Refusal

_CONSEQUENCE = "it is planned with {trust:.2g} of its predicted F1 and without its minimum until alerts agree again"
_WAY_OUT = "train the package on labelled video of this camera, or correct the statistics that spec.event declares"


def doubt(evidence: AlertEvidence | None) -> Refusal | None:
    """The doubt in words; None where predictions are believed."""
    if evidence is None or evidence.trust == 1.0:
        return None
    day, days, shape = evidence.last_day, evidence.last_days, evidence.expected.shape
    if trust_after_excess(day.alerts, day.expected, shape) < 1.0:
        most = believable(day.expected, shape).most
        seen = f"{day.alerts:.0f} alerts came in {_hours(day.seconds)}, where at most {most} follow from the prediction"
    else:
        least = believable(days.expected, shape).least
        seen = f"{days.alerts:.0f} alerts came in {_hours(days.seconds)}, where at least {least} follow from it"
        seen = f"events are predicted that are not seen: {seen}"
    text = f"{seen}; {_CONSEQUENCE.format(trust=evidence.trust)}. To end that, {_WAY_OUT}."
    return Refusal(Reason.PREDICTION_DOUBTED, text[:1].upper() + text[1:])


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.2g} h" if seconds < 36000 else f"{seconds / 3600:.0f} h"
