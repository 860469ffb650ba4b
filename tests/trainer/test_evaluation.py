import numpy as np
import pytest

from mainstream.footage.frame_times import FrameTimes
from mainstream.mpackage.manifest import MeasuredPoint
from mainstream_trainer.candidate import ranking_quality
from mainstream_trainer.evaluation import AppEvents, Evaluator, dominating
from mainstream_trainer.event_statistics import (
    LENGTHS_KEPT,
    event_frequency,
    event_length_s,
    event_lengths_s,
    miss_correlation,
)
from mainstream_trainer.held_out import HeldOut
from mainstream_trainer.operating_points import (
    HeldOutLabels,
    balanced_accuracy,
    blocks_of,
    operating_points,
    thresholds,
)
from mainstream_trainer.replay import MAX_VOTES, Stretch, rates, replayed_curve
from mainstream_trainer.settings import TrainingSettings

FPS = 10.0
TIMES = FrameTimes.constant(200, FPS)


def point(p, e, threshold=0.5):
    return MeasuredPoint(threshold=threshold, p=p, e=e, p_interval=(0, 1), e_interval=(0, 1))


def test_thresholds_are_even_in_the_logit_with_one_half_in_the_middle():
    at = thresholds(21)
    assert at[10] == 0.5
    assert np.diff(np.log(at / (1 - at))) == pytest.approx(0.4, abs=1e-3)


def test_a_threshold_stands_in_the_widest_gap_between_scores_nearby():
    even = thresholds(21)
    scores = 1 / (1 + np.exp(-np.array([-0.1, 0.0, 0.02, 0.15, 3.0])))
    at = thresholds(21, scores)
    # Around logit 0 the gap from .02 to .15 is the widest but for that from the share's edge, -.18, to -.1.
    assert np.log(at[10] / (1 - at[10])) == pytest.approx(0.085, abs=1e-3)
    assert at[3] == even[3]
    assert (np.diff(at) > 0).all()


def test_p_and_e_are_shares_of_hits():
    scores = np.array([0.9, 0.6, 0.4, 0.7, 0.1, 0.2, 0.5, 0.1])
    present = np.array([1, 1, 1, 1, 0, 0, 0, 0], dtype=bool)
    (low, middle) = operating_points(scores, HeldOutLabels(present, np.arange(8)), np.array([0.3, 0.5]), seed=0)
    assert (low.p, low.e) == (1.0, 0.25)
    assert (middle.p, middle.e) == (0.75, 0.25)
    assert balanced_accuracy(middle) == 0.75
    assert middle.p_interval[0] <= middle.p <= middle.p_interval[1]


def test_frames_that_come_in_blocks_make_wider_intervals():
    rng = np.random.default_rng(0)
    hit = np.repeat(rng.random(20) < 0.5, 10)
    scores = np.where(hit, 0.9, 0.1)
    present = np.arange(200) % 2 == 0

    def width(block_frames):
        labels = HeldOutLabels(present, blocks_of(np.arange(200), block_frames))
        low, high = operating_points(scores, labels, np.array([0.5]), seed=0)[0].p_interval
        return high - low

    assert width(10) > 2 * width(1)


def test_a_jump_in_time_starts_a_new_block():
    frames = np.array([0, 1, 2, 3, 4, 10, 11, 12, 13])
    assert blocks_of(frames, 3).tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 3]


def test_event_length_and_frequency_come_from_the_labels():
    runs = ((10, 20), (40, 60))
    assert event_length_s(runs, TIMES) == 1.5
    # By hand, in s: guards of .75 leave .0-.25, 2.75-3.25 and 6.75-20: no window, none and floor(13.25/1.5) = 8.
    assert event_frequency(runs, (), TIMES, 1.5) == pytest.approx(2 / 10, abs=1e-6)


def test_a_piece_of_a_cut_event_is_neither_event_nor_time_outside():
    # 6.75-17 is left: floor(10.25/1.5) = 6 windows.
    assert event_frequency(((10, 20), (40, 60)), ((170, 200),), TIMES, 1.5) == pytest.approx(2 / 8, abs=1e-6)


def test_misses_of_whole_events_are_fully_correlated():
    present = np.tile([True] * 5 + [False] * 5, 4)
    hit = np.repeat([True, False, False, False, True, False, False, False], 5)
    assert miss_correlation([hit], present, np.arange(40)) == 1.0


def test_misses_that_never_come_twice_in_an_event_are_not_correlated():
    present = np.tile([True] * 5 + [False] * 5, 4)
    hit = np.tile([True, False, True, True, True], 8)
    assert miss_correlation([hit], present, np.arange(40)) == 0.0


def test_misses_drawn_from_the_chain_give_back_its_correlation():
    rng = np.random.default_rng(3)
    p, rho, events, length = 0.6, 0.5, 4000, 2
    first = rng.random(events) < p
    again = np.where(first, rng.random(events) < p + rho * (1 - p), rng.random(events) >= (1 - p) + rho * p)
    hit = np.concatenate([np.stack([first, again], axis=1), np.zeros((events, 1), bool)], axis=1).ravel()
    present = np.tile([True] * length + [False], events)
    assert miss_correlation([hit], present, np.arange(len(hit))) == pytest.approx(rho, abs=0.03)


def test_without_misses_there_is_no_correlation():
    present = np.array([True, True, False])
    assert miss_correlation([present], present, np.arange(3)) == 0.0


def test_ranking_quality_counts_ties_half():
    present = np.array([True, True, False, False])
    assert ranking_quality(np.array([0.9, 0.8, 0.1, 0.2]), present) == 1.0
    assert ranking_quality(np.array([0.1, 0.2, 0.9, 0.8]), present) == 0.0
    assert ranking_quality(np.array([0.5, 0.5, 0.5, 0.5]), present) == 0.5


def test_a_candidate_is_dominated_only_if_each_of_its_points_is_matched():
    own = (point(0.9, 0.2), point(0.5, 0.0))
    assert dominating(own, {11: (point(0.95, 0.1), point(0.6, 0.0))}) == 11
    assert dominating(own, {11: (point(0.95, 0.1), point(0.4, 0.0))}) is None
    assert dominating(own, {}) is None


def test_a_perfect_candidate_replays_to_full_recall_without_false_alarms():
    present = np.zeros(100, dtype=bool)
    present[20:40] = present[70:90] = True
    curve = replayed_curve(
        present.astype(float),
        [Stretch((0, 100), ((20, 40), (70, 90)), ())],
        np.array([0.5]),
        FrameTimes.constant(100, FPS),
        2.0,
    )
    at = {(each.fps, each.votes): each for each in curve}
    assert set(at) == {(rate, votes) for rate in rates(FPS) for votes in range(1, MAX_VOTES + 1)}
    assert all(each.false_alarm == 0 for each in curve)
    assert all(at[rate, 1].recall == 1 for rate in range(1, 11))
    # Two seconds at two frames a second never hold five analysed frames.
    assert at[2, 5].recall == 0
    assert at[10, 7].recall == 1


def test_false_alarms_are_counted_by_window():
    scores = np.zeros(100)
    scores[5] = 1
    (each,) = [
        each
        for each in replayed_curve(scores, [Stretch((0, 100), ((60, 80),), ())], np.array([0.5]), TIMES, 2.0)
        if (each.fps, each.votes) == (10, 1)
    ]
    # 0-5 s is left before the guard, 9-10 s after it: two windows and none.
    assert (each.recall, each.false_alarm) == (0.0, 0.5)


@pytest.mark.parametrize(("least", "given"), [(2, True), (3, False)])
def test_a_replayed_curve_is_given_only_where_there_are_enough_events(least, given):
    present = np.zeros(200, dtype=bool)
    runs = ((20, 30), (60, 70), (140, 150))
    for start, end in runs:
        present[start:end] = True
    evaluator = Evaluator(
        AppEvents(runs, (), TIMES),
        present,
        HeldOut(np.arange(120, 200), ((10, 110),)),
        TrainingSettings(replay_min_events=least),
    )
    assert evaluator.evaluation.events == 2
    assert evaluator.evaluation.windows >= 3

    class Scored:
        scores = present[10:110].astype(float)

    assert bool(evaluator.measure(Scored(), seed=0).replayed) is given


def test_of_many_events_quantiles_of_their_lengths_are_kept() -> None:
    assert event_lengths_s([(0, 30), (40, 50)], TIMES) == (1.0, 3.0)
    many = event_lengths_s([(100 * i, 100 * i + 1 + i % 50) for i in range(500)], FrameTimes.constant(50_000, 10.0))
    assert len(many) == LENGTHS_KEPT
    assert many == tuple(sorted(many))
    assert 0.1 <= many[0] < 0.3
    assert 4.7 < many[-1] <= 5.0
