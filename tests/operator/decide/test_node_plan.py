"""Admission, quotas, dry runs and the closed loop, as an app's condition tells them."""

from dataclasses import replace
from typing import Any

import pytest
from operator_objects import NOW, app_body, edge_node_body, node_profile, observed

from mainstream.api.reasons import Reason
from mainstream.decide.admission.quotas import Quota, Quotas, over_quota
from mainstream.decide.asides.asides import MOST_DRY_RUNS
from mainstream.decide.asides.dry_run import dry_run_outcome
from mainstream.decide.decide import NodeDecision
from mainstream.decide.refusal import Refusal
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import AppStatusReport, DeliveryReport, StatusReport
from mainstream_operator.decide.decide import answer, decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.metrics import samples
from mainstream_operator.status.app import AppFacts, app_status
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.snapshot import take_snapshot

FREE = {"candidate": 0, "rate": 0}


def put(cluster: ClusterState, name: str, created: int = 0, **spec: Any) -> None:
    body = app_body(name, **spec)
    body["metadata"]["creationTimestamp"] = f"2026-01-01T00:00:{created:02}Z"
    cluster.note_resource("VideoApp", body, gone=False)


def grant(cluster: ClusterState, budget: float, **spec: Any) -> None:
    profile = node_profile("plaza/plaza").model_dump()
    cluster.note_resource("EdgeNode", edge_node_body(budget=budget, profile=profile, **spec), gone=False)


def decided(cluster: ClusterState, before: RunnerPlan | None = None, **report: Any) -> NodeDecision:
    observation = observed(cluster, running=before)
    if before is not None:
        reported = StatusReport(node="n1", served=before.digest, received=before.digest, **report)
        observation = replace(observation, report=reported)
    planning = KeptPlanning()
    return answer(decide(observation, planning), planning).decision


def running(decision: NodeDecision) -> list[str]:
    return [] if decision.runner_plan is None else [app.name for app in decision.runner_plan.apps]


def shrunk(cluster: ClusterState, budget: float, factor: float) -> NodeDecision:
    """The node as it is when not everybody fits any more."""
    grant(cluster, budget)
    while len(running(decision := decided(cluster))) == 2:
        budget *= factor
        grant(cluster, budget)
    return decision


def test_a_newcomer_that_would_push_others_below_their_minimum_is_not_admitted(cluster: ClusterState) -> None:
    put(cluster, "crossing", 1, objective={"minimum": 0.405})
    put(cluster, "lamp-post", 2)
    decision = shrunk(cluster, 0.05, 0.998)
    assert running(decision) == ["plaza/crossing"]
    refusal = decision.waiting["plaza/lamp-post"]
    assert refusal.reason == "OthersBelowMinimum"
    assert "would fall 0." in refusal.message
    assert "below its minimum F1 of alerts." in refusal.message
    assert decision.plan is not None
    assert decision.plan.shed == ("plaza/lamp-post",)
    assert decision.plan.mean_f1 < decision.plan.plan.mean_f1  # type: ignore[union-attr]


def test_weight_goes_before_age_and_history_counts_for_nothing(cluster: ClusterState) -> None:
    put(cluster, "crossing", 1)
    put(cluster, "lamp-post", 2, objective={"weight": 2})
    before = decided(cluster).runner_plan
    shrunk(cluster, 0.033, 0.998)
    assert running(decided(cluster)) == running(decided(cluster, before)) == ["plaza/lamp-post"]


def test_more_apps_than_a_namespace_may_have_wait_the_youngest_first(cluster: ClusterState) -> None:
    put(cluster, "crossing", 1)
    put(cluster, "lamp-post", 2)
    quotas = Quotas(namespaces={"plaza": Quota(apps=1)})
    observation = replace(observed(cluster), snapshot=take_snapshot(cluster, "n1", quotas))
    assert running(decide(observation, KeptPlanning())) == ["plaza/crossing"]
    assert over_quota(cluster.apps.values(), quotas)["plaza/lamp-post"].reason == "QuotaExceeded"
    put(cluster, "crossing", 1, suspend=True)
    assert not over_quota(cluster.apps.values(), quotas)


def test_as_many_apps_as_run_may_be_suspended_and_as_many_tried(cluster: ClusterState) -> None:
    for number, name in enumerate(("crossing", "lamp-post", "bench", "road-right")):
        put(cluster, name, number + 1, **({"suspend": True} if number < 2 else {"dryRun": True}))
    beyond = over_quota(cluster.apps.values(), Quotas(default=Quota(apps=1)))
    assert {key: each.message.partition(",")[0] for key, each in beyond.items()} == {
        "plaza/lamp-post": "Namespace plaza may have 1 suspended apps",
        "plaza/road-right": "Namespace plaza may have 1 dry runs",
    }


def test_one_app_more_beyond_a_quota_is_told_and_what_the_others_are_told_stays(cluster: ClusterState) -> None:
    for number, name in enumerate(("crossing", "lamp-post", "bench")):
        put(cluster, name, number + 1)
    quotas = Quotas(namespaces={"plaza": Quota(apps=1)})
    before = over_quota(cluster.apps.values(), quotas)
    put(cluster, "path-left", 4)
    after = over_quota(cluster.apps.values(), quotas)
    assert after.keys() - before.keys() == {"plaza/path-left"}
    assert {key: after[key] for key in before} == before


def test_a_namespace_costs_no_more_than_its_share(cluster: ClusterState) -> None:
    grant(cluster, 0.3)
    free = decided(cluster)
    quotas = Quotas(default=Quota(budget_share=0.1))
    limited = decide(replace(observed(cluster), snapshot=take_snapshot(cluster, "n1", quotas)), KeptPlanning())
    assert free.runner_plan is not None
    assert limited.runner_plan is not None
    assert limited.runner_plan.cost < free.runner_plan.cost
    tiny = Quotas(default=Quota(budget_share=0.001))
    refused = decide(replace(observed(cluster), snapshot=take_snapshot(cluster, "n1", tiny)), KeptPlanning())
    assert {each.reason for each in refused.waiting.values()} == {"QuotaExceeded"}


def test_a_minimum_counts_within_the_share_of_its_namespace_unless_that_is_granted_more(cluster: ClusterState) -> None:
    put(cluster, "crossing", 1, objective={"weight": 10, "minimum": 0.3})
    grant(cluster, 0.3)

    def decided_under(**quotas: Quota) -> NodeDecision:
        snapshot = take_snapshot(cluster, "n1", Quotas(default=Quota(budget_share=0.02), namespaces=quotas))
        return decide(replace(observed(cluster), snapshot=snapshot), KeptPlanning())

    assert "plaza/crossing" in running(decided(cluster))
    assert decided_under().waiting["plaza/crossing"].reason == "QuotaExceeded"
    assert "plaza/crossing" in running(decided_under(plaza=Quota(budget_share=0.9)))


def test_a_weight_counts_for_no_more_than_its_namespace_may_give_and_the_app_is_told(cluster: ClusterState) -> None:
    put(cluster, "crossing", 1)
    put(cluster, "lamp-post", 2, objective={"weight": 1000})
    grant(cluster, 0.065)
    plans = {}
    for most in (1.0, 10.0, 1000.0):
        snapshot = take_snapshot(cluster, "n1", Quotas(default=Quota(max_weight=most)))
        plans[most] = decide(replace(observed(cluster), snapshot=snapshot), KeptPlanning()).runner_plan
        asking = snapshot.apps[1]
        status = app_status(
            asking.app, AppFacts("n1", None, None, None, None, 0, None, weight_note=asking.weight_note), NOW
        )
        accepted = next(each for each in status.conditions if each.type == "Accepted")
        assert ("counts as" in accepted.message) == (most < 1000)
        assert (accepted.status, accepted.reason) == ("True", "Valid")
    put(cluster, "lamp-post", 2, objective={"weight": 10})
    assert decided(cluster).runner_plan == plans[10.0]
    put(cluster, "lamp-post", 2, objective={"weight": 1})
    assert decided(cluster).runner_plan == plans[1.0]


def test_a_dry_run_tells_what_it_would_get_and_who_would_lose_and_runs_nothing(cluster: ClusterState) -> None:
    put(cluster, "crossing", 1, dryRun=True)
    stranger = app_body("secret", stream={"name": "plaza", "namespace": "plaza"})
    stranger["metadata"]["namespace"] = "harbour"
    cluster.note_resource("VideoApp", stranger, gone=False)
    cluster.streams["plaza/plaza"] = cluster.streams["plaza/plaza"].model_copy(
        update={"spec": cluster.streams["plaza/plaza"].spec.model_copy(update={"allowed_namespaces": ["*"]})}
    )
    grant(cluster, 0.065)
    decision = decided(cluster)
    assert running(decision) == ["harbour/secret", "plaza/lamp-post"]
    found = dry_run_outcome("plaza/crossing", decision.forecasts["plaza/crossing"])
    assert found.planned is not None
    assert {loss.namespace for loss in found.losses} >= {"harbour"}
    app = cluster.apps["plaza/crossing"]
    status = app_status(app, AppFacts("n1", None, None, None, None, 0, None, dry_run=found), NOW)
    assert status.plan is None
    assert status.dry_run is not None
    assert status.dry_run.admitted
    assert status.dry_run.losing == len(found.losses)
    assert {loss.name for loss in status.dry_run.losses} <= {"lamp-post"}
    assert "secret" not in status.model_dump_json()
    assert next(each.reason for each in status.conditions if each.type == "Planned") == "DryRun"


def test_a_node_answers_a_bounded_number_of_dry_runs_and_the_others_wait(cluster: ClusterState) -> None:
    for number in range(MOST_DRY_RUNS + 2):
        put(cluster, f"try-{number}", 10 + number, dryRun=True)
    decision = decided(cluster)
    assert sorted(decision.forecasts) == [f"plaza/try-{number}" for number in range(MOST_DRY_RUNS)]
    late = [decision.waiting[f"plaza/try-{MOST_DRY_RUNS + number}"].reason for number in range(2)]
    assert late == ["TooManyDryRuns"] * 2


def test_a_dry_run_that_would_not_be_admitted_says_why(cluster: ClusterState) -> None:
    put(cluster, "crossing", 9, dryRun=True)
    grant(cluster, 0.033)
    while decided(cluster).forecasts["plaza/crossing"].after.shed == ():
        grant(cluster, cluster.edge_nodes["n1"].spec.budget * 0.998)
    found = dry_run_outcome("plaza/crossing", decided(cluster).forecasts["plaza/crossing"])
    assert found.planned is None
    assert found.refusal is not None
    assert found.mean_after <= found.mean_before


@pytest.mark.parametrize(("ratio", "expected"), [(1.05, 1.0), (0.95, 1.0), (2.0, 1.905), (0.6, 0.632), (100.0, 10.0)])
def test_observed_costs_beyond_the_dead_band_are_planned_with(
    cluster: ClusterState, ratio: float, expected: float
) -> None:
    before = decided(cluster).runner_plan
    decision = decided(cluster, before, cost_ratio=ratio, cpu=0.3)
    assert decision.slowdown == expected
    assert decision.runner_plan is not None
    assert decision.runner_plan.cost <= decision.runner_plan.budget


def test_a_ratio_of_another_plan_or_of_next_to_no_load_says_nothing(cluster: ClusterState) -> None:
    before = decided(cluster).runner_plan
    assert before is not None
    assert decided(cluster, before.model_copy(update={"cost": 0.0}), cost_ratio=3.0, cpu=0.3).slowdown == 2.857
    other = replace(
        observed(cluster, running=before), report=StatusReport(node="n1", served="a" * 64, cost_ratio=3.0, cpu=0.3)
    )
    assert decide(other, KeptPlanning()).slowdown == 1.0
    assert decided(cluster, before, cost_ratio=3.0, cpu=0.001).slowdown == 1.0


def test_a_gain_below_what_switching_costs_is_not_rolled_out(cluster: ClusterState) -> None:
    grant(cluster, 0.1, switchingCosts={"candidate": 1, "rate": 1})
    before = decided(cluster).runner_plan
    grant(cluster, 0.3, switchingCosts={"candidate": 1, "rate": 1})
    kept = decided(cluster, before).runner_plan
    assert before is not None
    assert kept is not None
    assert [(app.candidate, app.fps) for app in kept.apps] == [(app.candidate, app.fps) for app in before.apps]
    grant(cluster, 0.3, switchingCosts=FREE)
    moved = decided(cluster, before).runner_plan
    assert moved is not None
    assert moved.cost > kept.cost


def test_an_app_whose_weights_cannot_be_loaded_is_not_ready_and_lost_alerts_degrade(cluster: ClusterState) -> None:
    decision = decided(cluster)
    assert decision.plan is not None
    assert decision.plan.plan is not None
    assert decision.runner_plan is not None
    delivery = DeliveryReport(lost=8, lost_alerts=4, lost_alerts_last_hour=4, undelivered=2, alerts_last_hour=7)
    reported = AppStatusReport(analysed=3, fps=10, problem="the head does not fit", delivery=delivery)
    report = StatusReport(node="n1", apps={"plaza/crossing": reported})
    facts = AppFacts("n1", None, None, decision.plan.plan.apps[0], decision.runner_plan.apps[0], 1, report)
    status = app_status(cluster.apps["plaza/crossing"], facts, NOW)
    reasons = {each.type: each.reason for each in status.conditions}
    assert reasons["Ready"] == "CannotRun"
    assert reasons["Degraded"] == "AlertsLost"
    assert status.observed is not None
    assert (status.observed.events_last_hour, status.observed.lost_events) == (7, 4)
    keyless = replace(facts, sink_refusal=Refusal(Reason.SECRET_MISSING, "There is no Secret."))
    again = app_status(cluster.apps["plaza/crossing"], keyless, NOW)
    assert {each.type: each.reason for each in again.conditions}["Degraded"] == "SecretMissing"


def test_metrics_tell_predicted_and_observed_of_what_runs(cluster: ClusterState) -> None:
    decision = decided(cluster)
    found = samples(observed(cluster), decision)
    for gauge in ("app_predicted_f1", "app_predicted_false_alerts_per_day"):
        assert {labels["app"] for labels, _ in found[gauge]} == {"crossing", "lamp-post"}
    assert found["node_answers"] == [({"node": "n1"}, 0.0)]
