from datetime import UTC, datetime, timedelta

import pytest

from mainstream.messages.status_report import StatusReport
from mainstream_operator.decide.requeue import IDLE_S, STARTED_WITHIN_S, STARTING_S, STEADY_S, ask_after_s
from mainstream_operator.observe.runner_client import pod_age_s

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


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
