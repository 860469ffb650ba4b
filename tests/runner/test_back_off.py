"""Waits between attempts."""

from hypothesis import given
from hypothesis import strategies as st

from mainstream_runner.back_off import back_off_s


@given(st.integers(1, 1000), st.sampled_from([0.5, 10.0, 30.0]))
def test_a_wait_is_never_longer_than_the_longest_and_a_fifth(failures: int, most_s: float) -> None:
    assert 0.4 <= back_off_s(failures, most_s) <= 1.2 * most_s


def test_the_first_wait_is_short_and_the_last_ones_are_long_and_differ() -> None:
    assert max(back_off_s(1) for _ in range(20)) <= 0.6
    last = {back_off_s(50) for _ in range(20)}
    assert min(last) >= 24.0
    assert len(last) > 1
