"""The closed loop between planned and observed costs."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mainstream.decide.slowdown import DEAD_BAND, LEAST, MOST, next_slowdown, slowed
from mainstream.messages.node_profile import BaseProfile, NodeProfile

noises = st.lists(st.floats(-0.07, 0.07), min_size=20, max_size=60)


@given(st.floats(0.55, 9.0), st.floats(0.5, 10.0), noises)
def test_noise_around_a_constant_ratio_ends_within_the_band_and_does_not_oscillate(
    ratio: float, start: float, noise: list[float]
) -> None:
    path = [start]
    for each in noise:
        path.append(next_slowdown(path[-1], ratio * (1 + each)))
    moves = [b - a for a, b in pairwise(path) if b != a]
    # The first noisy minutes may come from far; after the first move it goes one way only.
    assert all(move > 0 for move in moves[1:]) or all(move < 0 for move in moves[1:])
    assert len(moves) <= 5
    again = next_slowdown(path[-1], ratio)
    assert abs(ratio / again - 1) <= DEAD_BAND + 0.01


@given(st.floats(0.5, 10.0), st.floats(0, 1e6))
def test_a_factor_stays_within_its_bounds(slowdown: float, ratio: float) -> None:
    assert LEAST <= next_slowdown(slowdown, ratio) <= MOST


def test_within_the_dead_band_nothing_moves() -> None:
    assert next_slowdown(1.0, 1.099) == 1.0
    assert next_slowdown(2.0, 1.81) == 2.0
    assert next_slowdown(1.0, 1.5) > 1.36


def test_all_seconds_are_multiplied_and_nothing_else() -> None:
    base = BaseProfile(digest="b" * 64, stem_s=(0, 0.01), head_s=(0.02, 0.01), segment_bytes=(0, 7), head_bytes=3)
    profile = NodeProfile(
        machine="m", back_end="e", versions={}, bases={"net": base}, frame_s=0.1, decode_s={"cam": 0.2}, idle=0.3
    )
    twice = slowed(profile, 2)
    assert twice.bases["net"].stem_s == (0, 0.02)
    assert twice.bases["net"].head_s == (0.04, 0.02)
    assert twice.bases["net"].segment_bytes == (0, 7)
    assert (twice.frame_s, twice.decode_s, twice.idle) == (0.2, {"cam": 0.4}, 0.6)
    assert slowed(profile, 1) is profile
