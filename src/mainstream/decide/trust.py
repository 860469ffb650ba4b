"""How far each app's predictions are trusted, from its status and what its runner counted. Pure.

A report counts only where it is about the plan that runs, as with the closed loop of costs.
"""

from collections.abc import Mapping
from dataclasses import replace

from mainstream.api.alert_evidence import AlertEvidence
from mainstream.decide.inputs import NodeInputs
from mainstream.decide.node_plan import NodePlan
from mainstream.workload.alert_evidence import CountedAlerts, expected_alerts, expecting, observed_alerts
from mainstream.workload.node_workload import PlacedApp


def seen_alerts(inputs: NodeInputs) -> dict[str, AlertEvidence]:
    """The evidence of every app that has some, up to now; by key."""
    counts = _counts(inputs)
    known = {each.key: each.app.status.evidence for each in inputs.apps}
    return {
        key: observed_alerts(evidence, counts[key]) if key in counts else evidence
        for key, evidence in known.items()
        if evidence is not None
    }


def trusted(placed: PlacedApp, seen: Mapping[str, AlertEvidence]) -> PlacedApp:
    """The app as it is planned; one that goes on as it runs promises nothing."""
    evidence = seen.get(placed.name)
    return placed if evidence is None or placed.kept is not None else replace(placed, trust=evidence.trust)


def evidence_after(seen: Mapping[str, AlertEvidence], inputs: NodeInputs, plan: NodePlan) -> dict[str, AlertEvidence]:
    """The evidence to keep, now that this is planned; by key."""
    counts, planned = _counts(inputs), plan.by_name
    placed = {each.name: each for each in plan.best.asking if each.kept is None}
    found: dict[str, AlertEvidence] = dict(seen)
    for name in planned.keys() & placed.keys():
        after = expecting(seen.get(name), counts.get(name), expected_alerts(placed[name], planned[name]))
        if after is not None:
            found[name] = after
    return found


def _counts(inputs: NodeInputs) -> dict[str, CountedAlerts]:
    report, running = inputs.report, inputs.running
    if report is None or running is None or report.served != running.digest:
        return {}
    runs = {app.name for app in running.apps}
    return {
        name: CountedAlerts(reported.delivery.alerts, reported.analysed)
        for name, reported in report.apps.items()
        if name in runs and not reported.lacks
    }
