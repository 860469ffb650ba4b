"""Waits between attempts."""

from hypothesis import given
from hypothesis import strategies as st

from mainstream.back_off import back_off_s


@given(st.integers(1, 100_000), st.sampled_from([0.5, 10.0, 30.0]))
def test_a_wait_is_never_longer_than_the_longest_and_a_fifth(failures: int, most_s: float) -> None:
    assert 0.4 <= back_off_s(failures, most_s) <= 1.2 * most_s


def test_the_first_wait_is_short_and_the_last_ones_are_long_and_differ() -> None:
    assert max(back_off_s(1) for _ in range(20)) <= 0.6
    last = {back_off_s(50) for _ in range(20)}
    assert min(last) >= 24.0
    assert len(last) > 1


def test_a_wait_doubles_from_the_first_one_on() -> None:
    for failures, expected_s in ((1, 5.0), (2, 10.0), (3, 20.0), (8, 300.0)):
        wait_s = back_off_s(failures, 300.0, first_s=5.0)
        assert 0.8 * expected_s <= wait_s <= 1.2 * expected_s
