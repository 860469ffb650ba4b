"""Alerts held against labels: which are found, missed, false, repeated."""

import numpy as np
import pytest

from mainstream.alerts.measured import FoundEvent, count_alerts, score_alerts
from mainstream.alerts.spans import merge_decisions, tolerance_s

EVENTS = [(4.0, 6.0), (20.0, 22.0)]


def test_an_alert_that_opens_in_an_event_finds_it() -> None:
    score = score_alerts([5.0, 5.5], EVENTS, (0.0, 30.0), merge_gap_s=2.0)
    assert score.found == (FoundEvent((4.0, 6.0), (5.0, 5.5)),)
    assert score.missed == ((20.0, 22.0),)
    assert (score.recall, score.precision) == (0.5, 1.0)


def test_one_alert_that_never_ends_finds_no_more_than_the_event_it_opened_in() -> None:
    score = score_alerts(np.arange(5.0, 30.0, 0.5), EVENTS, (0.0, 30.0), merge_gap_s=2.0)
    assert [each.event for each in score.found] == [(4.0, 6.0)]
    assert score.missed == ((20.0, 22.0),)


def test_one_that_opens_before_all_events_finds_none() -> None:
    score = score_alerts(np.arange(1.0, 30.0, 0.5), EVENTS, (0.0, 30.0), merge_gap_s=2.0)
    assert (score.recall, score.precision, score.f1) == (0.0, 0.0, 0.0)
    assert score.false == ((1.0, 29.5),)


@pytest.mark.parametrize(("opens_s", "true"), [(3.5, True), (3.4, False), (6.5, True), (6.6, False)])
def test_an_alert_may_open_a_quarter_of_a_length_off(opens_s: float, true: bool) -> None:
    score = score_alerts([opens_s], EVENTS, (0.0, 30.0), merge_gap_s=1.0)
    assert (len(score.found), len(score.false)) == ((1, 0) if true else (0, 1))


def test_but_never_more_than_a_second_off() -> None:
    score = score_alerts([7.1], [(10.0, 30.0), (8.2, 8.3)], (0.0, 40.0), merge_gap_s=1.0, length_s=10.0)
    assert len(score.false) == 1


def test_a_second_alert_for_an_event_is_a_repeat_and_counts_neither_way() -> None:
    score = score_alerts([4.5, 6.2], EVENTS, (0.0, 30.0), merge_gap_s=1.0)
    assert score.repeated == ((6.2, 6.2),)
    assert (score.precision, score.alerts) == (1.0, 2)


def test_an_alert_between_two_events_counts_for_the_nearer_the_earlier_on_a_tie() -> None:
    events = [(0.0, 4.0), (5.5, 9.5)]
    assert [f.event for f in score_alerts([4.7], events, (0, 20), merge_gap_s=1.0).found] == [(0.0, 4.0)]
    assert [f.event for f in score_alerts([4.75], events, (0, 20), merge_gap_s=1.0).found] == [(0.0, 4.0)]
    assert [f.event for f in score_alerts([4.8], events, (0, 20), merge_gap_s=1.0).found] == [(5.5, 9.5)]


def test_labelled_runs_no_more_than_the_gap_apart_are_one_event() -> None:
    score = score_alerts([7.0], [(4.0, 6.0), (8.0, 9.0)], (0.0, 30.0), merge_gap_s=2.0)
    assert score.found == (FoundEvent((4.0, 9.0), (7.0, 7.0)),)


def test_alerts_for_an_event_that_the_split_cuts_count_neither_way() -> None:
    score = score_alerts([0.5, 2.1], EVENTS, (0.0, 30.0), merge_gap_s=1.0, ignored=[(0.0, 2.0)])
    assert (score.alerts, score.seconds, score.quiet_s) == (0, 28.0, 24.0)


def test_decisions_outside_the_span_do_not_count() -> None:
    score = score_alerts([1.0, 35.0], EVENTS, (2.0, 30.0), merge_gap_s=1.0)
    assert score.alerts == 0


def test_false_alerts_are_told_by_the_hour() -> None:
    score = score_alerts([10.0, 15.0, 100.0], EVENTS, (0.0, 1800.0), merge_gap_s=1.0)
    assert score.false_per_hour == pytest.approx(6.0)


def test_nothing_to_find_and_nothing_said_is_worth_nothing() -> None:
    score = score_alerts([], [], (0.0, 30.0), merge_gap_s=1.0)
    assert (score.events, score.recall, score.precision, score.f1) == (0, 0.0, 0.0, 0.0)
    assert score.quiet_s == 30.0


def test_counting_alone_counts_what_the_score_lists() -> None:
    rng = np.random.default_rng(0)
    starts = np.cumsum(rng.uniform(3.0, 9.0, 40))
    events = np.stack([starts, starts + rng.uniform(0.5, 2.5, 40)], axis=1)
    for count in (0, 3, 60, 400):
        times_s = np.sort(rng.uniform(0.0, 260.0, count))
        score = score_alerts(times_s, events[1:], (0.0, 300.0), merge_gap_s=0.4, length_s=1.5, ignored=events[:1])
        opens_s = merge_decisions(times_s, 0.4)[:, 0]
        whole = np.arange(40) > 0
        assert count_alerts(opens_s, events, whole, tolerance_s(1.5)) == (len(score.found), len(score.false))
