"""Events of the judged part: merged by the gap first, cut ones of no part."""

import pytest

from mainstream.alerts.spans import as_spans
from mainstream.footage.frame_times import FrameTimes
from mainstream.labels import AppLabels, Labels, Split
from mainstream_evaluate.truth import Truth, truth_of

RUNS = ((2.0, 3.0), (3.5, 5.0), (9.0, 11.0), (14.0, 16.0))


def truth(span: tuple[float, float]) -> Truth:
    return Truth(RUNS, span, 1.0)


def test_runs_no_further_apart_than_the_gap_are_one_event() -> None:
    assert truth((0.0, 20.0)).events(0.5) == [(2.0, 5.0), (9.0, 11.0), (14.0, 16.0)]
    assert truth((0.0, 20.0)).events(0.4) == list(RUNS)


def test_an_event_that_the_end_of_the_part_cuts_is_left_out() -> None:
    judged = truth((4.0, 15.0))
    assert judged.events(0.5) == [(9.0, 11.0)]
    assert judged.cut(0.5) == [(4.0, 5.0), (14.0, 15.0)]


def test_an_alert_for_an_event_that_is_cut_counts_neither_way() -> None:
    score = truth((4.0, 15.0)).score(as_spans([(4.2, 4.8), (9.5, 10.0)]), 0.5)
    assert (len(score.found), len(score.missed), len(score.false)) == (1, 0, 0)


def test_alerts_that_were_merged_already_are_taken_as_they_are() -> None:
    # Two decisions 2 s apart would be two alerts under a gap of .5 s; one alert of 2 s is one.
    score = truth((0.0, 20.0)).score(as_spans([(9.0, 11.0)]), 0.5)
    assert len(score.found) == 1
    assert not score.repeated


def test_an_alert_that_opened_before_the_part_is_not_judged() -> None:
    assert truth((6.0, 8.0)).score(as_spans([(5.0, 7.0)]), 0.5).alerts == 0


def test_the_default_gap_is_the_mean_length_of_the_runs_that_trained() -> None:
    labels = Labels(
        video="v",
        frames=100,
        split=Split(train=(0, 50), test=(50, 100)),
        apps={"door": AppLabels(event="open", runs=((10, 20), (30, 50), (60, 99)))},
    )
    found = truth_of(labels, "door", FrameTimes.constant(100, 10.0), (50, 100))
    assert found.default_gap_s == pytest.approx(1.5)
    assert found.span == pytest.approx((5.0, 10.0))
