"""What the merge gap makes of labelled runs."""

from dataclasses import replace

import numpy as np
import pytest

from mainstream.alerts.merging import EVENTS_KEPT, PIECES_KEPT, default_gap_s, merged_events, merged_into_one
from mainstream.alerts.spans import alerts_of_hits, merge_decisions, merge_spans
from mainstream.laws.chain import EventStatistics
from mainstream.laws.voting import decisions

RUNS = ((0.0, 1.0), (2.0, 5.0), (9.0, 11.0))


def test_runs_no_more_than_the_gap_apart_are_one_event() -> None:
    assert merge_spans(RUNS, 0.9) == list(RUNS)
    assert merge_spans(RUNS, 1.0) == [(0.0, 5.0), (9.0, 11.0)]
    assert merge_spans(RUNS, 4.0) == [(0.0, 11.0)]
    assert merge_spans([], 4.0) == []


def test_decisions_no_more_than_the_gap_apart_are_one_alert() -> None:
    assert merge_decisions([1.0, 2.0, 5.0], 1.0).tolist() == [[1.0, 2.0], [5.0, 5.0]]
    assert merge_decisions([1.0, 2.0, 5.0], 3.0).tolist() == [[1.0, 5.0]]
    assert merge_decisions([], 3.0).tolist() == []


def test_length_frequency_and_pieces_follow_from_runs_and_gap() -> None:
    got = merged_events(EventStatistics(9.0, 0.9, 0.2, merge_gap_s=1.0, runs_s=RUNS, footage_s=28.0))
    assert (got.length_s, got.frequency, got.count) == (3.5, 0.25, 2)
    assert [event.pieces_s for event in got.events] == [(2.0,), (1.0, 3.0)]


def test_without_a_gap_it_is_the_mean_length_of_the_runs_as_they_are() -> None:
    statistics = EventStatistics(9.0, 0.2, 0.2, runs_s=RUNS, footage_s=28.0)
    assert default_gap_s(statistics) == 2.0
    assert merged_events(statistics).gap_s == 2.0
    assert merged_events(EventStatistics(9.0, 0.2, 0.2)).gap_s == 9.0


def test_without_footage_the_frequency_is_as_stated() -> None:
    assert merged_events(EventStatistics(9.0, 0.9, 0.2, merge_gap_s=1.0, runs_s=RUNS)).frequency == 0.9


def test_of_thousands_of_runs_few_stand_for_all() -> None:
    starts = np.cumsum(np.random.default_rng(0).uniform(1.0, 30.0, 5000))
    runs = tuple((float(start), float(start) + 0.5) for start in starts)
    got = merged_events(EventStatistics(0.5, 0.1, 0.2, merge_gap_s=10.0, runs_s=runs, footage_s=100_000.0))
    assert len(got.events) == EVENTS_KEPT
    assert max(len(event.pieces_s) for event in got.events) <= PIECES_KEPT
    assert got.count == len(merge_spans(runs, 10.0))


def test_pieces_that_are_left_out_are_stood_for() -> None:
    runs = tuple((float(i), i + 0.5) for i in range(16))
    (event,) = merged_events(EventStatistics(0.5, 0.1, 0.2, merge_gap_s=1.0, runs_s=runs)).events
    assert event.weight * len(event.pieces_s) == pytest.approx(16)


@pytest.mark.parametrize("merge_gap_s", [0.05, 0.3, 2.0])
@pytest.mark.parametrize("votes", [1, 2, 5])
def test_alerts_of_hits_are_those_of_the_decisions_one_by_one(votes: int, merge_gap_s: float) -> None:
    rng = np.random.default_rng(votes)
    for share in (0.0, 0.2, 0.7, 1.0):
        hits, times_s = rng.random(300) < share, np.cumsum(rng.choice([0.1, 0.2], 300))
        expected = merge_decisions(times_s[decisions(hits, votes)], merge_gap_s)
        assert alerts_of_hits(hits, times_s, votes, merge_gap_s).tolist() == expected.tolist()


def test_that_all_runs_are_one_event_is_said_with_the_gap_that_keeps_some_apart() -> None:
    statistics = EventStatistics(2.0, 0.1, 0.0, (), 4.0, RUNS, 60.0)
    said = "3 labelled runs merge into one event; a merge gap below 4 s would keep some apart"
    assert merged_into_one(statistics) == said
    assert merged_into_one(replace(statistics, merge_gap_s=3.9)) == ""
    assert merged_into_one(replace(statistics, runs_s=RUNS[:1])) == ""
