"""A promise is judged alone, and as one estimate beside another."""

from dataclasses import replace

import numpy as np
import pytest

from mainstream.alerts.merging import merged_events
from mainstream.laws.chain import EventStatistics
from photos.held import Promise, moves_of_test

PROMISE = Promise(predicted=0.9, interval=(0.87, 0.93), measured=0.95, test_moves=(0.04, 0.02))


def test_what_lies_outside_may_agree_where_the_test_may_be_off_too() -> None:
    assert not PROMISE.held
    # .05 apart; .03 upwards of the one and .04 downwards of the other add up to .05.
    assert PROMISE.held_together
    assert not replace(PROMISE, measured=0.951).held_together
    assert replace(PROMISE, measured=0.93).held


def test_the_fewer_photos_a_test_has_the_less_a_perfect_interval_holds() -> None:
    sure = replace(PROMISE, test_moves=(0.0, 0.0))
    assert sure.held_if_perfect == pytest.approx(0.9, abs=1e-3)
    # The test moves as far as the interval is wide: 1.645 / sqrt(2) standard deviations on each side.
    alike = replace(PROMISE, test_moves=(0.03, 0.03))
    assert alike.held_if_perfect == pytest.approx(0.755, abs=0.005)


def test_a_test_of_more_photos_moves_less() -> None:
    events = merged_events(EventStatistics(length_s=2.0, frequency=0.1, correlation=0.3))
    few, many = (moves_of_test(0.9, 0.1, events, np.arange(n) < n / 10) for n in (500, 5000))
    assert 0.0 < many[0] < few[0] < 0.2
    assert 0.0 < many[1] < few[1] < 0.2
