"""Blocks of cross-fitting: contiguous, with edges outside events, each with an event; fewer rather than one without."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import event_mask, runs_of
from mainstream_trainer.data.folds import folds_of_footage, folds_of_groups, folds_of_pictures
from mainstream_trainer.data.held_out import HeldOut
from mainstream_trainer.settings import TrainingSettings

HELD_OUT = HeldOut(np.arange(20, dtype=np.intp), ((30, 40),))


def footage(runs, frames=200, count=5, gap_s=0.5, events=None):
    present = event_mask(tuple(runs), frames)
    times = FrameTimes.constant(frames, 10.0)
    return folds_of_footage(present, tuple(events or runs), times, count=count, gap_s=gap_s, held_out=HELD_OUT), present


def test_five_blocks_of_time_hold_an_event_each_and_cut_none():
    runs = [(start, start + 9) for start in range(5, 200, 20)]
    folds, present = footage(runs)
    assert folds.count == 5
    assert folds.note == ""
    for first, end in folds.blocks:
        assert any(first <= start and stop <= end for start, stop in runs)
        for edge in (first, end):
            assert edge in (0, 200) or not (present[edge - 1] and present[edge])


def test_models_never_learn_from_their_block_or_the_gap_around_it():
    folds, _ = footage([(start, start + 9) for start in range(5, 200, 20)], gap_s=0.7)
    for fold, (first, end) in enumerate(folds.blocks):
        taught = np.flatnonzero(folds.fit[fold])
        assert min(abs(int(frame) - held) for frame in taught for held in (first, end - 1)) == 8
        assert not folds.fit[fold][first:end].any()


def test_an_event_of_several_pieces_is_not_cut_between_them():
    pieces = [(10, 20), (36, 44), (60, 70), (110, 120), (150, 160)]
    folds, _ = footage(pieces, count=2, events=[(10, 20), (36, 44), (60, 120), (150, 160)])
    (_, edge), _ = folds.blocks
    assert not 60 < edge < 120


def test_events_that_crowd_into_one_part_get_blocks_of_about_as_many_events():
    folds, _ = footage([(start, start + 4) for start in range(5, 55, 10)])
    assert folds.count == 5


def test_there_are_fewer_blocks_where_one_would_hold_no_event_and_it_is_told():
    folds, _ = footage([(10, 20), (50, 60), (120, 130)])
    assert folds.count == 3
    assert "3 blocks instead of 5" in folds.note


def test_of_a_single_event_what_is_held_out_is_the_only_block():
    folds, _ = footage([(40, 90)])
    assert folds.count == 1
    assert folds.frames.tolist() == list(range(30, 40))
    assert "1 block instead of 5" in folds.note


@given(st.lists(st.booleans(), min_size=40, max_size=120), st.integers(2, 6))
def test_whatever_the_labels_every_block_and_its_models_know_both_classes(present, count):
    mask = np.array(present)
    if not mask.any() or mask.all():
        return
    folds, _ = footage(runs_of(mask), frames=len(mask), count=count)
    if folds.count > 1:
        for fold in range(folds.count):
            for rows in (folds.fit[fold], folds.fold_of == fold):
                assert mask[rows].any()
                assert not mask[rows].all()


CLASSES = np.repeat(np.arange(4), 25)


def test_pictures_are_cut_by_name_in_every_class_with_a_gap():
    folds = folds_of_pictures(CLASSES, CLASSES == 2, 5, 1)
    assert [np.bincount(folds.fold_of[label == CLASSES]).tolist() for label in range(4)] == [[5] * 5] * 4
    assert np.flatnonzero(~folds.fit[1][:25]).tolist() == [4, 5, 6, 7, 8, 9, 10]
    # The gap is one of neighbours of a class: the first of the next one is none.
    assert folds.fit[4][25]


def test_a_class_of_few_pictures_gives_fewer_blocks():
    classes = np.repeat([0, 1], [3, 100])
    folds = folds_of_pictures(classes, classes == 0, 5, 0)
    assert folds.count == 3


def test_groups_stay_whole_and_no_fold_learns_from_those_that_it_scores():
    groups = [f"person {row % 7}" for row in range(100)]
    folds = folds_of_groups(groups, CLASSES == 2, 5)
    assert folds.count == 5
    for name in set(groups):
        rows = np.array([group == name for group in groups])
        (fold,) = set(folds.fold_of[rows].tolist())
        assert not folds.fit[fold][rows].any()
    division = folds.division(3)
    assert set(division.fit.tolist()).isdisjoint(division.frames.tolist())
    assert division.frames.tolist() == np.flatnonzero(folds.fold_of == 3).tolist()


def test_groups_whose_sizes_put_no_event_into_a_block_are_dealt_out_by_events():
    groups = ["long"] * 60 + ["b"] * 20 + ["c"] * 20
    present = np.zeros(100, dtype=np.bool_)
    present[[5, 70, 95]] = True
    assert folds_of_groups(groups, present, 3).count == 3
    present[70] = False
    assert (
        folds_of_groups(groups, present, 3).note == "2 blocks instead of 3: with more of them one would hold no event"
    )


def test_of_footage_every_block_of_groups_holds_a_whole_event():
    groups = [f"day {row // 20}" for row in range(100)]
    present = event_mask(((5, 9), (25, 29), (45, 49), (65, 69), (80, 84)), 100)
    # What begins on the last day was cut, so it is no event.
    folds = folds_of_groups(groups, present, 5, [(5, 9), (25, 29), (45, 49), (65, 69)])
    assert folds.count == 4


def test_groups_that_leave_blocks_without_events_are_refused():
    groups = ["day 1" if label == 2 else f"day {label + 2}" for label in CLASSES]
    with pytest.raises(
        InvalidInputError, match=r"groups: leave blocks without the event.*the 4 of them.*smaller groups"
    ):
        folds_of_groups(groups, CLASSES == 2, 5)


def test_too_few_pictures_are_refused():
    classes = np.array([0, 1, 1, 1])
    with pytest.raises(InvalidInputError, match="add pictures"):
        folds_of_pictures(classes, classes == 0, 5, 0)


def test_pictures_are_many_enough_for_twice_as_many_blocks_unless_somebody_says_how_many():
    assert (TrainingSettings().footage_folds, TrainingSettings().picture_folds) == (5, 10)
    assert (TrainingSettings(folds=3).footage_folds, TrainingSettings(folds=3).picture_folds) == (3, 3)
