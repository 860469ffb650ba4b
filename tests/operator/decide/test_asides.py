"""What is asked beside a node's plan keeps neither the plan nor another namespace waiting."""

from operator_objects import app_body, observed

from mainstream.api.reasons import Reason
from mainstream.decide.asides.asides import MOST_DRY_RUNS
from mainstream.decide.asides.baselines import Baselines
from mainstream_operator.decide.decide import answer, decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.status.statuses import object_statuses
from mainstream_operator.watch.cluster_state import ClusterState


def put(cluster: ClusterState, name: str, namespace: str = "plaza", **spec: object) -> None:
    body = app_body(name, stream={"name": "plaza", "namespace": "plaza"}, **spec)
    body["metadata"]["namespace"] = namespace
    cluster.note_resource("VideoApp", body, gone=False)


def open_to_all(cluster: ClusterState) -> None:
    stream = cluster.streams["plaza/plaza"]
    spec = stream.spec.model_copy(update={"allowed_namespaces": ["*"]})
    cluster.streams["plaza/plaza"] = stream.model_copy(update={"spec": spec})


def test_a_plan_is_decided_before_anything_beside_it_is_asked(cluster: ClusterState) -> None:
    put(cluster, "tried", dryRun=True)
    decision = decide(observed(cluster), KeptPlanning())
    assert decision.runner_plan is not None
    assert not decision.forecasts
    assert decision.baselines == Baselines()


def test_where_there_is_no_time_one_more_is_answered_each_time_and_the_others_are_told_that_they_wait(
    cluster: ClusterState,
) -> None:
    for number in range(3):
        put(cluster, f"try-{number}", dryRun=True)
    observation, planning = observed(cluster), KeptPlanning()
    asked: list[int] = []

    def after(count: int) -> bool:
        asked.append(count)
        return len(asked) >= count

    for known in (1, 2, 3):
        asked.clear()
        answered = answer(decide(observation, planning), planning, lambda known=known: after(known))
        assert len(answered.decision.forecasts) == known
        assert not answered.finished
        waiting = [name for name, why in answered.decision.waiting.items() if why.reason is Reason.PREDICTING]
        assert len(waiting) == 3 - known
        statuses = object_statuses(observation, answered.decision)
        told = {each.metadata.name: {c.type: c.reason for c in each.after.conditions} for each in statuses}
        assert [told[name.partition("/")[2]]["Planned"] for name in waiting] == ["Predicting"] * len(waiting)
    whole = answer(decide(observation, planning), planning)
    assert whole.finished
    assert whole.decision.baselines.no_sharing is not None


def test_a_namespace_with_many_dry_runs_leaves_the_first_of_another_its_turn(cluster: ClusterState) -> None:
    open_to_all(cluster)
    for number in range(MOST_DRY_RUNS + 4):
        put(cluster, f"try-{number:02}", "evil", dryRun=True, objective={"weight": 10})
    put(cluster, "mine", dryRun=True)
    planning = KeptPlanning()
    answered = answer(decide(observed(cluster), planning), planning).decision
    assert len(answered.forecasts) == MOST_DRY_RUNS
    assert "plaza/mine" in answered.forecasts


def test_where_there_is_no_time_baselines_wait_though_nobody_tries_anything(cluster: ClusterState) -> None:
    observation, planning = observed(cluster), KeptPlanning()
    answered = answer(decide(observation, planning), planning, lambda: True)
    assert not answered.finished
    assert answered.decision.baselines == Baselines()
