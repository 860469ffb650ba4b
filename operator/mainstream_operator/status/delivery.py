"""What is wrong with the delivery of an app's alerts. Pure."""

from mainstream.api.reasons import Reason
from mainstream.counting import counted
from mainstream.decide.refusal import Refusal
from mainstream.messages.status_report import DeliveryReport

LATE_S = 30.0
"""deliveries that wait longer are late, whatever the sink says"""
_AGES = ((86400.0, "a day"), (3600.0, "an hour"), (600.0, "10 min"), (120.0, "2 min"), (LATE_S, "30 s"))
"""coarse, so that a status is not written anew every second"""


def delivery_problem(report: DeliveryReport, lost_with_disk: str = "") -> Refusal | None:
    """What to say of it, lost alerts first; None where alerts arrive."""
    waiting = _waiting(report)
    if lost_with_disk:
        return Refusal(Reason.ALERTS_LOST, f"{lost_with_disk} {waiting}".strip())
    if report.lost_alerts_last_hour:
        number = report.lost_alerts_last_hour
        alerts = counted(number, "alert")
        lost = f"{alerts} of the last hour did not reach every sink; {report.loss or 'the runner does not say why'}"
        return Refusal(Reason.ALERTS_LOST, f"{lost}. {waiting}".strip())
    if not waiting:
        return None
    return Refusal(Reason.SINK_FAILING if report.problem else Reason.SINK_SLOW, waiting)


def _waiting(report: DeliveryReport) -> str:
    late = next((age for age_s, age in _AGES if (report.oldest_undelivered_s or 0.0) > age_s), None)
    if not report.problem and late is None:
        return ""
    deliveries = "1 delivery waits" if report.undelivered == 1 else f"{report.undelivered} deliveries wait"
    age = f", the oldest for over {late}" if late is not None else ""
    return f"{deliveries}{age}: {report.problem or 'the sink is slower than the alerts come'}."
