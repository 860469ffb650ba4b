"""Runs of frames as time."""

import numpy as np

from mainstream.footage.frame_times import FrameTimes

# 10 frames at 100 ms, then 10 at 500 ms, as a camera at night.
UNEVEN = FrameTimes(np.concatenate([np.arange(10) * 0.1, 1.0 + np.arange(11) * 0.5]), 20 / 6)


def test_a_run_lasts_as_long_as_its_frames_are_shown() -> None:
    assert UNEVEN.spans([(0, 5), (10, 12)]) == [(0.0, 0.5), (1.0, 2.0)]


def test_a_part_keeps_the_clips_times() -> None:
    part = UNEVEN.part((10, 20))
    assert part.frames == 10
    assert part.span == (1.0, 6.0)
    assert part.middles_s[0] == 1.25


def test_the_frame_of_a_time_is_the_one_that_is_shown_then() -> None:
    assert [UNEVEN.frame_at(time_s) for time_s in (-1.0, 0.0, 0.55, 1.0, 1.4, 99.0)] == [0, 0, 5, 10, 10, 19]


def test_a_margin_around_a_run_is_time_not_frames() -> None:
    assert UNEVEN.frames_within((10, 11), 0.5) == (5, 12)
    assert FrameTimes.constant(100, 10.0).frames_within((40, 50), 0.7) == (33, 57)
