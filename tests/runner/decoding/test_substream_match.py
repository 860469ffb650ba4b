"""A substream of another scene, clock or aspect: told, and alerts keep the stream's clock."""

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mainstream.footage.substream import other_clock, other_scene
from mainstream_runner.feeder.source import CapturedFrame
from mainstream_runner.pipeline.substream_match import SubstreamMatch

Pixels = NDArray[np.uint8]
OWN, SMALL = (768, 576), (320, 240)


def shown(pixels: Pixels, size: tuple[int, int], at_s: float, clock_s: float = 1000.0) -> CapturedFrame:
    picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(*size, format="yuv420p")
    return CapturedFrame(0, at_s + clock_s, at_s, picture)


def a_scene(seed: int) -> Pixels:
    """Large fields, some bright, some dark."""
    fields = np.random.default_rng(seed).integers(20, 235, (6, 8, 1), np.uint8)
    return np.repeat(np.kron(fields, np.ones((96, 96, 1), np.uint8)), 3, axis=2)


def matched(own: Pixels, small: Pixels, *, size: tuple[int, int] = SMALL, ahead_s: float = 0.0) -> SubstreamMatch:
    """Both play for two seconds."""
    match = SubstreamMatch()
    for look in range(20):
        match.note_own(shown(own, OWN, look / 10), looks=True)
        match.note_small(shown(small, size, look / 10 + 0.05, 1000.0 + ahead_s))
    return match


def test_the_same_picture_smaller_darker_and_with_somebody_who_moved_is_no_other() -> None:
    moved = (a_scene(1) * 0.7).astype(np.uint8)
    moved[200:400, 300:380] = 0
    assert matched(a_scene(1), moved).problem is None


def test_a_substream_of_another_scene_is_told() -> None:
    problem = matched(a_scene(1), a_scene(2)).problem
    assert problem is not None
    assert problem.startswith("the substream shows another picture than the stream; check that both addresses")


def test_another_scene_is_told_only_after_three_looks_in_a_row() -> None:
    match = SubstreamMatch()
    match.note_own(shown(a_scene(1), OWN, 0.0), looks=True)
    for look, seed in enumerate((2, 2, 1, 2, 2)):
        match.note_small(shown(a_scene(seed), SMALL, 0.4 * (look + 1)))
    assert match.problem is None


def test_of_flat_pictures_nothing_is_told() -> None:
    flat = np.full((576, 768, 3), 16, np.uint8)
    assert matched(flat, a_scene(2)).problem is None
    assert not other_scene(np.full((4, 4), 3.0, np.float32), np.zeros((4, 4), np.float32))


@pytest.mark.parametrize(("ahead_s", "words"), [(3600.0, "3,600 s ahead of"), (-5.0, "5 s behind")])
def test_a_substream_of_another_clock_is_told_and_its_frames_have_the_streams_times(ahead_s: float, words: str) -> None:
    match = matched(a_scene(1), a_scene(1), ahead_s=ahead_s)
    assert match.problem == (
        f"the substream's clock is {words} the stream's, whose times alerts have; set it in the camera's settings"
    )
    assert match.captured_s(shown(a_scene(1), SMALL, 7.0, 1000.0 + ahead_s)) == pytest.approx(1007.0)


def test_what_two_profiles_are_apart_on_their_way_is_no_other_clock() -> None:
    match = matched(a_scene(1), a_scene(1), ahead_s=0.8)
    assert match.problem is other_clock(1.9) is None
    assert match.captured_s(shown(a_scene(1), SMALL, 7.0, 1000.8)) == pytest.approx(1007.8)


def test_another_aspect_is_told_and_no_other_scene() -> None:
    problem = matched(a_scene(1), a_scene(1), size=(640, 360)).problem
    assert problem is not None
    assert "has another aspect than the stream's (768x576)" in problem


def test_before_both_have_shown_something_nothing_is_known() -> None:
    match = SubstreamMatch()
    assert match.problem is None
    match.note_own(shown(a_scene(1), OWN, 0.0), looks=False)
    assert match.problem is None
    assert match.own_size == OWN
