"""What an app's status says of its alerts' delivery."""

import pytest

from mainstream.api.reasons import Reason
from mainstream.messages.status_report import DeliveryReport
from mainstream_operator.status.delivery import delivery_problem

REFUSED = "6 deliveries are lost so far: 6 refused (the webhook answered 400; see its log)"


def test_deliveries_that_wait_for_a_moment_are_no_problem() -> None:
    assert delivery_problem(DeliveryReport(alerts=3, undelivered=2, oldest_undelivered_s=29.0)) is None


def test_a_sink_that_is_slower_than_the_alerts_come_is_told_with_what_waits() -> None:
    found = delivery_problem(DeliveryReport(undelivered=17, oldest_undelivered_s=45.0))
    assert found is not None
    assert found.reason == Reason.SINK_SLOW
    assert found.message == "17 deliveries wait, the oldest for over 30 s: the sink is slower than the alerts come."


def test_a_sink_that_fails_is_told_at_once_with_what_it_says() -> None:
    found = delivery_problem(
        DeliveryReport(undelivered=1, oldest_undelivered_s=2.0, problem="the webhook answered 503")
    )
    assert found is not None
    assert found.reason == Reason.SINK_FAILING
    assert found.message == "1 delivery waits: the webhook answered 503."


def test_a_refused_alert_is_told_as_refused_in_alerts_and_in_deliveries() -> None:
    found = delivery_problem(DeliveryReport(lost=6, lost_alerts=9, lost_alerts_last_hour=3, loss=REFUSED))
    assert found is not None
    assert found.reason == Reason.ALERTS_LOST
    assert found.message == f"3 alerts of the last hour did not reach every sink; {REFUSED}."
    assert "disk" not in found.message


def test_losses_of_long_ago_settle() -> None:
    assert delivery_problem(DeliveryReport(lost=6, lost_alerts=3, loss=REFUSED)) is None


@pytest.mark.parametrize(("first_s", "then_s", "same"), [(31.0, 119.0, True), (119.0, 121.0, False)])
def test_the_age_is_coarse_so_that_a_status_is_not_written_every_second(
    first_s: float, then_s: float, same: bool
) -> None:
    first, then = (delivery_problem(DeliveryReport(undelivered=1, oldest_undelivered_s=s)) for s in (first_s, then_s))
    assert (first == then) is same
