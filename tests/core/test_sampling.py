from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mainstream.laws.sampling import NestedSampler

RATES = st.lists(st.sampled_from([0.1, 0.2, 0.5, *map(float, range(1, 31))]), min_size=1, max_size=8, unique=True)


def frames_of(rates: list[float], stream_fps: float, seconds: float) -> dict[float, list[int]]:
    sampler = NestedSampler()
    chosen: dict[float, list[int]] = {rate: [] for rate in rates}
    for frame in range(int(seconds * stream_fps)):
        for rate in sampler.due(frame / stream_fps, rates):
            chosen[rate].append(frame)
    return chosen


@given(RATES, st.sampled_from([10.0, 14.0, 25.0, 30.0]))
def test_slower_rates_look_at_a_subset_of_what_faster_ones_look_at(rates: list[float], stream_fps: float) -> None:
    chosen = frames_of(rates, stream_fps, 20)
    ordered = sorted(rates, reverse=True)
    for faster, slower in pairwise(ordered):
        assert set(chosen[slower]) <= set(chosen[faster])


@given(RATES, st.sampled_from([30.0]))
def test_every_rate_is_met_to_one_frame_over_a_minute(rates: list[float], stream_fps: float) -> None:
    for rate, frames in frames_of(rates, stream_fps, 60).items():
        assert abs(len(frames) - 60 * rate) <= 1 + 1e-6


def test_every_rate_starts_with_the_first_frame() -> None:
    assert NestedSampler().due(0.0, [0.1, 3.0, 10.0]) == {0.1, 3.0, 10.0}


def test_frames_of_one_rate_are_spread_evenly() -> None:
    frames = frames_of([4.0, 10.0], 10.0, 30)[4.0]
    gaps = {b - a for a, b in pairwise(frames)}
    assert gaps == {2, 3}


def test_a_pause_of_the_camera_is_not_followed_by_a_burst() -> None:
    sampler = NestedSampler()
    sampler.due(0.0, [1.0])
    after_pause = [sampler.due(60.0 + frame / 10, [1.0]) for frame in range(10)]
    assert sum(map(len, after_pause)) <= 3


def test_a_stream_slower_than_the_rate_gives_every_frame() -> None:
    assert len(frames_of([30.0], 10.0, 5)[30.0]) == 50


def test_a_rate_that_joins_later_does_not_disturb_the_others() -> None:
    alone, joined = NestedSampler(), NestedSampler()
    for frame in range(100):
        rates = [5.0] if frame < 50 else [5.0, 2.0]
        assert (5.0 in alone.due(frame / 10, [5.0])) == (5.0 in joined.due(frame / 10, rates))
