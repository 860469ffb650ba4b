"""Intervals from few observations, and what they can tell."""

from math import inf

import pytest

from mainstream.alerts.certainty import (
    is_thin,
    least_false_per_day,
    quiet_that_tells_s,
    share_interval,
    told_f1,
    what_helps,
)


@pytest.mark.parametrize(
    ("share", "observations", "low", "high"),
    [(1.0, 3, 0.438, 1.0), (0.0, 3, 0.0, 0.562), (0.5, 10, 0.237, 0.763), (0.5, 1000, 0.469, 0.531)],
)
def test_an_interval_of_a_share_is_wilsons(share: float, observations: int, low: float, high: float) -> None:
    # Wilson 1927, z = 1.96: by hand
    assert share_interval(share, observations) == pytest.approx((low, high), abs=1e-3)


def test_without_observations_nothing_is_known() -> None:
    assert share_interval(0.7, 0) == (0.0, 1.0)


def test_an_f1_is_told_with_its_interval_where_there_is_one() -> None:
    assert told_f1(0.871, (0.788, 0.934)) == "0.87 (0.79 to 0.93)"
    assert told_f1(0.871, None) == "0.87"


def test_fewer_than_eight_of_either_are_thin_and_more_of_the_fewer_would_help_most() -> None:
    assert is_thin(7, 100)
    assert is_thin(100, 7)
    assert not is_thin(8, 8)
    assert what_helps(3, 20) == "more labelled events would help most"
    assert what_helps(20, 3) == "more footage in which nothing happens would help most"


def test_quiet_footage_tells_no_fewer_false_alerts_than_one_in_all_of_it() -> None:
    assert least_false_per_day(20.0, 2.0) == pytest.approx(2160.0)  # 40 s
    assert least_false_per_day(0.0, 2.0) == inf
    assert quiet_that_tells_s(24.0) == pytest.approx(3600.0)
    assert quiet_that_tells_s(0.0) == inf


def test_what_would_do_can_tell_what_was_asked() -> None:
    assert least_false_per_day(quiet_that_tells_s(5.0) / 2.0, 2.0) == pytest.approx(5.0)
