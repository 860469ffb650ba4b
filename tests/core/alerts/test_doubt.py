"""What number of alerts a prediction allows, and what trust follows from others."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.alerts.doubt import (
    LEAST_ALERTS,
    LEAST_TRUST,
    believable,
    shape_of,
    trust_after_excess,
    trust_after_lack,
)

expectations = st.floats(0.001, 5000)
shapes = st.sampled_from((0.5, 1.5, 2.0))


@pytest.mark.parametrize("expected", [1.0, 10.0, 89.0, 1000.0])
def test_the_interval_of_shape_two_is_that_of_its_closed_form(expected: float) -> None:
    # shape 2: P(K <= k) = 1 - q^(k + 1) (1 + (k + 1)(1 - q)), q = m / (m + 2), the negative binomial in closed form
    q = expected / (expected + 2.0)

    def below(k: int) -> float:
        return 1.0 - q ** (k + 1) * (1.0 + (k + 1) * (1.0 - q))

    found = believable(expected, 2.0)
    assert below(found.most) >= 0.9995 > below(found.most - 1)
    assert below(found.least) >= 0.0005
    assert found.least == 0 or below(found.least - 1) < 0.0005


def test_an_app_of_whose_events_nothing_is_known_may_see_almost_anything() -> None:
    sure, unsure = believable(100.0, 2.0), believable(100.0, shape_of(0, declared=False))
    assert unsure.least == 0 < sure.least + 1
    assert unsure.most > 2 * sure.most / 2 + sure.most / 10
    assert shape_of(0, declared=True) == shape_of(50, declared=False) == 2.0


@given(expectations, shapes)
def test_what_was_predicted_is_always_believed(expected: float, shape: float) -> None:
    assert trust_after_excess(expected, expected, shape) == trust_after_lack(expected, expected, shape) == 1.0
    assert trust_after_excess(believable(expected, shape).most, expected, shape) == 1.0
    assert trust_after_lack(believable(expected, shape).least, expected, shape) == 1.0


@given(expectations, shapes, st.integers(0, 20000), st.integers(0, 20000))
def test_trust_falls_the_further_alerts_are_from_what_was_predicted(
    expected: float, shape: float, one: int, other: int
) -> None:
    fewer, more = sorted((one, other))
    if fewer >= LEAST_ALERTS:
        assert trust_after_excess(more, expected, shape) <= trust_after_excess(fewer, expected, shape)
    assert trust_after_lack(fewer, expected, shape) <= trust_after_lack(more, expected, shape)
    for trust in (trust_after_excess(more, expected, shape), trust_after_lack(fewer, expected, shape)):
        assert LEAST_TRUST <= trust <= 1.0


def test_a_flood_and_a_silence_cost_most_of_the_trust() -> None:
    assert trust_after_excess(1000, 10.0, 2.0) < 0.1
    assert trust_after_lack(0, 1000.0, 2.0) < 0.1
    assert trust_after_excess(LEAST_ALERTS - 1, 0.001, 2.0) == 1.0
    assert trust_after_lack(0, exp(4), 2.0) == 1.0
