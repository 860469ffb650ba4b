"""Events of the judged part: merged by the gap first, cut ones of no part."""

import pytest

from mainstream.alerts.spans import as_spans
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import AppLabels, Labels, Run, Split
from mainstream_evaluate.truth import Truth, truth_of

RUNS = ((20, 30), (35, 50), (90, 110), (140, 160))
LABELS = Labels(
    video="v",
    frames=200,
    split=Split(train=(0, 60), test=(60, 200)),
    apps={"door": AppLabels(event="open", runs=RUNS)},
)


def truth(part: Run, gap_s: float | None = 0.5) -> Truth:
    return truth_of(LABELS, "door", FrameTimes.constant(200, 10.0), part, gap_s)


def test_runs_no_further_apart_than_the_gap_are_one_event() -> None:
    assert truth((0, 200), 0.5).events == [(2.0, 5.0), (9.0, 11.0), (14.0, 16.0)]
    assert truth((0, 200), 0.4).events == [(2.0, 3.0), (3.5, 5.0), (9.0, 11.0), (14.0, 16.0)]


def test_an_event_that_the_end_of_the_part_cuts_is_left_out() -> None:
    judged = truth((40, 150))
    assert judged.events == [(9.0, 11.0)]
    assert judged.ignored == [(4.0, 5.0), (14.0, 15.0)]


def test_an_alert_for_an_event_that_is_cut_counts_neither_way() -> None:
    score = truth((40, 150)).score(as_spans([(4.2, 4.8), (9.5, 10.0)]))
    assert (len(score.found), len(score.missed), len(score.false)) == (1, 0, 0)


def test_alerts_that_were_merged_already_are_taken_as_they_are() -> None:
    # Two decisions 2 s apart would be two alerts under a gap of .5 s; one alert of 2 s is one.
    score = truth((0, 200)).score(as_spans([(9.0, 11.0)]))
    assert len(score.found) == 1
    assert not score.repeated


def test_decisions_are_merged_by_the_gap() -> None:
    score = truth((0, 200)).score_decisions([9.0, 11.0])
    assert (len(score.found), len(score.repeated)) == (1, 1)


def test_an_alert_that_opened_before_the_part_is_not_judged() -> None:
    assert truth((60, 80)).score(as_spans([(5.0, 7.0)])).alerts == 0


def test_the_default_gap_is_the_mean_length_of_the_runs_that_trained() -> None:
    judged = truth((60, 200), None)
    assert judged.merge_gap_s == pytest.approx(1.25)
    assert judged.span == pytest.approx((6.0, 20.0))
