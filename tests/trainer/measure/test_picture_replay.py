"""Held-out pictures are replayed on streams of the declared statistics, and voting there is that on any frames."""

from time import perf_counter

import numpy as np
import pytest

from mainstream.alerts.law import predicted
from mainstream.alerts.merging import merged_events
from mainstream.alerts.spans import tolerance_s
from mainstream.mpackage.curve import ReplayedCurve
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import MeasuredPoint
from mainstream_trainer.data.declared import declare
from mainstream_trainer.measure.picture_replay import (
    KEPT_THRESHOLDS,
    distinct_thresholds,
    play,
    replayed_pictures,
)
from mainstream_trainer.measure.picture_streams import declared_stream
from mainstream_trainer.measure.replay import MAX_VOTES, rates, spaced_rates

EACH = 30
"""held-out pictures of a class"""
CLASSES = np.repeat(np.arange(10), EACH)
PRESENT = CLASSES == 0
LENGTH_S = 2.0
INDEPENDENT = declare("test", length_s=LENGTH_S, frequency=0.1, correlation=0.0)


def scores_of(hit_share_by_class):
    """Scores of .9 for that share of each class's pictures, .1 for the others."""
    return np.concatenate([np.where(np.arange(EACH) < share * EACH, 0.9, 0.1) for share in hit_share_by_class])


LOOK_ALIKE = scores_of([0.8, 0.8, *[0.0] * 8])
"""the event's pictures are hits, and those of one other class just so"""


def points_of(scores, at=(0.5,)):
    return [
        MeasuredPoint(
            threshold=each,
            p=(scores[PRESENT] >= each).mean(),
            e=(scores[~PRESENT] >= each).mean(),
            p_interval=(0, 1),
            e_interval=(0, 1),
        )
        for each in at
    ]


def replay(scores, statistics=INDEPENDENT, seed=0):
    return replayed_pictures(scores, CLASSES, PRESENT, statistics, points_of(scores), seed)


def replayed_at(curve, fps, votes):
    return next(each for each in curve if (each.fps, each.votes) == (fps, votes))


def by_law(p, e, fps, votes):
    """Recall, and the share of quiet stretches of one gap with a false alert, as the law has them."""
    arrays = np.array([p]), np.array([e]), np.array([fps]), np.array([votes])
    events = merged_events(statistics_of(INDEPENDENT))
    alerts = predicted(*arrays, events, 0.0)
    recall, precise = alerts.recall.item(), alerts.precision.item()
    false_per_event = recall / precise - recall
    free_s = LENGTH_S * 9 - recall * events.gap_s - tolerance_s(LENGTH_S)
    return recall, false_per_event * events.gap_s / free_s


def test_false_hits_that_come_in_runs_raise_more_false_alarms_with_many_votes_than_the_chain_expects() -> None:
    e = points_of(LOOK_ALIKE)[0].e
    assert e == pytest.approx(0.8 / 9)
    assert replayed_at(replay(LOOK_ALIKE), 5.0, 4).false_share > 0.05 > 20 * by_law(0.8, e, 5.0, 4)[1]


def test_false_hits_that_come_in_runs_raise_fewer_false_alarms_with_one_vote_than_the_chain_expects() -> None:
    e = points_of(LOOK_ALIKE)[0].e
    assert replayed_at(replay(LOOK_ALIKE), 5.0, 1).false_share < 0.25 < by_law(0.8, e, 5.0, 1)[1]


@pytest.mark.parametrize(("fps", "votes"), [(1.0, 1), (2.0, 2), (6.0, 4)])
def test_hits_that_are_independent_are_found_and_raised_as_the_chain_expects(fps: float, votes: int) -> None:
    even = scores_of([0.7, *[0.1] * 9])
    found = replayed_at(replay(even), fps, votes)
    recall, false_share = by_law(0.7, 0.1, fps, votes)
    assert found.recall == pytest.approx(recall, abs=0.06)
    assert found.false_share == pytest.approx(false_share, abs=0.03)


def test_misses_that_are_alike_cost_recall_at_many_looks() -> None:
    alike = declare("test", length_s=LENGTH_S, frequency=0.1, correlation=0.9)
    half = scores_of([0.5, *[0.0] * 9])
    assert replayed_at(replay(half), 10.0, 1).recall > 0.99
    assert replayed_at(replay(half, alike), 10.0, 1).recall < 0.85


def test_the_same_seed_gives_the_same_curve_and_another_one_another() -> None:
    assert replay(LOOK_ALIKE) == replay(LOOK_ALIKE) != replay(LOOK_ALIKE, seed=1)


def test_a_curve_holds_every_rate_threshold_and_vote_once_and_stays_small() -> None:
    scores = np.random.default_rng(0).random(len(CLASSES))
    points = points_of(scores, np.linspace(0.02, 0.98, 21))
    started_s = perf_counter()
    curve = replayed_pictures(scores, CLASSES, PRESENT, INDEPENDENT, points, 0)
    assert perf_counter() - started_s < 30  # a second or so where nobody else uses the processor
    spaced = spaced_rates(30.0)
    assert len(spaced) == 17
    assert len(curve) == KEPT_THRESHOLDS * len(spaced) * MAX_VOTES
    assert len({(each.threshold, each.fps, each.votes) for each in curve}) == len(curve)
    assert {each.threshold for each in curve} <= {point.threshold for point in points}
    assert len(ReplayedCurve.of(curve).pack()) < 100_000
    by_votes = {each.votes: each for each in curve if (each.threshold, each.fps) == (curve[0].threshold, 10.0)}
    assert set(by_votes) == set(range(1, MAX_VOTES + 1))


def test_rates_are_those_of_plans_spaced_out_with_both_ends() -> None:
    for fps in (1.0, 7.0, 30.0):
        spaced = spaced_rates(fps)
        assert set(spaced) <= set(rates(fps))
        assert (spaced[0], spaced[-1]) == (0.1, fps)


def test_thresholds_that_tell_the_pictures_apart_alike_count_once() -> None:
    assert distinct_thresholds([(0.1, 1.0, 0.5), (0.2, 1.0, 0.5), (0.3, 0.9, 0.1)]) == [0.2, 0.3]


@pytest.mark.parametrize(("length_s", "frequency"), [(0.5, 0.1), (2.0, 0.2), (60.0, 0.05), (600.0, 0.3)])
def test_a_stream_has_events_of_the_declared_length_as_often_as_declared(length_s: float, frequency: float) -> None:
    stream = declared_stream(
        CLASSES, [0], declare("test", length_s=length_s, frequency=frequency, correlation=0), 30, 0
    )
    assert stream is not None
    assert stream.frames <= 1_500_000
    events = stream.events([0])
    # A step of frames may be lost to each event's ends.
    assert np.mean([end - start for start, end in events]) / stream.fps == pytest.approx(length_s, rel=0.01)
    if 1 / 11 <= frequency <= 1 / 4:
        assert sum(end - start for start, end in events) / stream.frames == pytest.approx(frequency, rel=0.1)
    assert len(events) >= 90


def test_single_events_are_as_long_as_those_declared() -> None:
    statistics = declare("test", length_s=2.0, frequency=0.1, correlation=0, lengths_s=(1.0, 3.0))
    stream = declared_stream(CLASSES, [0], statistics, 30, 0)
    assert {(end - start) / stream.fps for start, end in stream.events([0])} == {1.0, 3.0}


def test_each_class_has_the_runs_that_its_share_of_pictures_asks_for() -> None:
    uneven = np.repeat([0, 1, 2], [10, 60, 20])
    stream = declared_stream(uneven, [0], INDEPENDENT, 10, 0)
    shares = [(stream.classes == label).sum() for label in (1, 2)]
    assert shares[0] / shares[1] == pytest.approx(3.0, rel=0.1)
    assert np.array_equal(uneven[stream.pictures], stream.classes)


@pytest.mark.parametrize("length_s", [0.01, 1e6])
def test_events_of_no_whole_frame_or_that_fill_every_stream_are_not_replayed(length_s: float) -> None:
    assert replay(LOOK_ALIKE, declare("test", length_s=length_s, frequency=0.1, correlation=0)) == ()


def test_a_stream_without_events_or_analysed_frames_promises_nothing() -> None:
    stream = declared_stream(CLASSES, [0], INDEPENDENT, 10, 0)
    curve = play(stream, [99], merged_events(statistics_of(INDEPENDENT)), LOOK_ALIKE, [0.5], [1.0])
    assert {each.recall for each in curve} == {0.0}
