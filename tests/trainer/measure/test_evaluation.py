from itertools import pairwise

import numpy as np
import pytest

from mainstream.alerts.merging import merged_events
from mainstream.footage.frame_times import FrameTimes
from mainstream.laws.chain import EventStatistics
from mainstream.mpackage.manifest import MAX_RUNS, MeasuredPoint
from mainstream_trainer.data.app_events import AppEvents
from mainstream_trainer.data.event_statistics import (
    STRETCH_RUNS,
    kept_runs,
    labelled_statistics,
    mean_length_s,
    merged_runs,
    miss_correlation,
    packed_statistics,
)
from mainstream_trainer.measure.evaluation import Evaluator, Scored, matches
from mainstream_trainer.measure.operating_points import (
    HeldOutLabels,
    balanced_accuracy,
    blocks_of,
    operating_points,
    thresholds,
)
from mainstream_trainer.measure.replay import MAX_VOTES, Replay, Stretch, spaced_rates
from mainstream_trainer.settings import TrainingSettings

FPS = 10.0
TIMES = FrameTimes.constant(200, FPS)
EVENTS = merged_events(EventStatistics(2.0, 0.2, 0.0))


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


RUNS = ((10, 20), (40, 60), (62, 70), (120, 130))


def test_the_merge_gap_is_the_mean_length_of_the_runs_as_they_are():
    assert mean_length_s(RUNS, TIMES) == 1.2


def test_length_and_frequency_are_those_of_events_after_merging():
    # Runs .2 s apart are one event: 1 s, 3 s and 1 s of 20 s.
    packed = packed_statistics(labelled_statistics(RUNS, (), TIMES), 0.3)
    assert packed.length_s.value == pytest.approx(5 / 3, abs=1e-6)
    assert packed.frequency.value == pytest.approx(5 / 20)
    assert (packed.correlation.value, packed.merge_gap_s, packed.footage_s) == (0.3, 1.2, 20.0)
    assert packed.runs_s == ((1.0, 2.0), (4.0, 6.0), (6.2, 7.0), (12.0, 13.0))


def test_a_piece_of_a_cut_run_is_neither_event_nor_footage():
    assert labelled_statistics(RUNS, ((180, 200),), TIMES).footage_s == 18.0


def test_an_event_that_a_cut_run_is_part_of_belongs_to_neither_part():
    assert merged_runs(RUNS, (), TIMES, 1.2) == (((10, 20), (40, 70), (120, 130)), ())
    assert merged_runs(RUNS, ((135, 140),), TIMES, 1.2) == (((10, 20), (40, 70)), ((120, 140),))


def test_of_thousands_of_runs_stretches_of_neighbours_are_kept():
    rng = np.random.default_rng(0)
    starts = np.cumsum(rng.uniform(2.0, 20.0, 10_000))
    runs = [(float(start), float(start) + 1.0) for start in starts]
    found = kept_runs(runs, float(starts[-1]) + 30.0, [start - 0.5 for start, _ in runs])
    kept, footage_s = found.runs_s, found.footage_s
    # The last seam is that ahead of the run with which the last stretch ends.
    ahead = [start - 0.5 for start, _ in kept]
    assert all(min(abs(seam - each) for each in ahead) < 0.01 for seam in found.seams_s[:-1])
    assert len(found.seams_s) > MAX_RUNS - 2 * MAX_RUNS // STRETCH_RUNS
    assert len(kept) == MAX_RUNS
    assert kept[-1][1] <= footage_s
    assert footage_s / len(kept) == pytest.approx(11.0, rel=0.05)
    gaps = np.array([after - end for (_, end), (after, _) in pairwise(kept)])
    assert gaps.min() >= 1.0 - 1e-9
    assert gaps.mean() == pytest.approx(10.0, rel=0.05)


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


def test_a_candidate_is_matched_only_if_each_of_its_points_is():
    own = (point(0.9, 0.2), point(0.5, 0.0))
    assert matches(own, (point(0.95, 0.1), point(0.6, 0.0)))
    assert not matches(own, (point(0.95, 0.1), point(0.4, 0.0)))
    assert not matches(own, ())


def test_a_perfect_candidate_replays_to_full_recall_without_false_alarms():
    present = np.zeros(100, dtype=bool)
    present[20:40] = present[70:90] = True
    stretches = [Stretch((0, 100), ((20, 40), (70, 90)), ())]
    curve = Replay(stretches, FrameTimes.constant(100, FPS), EVENTS).curve(present.astype(float), [0.5])
    at = {(each.fps, each.votes): each for each in curve}
    assert set(at) == {(rate, votes) for rate in spaced_rates(FPS) for votes in range(1, MAX_VOTES + 1)}
    assert all(each.false_share == 0 for each in curve)
    assert all(at[rate, 1].recall == 1 for rate in spaced_rates(FPS) if rate >= 1)
    # Two seconds at two frames a second never hold five analysed frames.
    assert at[2, 5].recall == 0
    assert at[10, 7].recall == 1


def test_false_alerts_are_counted_by_quiet_stretches_of_one_merge_gap():
    scores = np.zeros(100)
    scores[5] = 1
    (each,) = [
        each
        for each in Replay([Stretch((0, 100), ((60, 80),), ())], TIMES, EVENTS).curve(scores, [0.5])
        if (each.fps, each.votes) == (10, 1)
    ]
    # Nothing is found; of 8 s outside the event .5 s are tolerance: 7.5 s are 3.75 stretches of 2 s.
    assert (each.recall, each.false_share) == (0.0, pytest.approx(1 / 3.75, abs=1e-6))


def test_an_app_that_is_on_all_the_time_replays_to_nothing_found():
    curve = Replay([Stretch((0, 100), ((60, 80),), ())], TIMES, EVENTS).curve(np.ones(100), [0.5])
    assert {each.recall for each in curve if each.fps >= 1 and each.votes == 1} == {0.0}


@pytest.mark.parametrize(("held_out", "given"), [((10, 110), True), ((65, 110), False)])
def test_a_replayed_curve_is_given_where_a_whole_event_was_held_out(held_out, given):
    present = np.zeros(200, dtype=bool)
    runs = ((20, 30), (60, 70), (140, 150))
    for start, end in runs:
        present[start:end] = True
    evaluator = Evaluator(
        AppEvents(runs, (), TIMES),
        present,
        Scored(np.arange(*held_out), (held_out,)),
        TrainingSettings(),
    )
    assert bool(evaluator.evaluation.events) is given
    assert bool(evaluator.measure(np.linspace(0.0, 1.0, len(evaluator.frames)), None, seed=0).replayed) is given


def test_no_interval_is_narrower_than_its_number_of_blocks_allows():
    present = np.zeros(60, dtype=bool)
    present[20:40] = True
    labels = HeldOutLabels(present, blocks_of(np.arange(60), 20))
    (found,) = operating_points(present.astype(float), labels, np.array([0.5]), seed=0)
    assert (found.p, found.e) == (1.0, 0.0)
    assert found.p_interval == (pytest.approx(0.207, abs=1e-3), 1.0)  # one of one, Wilson
    assert found.e_interval == (0.0, pytest.approx(0.658, abs=1e-3))  # none of two


def test_stretches_are_replayed_apart_from_each_other():
    """What is counted of two stretches at once is what is counted of each, whatever stands at their edges."""
    present = np.zeros(200, dtype=bool)
    present[95:100] = present[100:104] = True
    stretches = [Stretch((0, 100), ((95, 100),), ()), Stretch((100, 200), (), ((100, 104),))]
    both = Replay(stretches, TIMES, EVENTS).curve(present.astype(float), [0.5])
    (first,) = (
        each
        for each in Replay(stretches[:1], TIMES, EVENTS).curve(present[:100].astype(float), [0.5])
        if (each.fps, each.votes) == (10, 6)
    )
    (found,) = (each for each in both if (each.fps, each.votes) == (10, 6))
    assert found.recall == first.recall == 0.0


def test_a_replay_goes_through_the_gate_so_that_what_it_misses_is_missing_in_recall():
    """Two events on which every frame of a candidate hits; the gate sees that one of them moves."""
    present = np.zeros(400, dtype=bool)
    present[220:240] = present[300:320] = True
    greys = np.random.default_rng(0).normal(90, 0.3, (400, 8, 8)).astype(np.float32)
    greys[220:240, 3:6, 3:6] += 80
    stretches = [Stretch((0, 400), ((220, 240), (300, 320)), ())]
    times = FrameTimes.constant(400, FPS)
    without, through = (
        {(each.fps, each.votes): each.recall for each in Replay(stretches, times, EVENTS, each).curve(present, [0.5])}
        for each in (None, greys)
    )
    assert without[10, 3] == 1.0
    assert through[10, 3] == 0.5


def folded(shares, frames=40):
    """Hits of folds of 0/1 scores; every frame is of an event but the last of each fold."""
    scores = np.concatenate([np.arange(frames) < round(share * (frames - 1)) for share in shares]).astype(float)
    present = np.tile(np.arange(frames) < frames - 1, len(shares))
    fold_of = np.repeat(np.arange(len(shares)), frames)
    return scores, HeldOutLabels(present, np.arange(len(scores)), fold_of)


def test_folds_that_differ_widen_the_interval_beyond_what_counts_say():
    scores, labels = folded([0.9, 0.9, 0.9, 0.3, 0.9])
    (apart,) = operating_points(scores, labels, np.array([0.5]), seed=0)
    (counted,) = operating_points(scores, HeldOutLabels(labels.present, labels.block), np.array([0.5]), seed=0)
    assert apart.p == counted.p
    assert apart.p_interval[0] < counted.p_interval[0] - 0.1
    assert apart.p_interval[0] == pytest.approx(
        apart.p - 2.776 * np.sqrt(5 / 4 * np.sum(((np.array([35, 35, 35, 12, 35]) / 39 - apart.p) / 5) ** 2)), abs=1e-6
    )


def test_folds_that_agree_change_nothing():
    scores, labels = folded([0.9] * 5)
    (apart,) = operating_points(scores, labels, np.array([0.5]), seed=0)
    (counted,) = operating_points(scores, HeldOutLabels(labels.present, labels.block), np.array([0.5]), seed=0)
    assert apart == counted
