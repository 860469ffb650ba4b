import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream_trainer.data.held_out import hold_out
from mainstream_trainer.settings import TrainingSettings

TIMES = FrameTimes.constant(200, 10.0)


def alternating(frames=200, period=20):
    return np.arange(frames) % period >= period // 2


def test_held_out_frames_are_stretches_of_time_one_in_each_piece():
    split = hold_out(alternating(), TIMES, TrainingSettings(held_out_share=0.2))
    assert [end - start for start, end in split.blocks] == [20, 20]
    assert 0 <= split.blocks[0][0] < 100 <= split.blocks[1][0]


def test_a_gap_is_left_around_held_out_frames():
    split = hold_out(alternating(), TIMES, TrainingSettings(held_out_share=0.2, gap_s=0.7))
    distance = min(abs(int(fit) - int(held)) for fit in split.fit for held in split.frames)
    assert distance == 8


def test_stretches_cut_no_event_where_they_need_not():
    present = alternating()
    split = hold_out(present, TIMES, TrainingSettings(held_out_share=0.2))
    for edge in (edge for block in split.blocks for edge in block if 0 < edge < len(present)):
        assert not (present[edge - 1] and present[edge])


@given(st.lists(st.booleans(), min_size=60, max_size=150), st.integers(1, 4))
def test_no_frame_is_both_fitted_and_held_out_and_both_parts_hold_both_classes(present, blocks):
    present = np.array(present)
    try:
        split = hold_out(present, TIMES, TrainingSettings(held_out_blocks=blocks, gap_s=0.2))
    except InvalidInputError:
        return
    assert not set(split.fit) & set(split.frames)
    for frames in (split.fit, split.frames):
        assert present[frames].any()
        assert not present[frames].all()


def test_a_part_without_both_classes_is_refused():
    with pytest.raises(InvalidInputError, match="do not hold both"):
        hold_out(np.arange(200) < 1, TIMES, TrainingSettings())


@pytest.mark.parametrize("runs", [[(20, 30), (120, 130)], [(90, 110)], [(0, 20)], [(180, 200)], [(50, 52)], [(50, 53)]])
def test_with_one_or_two_events_both_parts_still_hold_event_and_no_event(runs):
    present = np.zeros(200, dtype=bool)
    for start, end in runs:
        present[start:end] = True
    split = hold_out(present, TIMES, TrainingSettings())
    assert not set(split.fit) & set(split.frames)
    for frames in (split.fit, split.frames):
        assert present[frames].any()
        assert not present[frames].all()
