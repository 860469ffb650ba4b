from dataclasses import replace
from datetime import timedelta

import pytest
from operator_objects import NOW, app_body, node_profile, observed

from mainstream.messages.status_report import StatusReport
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.decide.requeue import (
    IDLE_S,
    STARTED_WITHIN_S,
    STARTING_S,
    STEADY_S,
    ask_after_s,
    hours_change_after_s,
    requeue_after_s,
)
from mainstream_operator.observe.runner_client import pod_age_s
from mainstream_operator.watch.cluster_state import ClusterState


@pytest.mark.parametrize(
    ("age_s", "expected_s"), [(3.0, STARTING_S), (STARTED_WITHIN_S + 1, STEADY_S), (None, STEADY_S)]
)
def test_a_runner_that_says_nothing_is_asked_often_only_while_it_may_be_starting(
    age_s: float | None, expected_s: float
) -> None:
    assert ask_after_s(runner_expected=True, pod_age_s=age_s, report=None, plan=None, profiling=True) == expected_s


def test_a_runner_that_profiles_is_asked_often_and_where_none_is_wanted_hardly_ever() -> None:
    report = StatusReport(node="n1")
    assert ask_after_s(runner_expected=True, pod_age_s=900.0, report=report, plan=None, profiling=True) == STARTING_S
    assert ask_after_s(runner_expected=False, pod_age_s=None, report=None, plan=None, profiling=False) == IDLE_S


def test_a_pods_age_is_that_of_the_one_that_is_asked() -> None:
    created = (NOW - timedelta(seconds=40)).isoformat().replace("+00:00", "Z")
    pod = {"metadata": {"name": "runner", "creationTimestamp": created}, "status": {"phase": "Running"}}
    assert pod_age_s((pod,), NOW) == 40.0
    assert pod_age_s((), NOW) is None


def test_a_node_is_reconciled_when_hours_begin_or_end_and_the_plan_follows(cluster: ClusterState) -> None:
    office = {"timeZone": "UTC", "windows": [{"from": "03:00", "to": "03:04"}, {"from": "03:05", "to": "18:00"}]}
    cluster.note_resource("VideoApp", app_body("lamp", active=office), gone=False)
    # 55 s before the second window begins, and with it another plan.
    seen = observed(cluster)
    assert hours_change_after_s(seen.snapshot.apps, NOW) == 55.0
    report = StatusReport(node="n1", profile=node_profile("plaza/plaza"))
    planned = [
        decide(replace(seen, at=NOW + timedelta(seconds=after), report=report), KeptPlanning()).runner_plan
        for after in (54, 55)
    ]
    names = [[app.name for app in each.apps] for each in planned if each is not None]
    always = ["plaza/crossing", "plaza/lamp-post"]
    assert names == [always, [always[0], "plaza/lamp", always[1]]]
    almost = replace(seen, at=NOW + timedelta(seconds=53), report=report)
    assert requeue_after_s(almost, decide(almost, KeptPlanning()), None) <= 2.0
