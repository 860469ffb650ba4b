"""Predictions held against what the runner sees of alerts. Pure; the state travels in the app's status.

Time is counted in analysed frames over the planned rate: a camera that is away, an app that is suspended and a runner
that is late add none. Too many alerts are told from a day of that time. Too few are told only from three whole days:
nights and free days pass without events and say nothing. Both tallies hold about the last of that time (what is older
fades), so doubts go as observations agree again. Predicted false alerts count among the most that may come, never
among what has to: an app that is quieter than it feared keeps its promise.
"""

from dataclasses import dataclass

from mainstream.alerts.doubt import rates_promised, shape_of, trust_after_excess, trust_after_lack
from mainstream.alerts.merging import merged_events
from mainstream.api.alert_evidence import AlertEvidence, AlertTally, ExpectedAlerts
from mainstream.mpackage.event_statistics import observations
from mainstream.planner import AppPlan
from mainstream.times import DAY_S, HOUR_S
from mainstream.workload.node_workload import PlacedApp

DAYS_S = 3 * DAY_S
_SOON_S = 600.0
"""of observed time before which no number of alerts is too many"""
_STEP_S = HOUR_S
"""of observed time after which a status is worth a write though trust has not moved"""
_DEAD_BAND = 0.1
"""relative; trust that moves by less stays, unless no doubt is left"""


@dataclass(frozen=True)
class CountedAlerts:
    """What a runner counted of an app since it first ran it."""

    alerts: int
    analysed: int


def expected_alerts(placed: PlacedApp, planned: AppPlan) -> ExpectedAlerts | None:
    """What the plan predicts for an app, its trust taken out again; None where it does not fit."""
    if planned.fps is None or planned.candidate is None:
        return None
    events = merged_events(placed.event_statistics)
    declared = placed.app.spec.event.frequency is not None or events.count == 0
    recall = min(1.0, planned.recall / placed.trust)
    evaluation = placed.package.candidate(planned.candidate).evaluation
    held_out = observations(evaluation, placed.package.event_statistics.gap_s)
    promised = rates_promised(recall, planned.false_alerts_per_hour, events, *held_out)
    return ExpectedAlerts(
        frames_per_second=planned.fps,
        found_per_hour=_rounded(promised.least),
        most_per_hour=_rounded(promised.most),
        shape=shape_of(events.count, declared=declared),
    )


def observed_alerts(before: AlertEvidence, counts: CountedAlerts) -> AlertEvidence:
    """The evidence after what the runner counted; the same as before while nothing is worth noting."""
    if counts.alerts < before.alerts or counts.analysed < before.analysed:
        # The runner began to count anew.
        return _counted_from(before, counts)
    after = _tallied(before, counts)
    long_enough = _observed_s(before, counts) >= _STEP_S
    return after if long_enough or after.trust != before.trust else before


def expecting(
    before: AlertEvidence | None, counts: CountedAlerts | None, expected: ExpectedAlerts | None
) -> AlertEvidence | None:
    """The evidence to go on from under what a plan predicts now; None while nothing was ever seen of the app."""
    if expected is None or counts is None:
        return before
    if before is None:
        return AlertEvidence(expected=expected, alerts=counts.alerts, analysed=counts.analysed)
    if before.expected == expected:
        return before
    again = counts.alerts < before.alerts or counts.analysed < before.analysed
    tallied = _counted_from(before, counts) if again else _tallied(before, counts)
    return tallied.model_copy(update={"expected": expected})


def _counted_from(before: AlertEvidence, counts: CountedAlerts) -> AlertEvidence:
    return before.model_copy(update={"alerts": counts.alerts, "analysed": counts.analysed})


def _observed_s(before: AlertEvidence, counts: CountedAlerts) -> float:
    return (counts.analysed - before.analysed) / before.expected.frames_per_second


def _tallied(before: AlertEvidence, counts: CountedAlerts) -> AlertEvidence:
    expected, seconds = before.expected, _observed_s(before, counts)
    alerts, hours = counts.alerts - before.alerts, seconds / HOUR_S
    last_day = _added(before.last_day, seconds, alerts, expected.most_per_hour * hours, DAY_S)
    last_days = _added(before.last_days, seconds, alerts, expected.found_per_hour * hours, DAYS_S)
    found = 1.0
    if last_day.seconds >= _SOON_S:
        found = trust_after_excess(last_day.alerts, last_day.expected, expected.shape)
    if last_days.seconds >= DAYS_S - 1.0:
        found = min(found, trust_after_lack(last_days.alerts, last_days.expected, expected.shape))
    return AlertEvidence(
        trust=_settled(before.trust, found),
        expected=expected,
        alerts=counts.alerts,
        analysed=counts.analysed,
        last_day=last_day,
        last_days=last_days,
    )


def _added(tally: AlertTally, seconds: float, alerts: float, expected: float, most_s: float) -> AlertTally:
    """The tally with more, of which at most `most_s` is kept: what was there fades for it."""
    room_s = max(0.0, most_s - seconds)
    kept = min(1.0, room_s / tally.seconds) if tally.seconds > 0.0 else 0.0
    part = min(1.0, most_s / seconds) if seconds > 0.0 else 1.0
    return AlertTally(
        seconds=round(kept * tally.seconds + part * seconds, 1),
        alerts=round(kept * tally.alerts + part * alerts, 2),
        expected=round(kept * tally.expected + part * expected, 2),
    )


def _settled(before: float, found: float) -> float:
    """Trust after a small move is as before, so that noise makes no new plan."""
    if found == 1.0 or abs(found - before) > _DEAD_BAND * before:
        return round(found, 3)
    return before


def _rounded(number: float) -> float:
    return float(f"{number:.4g}")
