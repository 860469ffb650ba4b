import numpy as np
import pytest

from mainstream.scoring import EventScore, merge_reports, outside_windows, score_events


def test_an_event_with_one_decision_in_it_is_found() -> None:
    score = score_events([5.0], [(4.0, 6.0), (10.0, 12.0)], (0.0, 20.0), length_s=2.0, merge_gap_s=2.0)
    assert (score.events, score.events_found) == (2, 1)
    assert score.recall == 0.5


def test_the_end_of_an_event_is_outside_it() -> None:
    score = score_events([6.0], [(4.0, 6.0)], (0.0, 20.0), length_s=2.0, merge_gap_s=2.0)
    assert score.events_found == 0


def test_gaps_are_cut_into_equal_windows_with_guards_left_out() -> None:
    # 0..10 with an event at 4..6, L = 2: guards leave 0..3 and 7..10, each 3 s long: one window of 3 s each.
    assert outside_windows([(4.0, 6.0)], (0.0, 10.0), 2.0) == [(0.0, 3.0), (7.0, 10.0)]


def test_a_decision_in_a_guard_is_neither_found_nor_false() -> None:
    score = score_events([3.5, 6.5], [(4.0, 6.0)], (0.0, 10.0), length_s=2.0, merge_gap_s=1.0)
    assert (score.events_found, score.windows_false, score.windows) == (0, 0, 2)


def test_a_window_with_many_decisions_is_false_once() -> None:
    score = score_events([0.5, 1.0, 1.5], [(4.0, 6.0)], (0.0, 10.0), length_s=2.0, merge_gap_s=1.0)
    assert score.windows_false == 1


def test_ignored_stretches_count_neither_as_event_nor_as_time_outside() -> None:
    score = score_events([0.5], [], (0.0, 10.0), length_s=2.0, merge_gap_s=1.0, ignored=[(0.0, 2.0)])
    assert (score.windows, score.windows_false, score.reports) == (4, 0, 0)


def test_decisions_outside_the_span_do_not_count() -> None:
    score = score_events([1.0, 25.0], [(20.0, 30.0)], (10.0, 20.0), length_s=2.0, merge_gap_s=1.0)
    assert score.reports == 0


def test_reports_close_gaps_up_to_the_merge_gap() -> None:
    assert merge_reports(np.array([1.0, 2.0, 5.0]), 1.0) == [(1.0, 2.0), (5.0, 5.0)]
    assert merge_reports(np.array([1.0, 2.0, 5.0]), 3.0) == [(1.0, 5.0)]


def test_a_report_is_true_if_it_touches_an_event() -> None:
    score = score_events([3.0, 4.0, 9.5], [(4.0, 6.0)], (0.0, 10.0), length_s=2.0, merge_gap_s=1.0)
    assert (score.reports, score.reports_true) == (2, 1)


@pytest.mark.parametrize(
    ("found", "false", "f1"),
    [(0, 0, 0.0), (4, 0, 1.0), (2, 2, 0.5), (0, 3, 0.0)],
)
def test_f1_is_the_harmonic_mean_and_0_if_either_is_0(found: int, false: int, f1: float) -> None:
    score = EventScore(events=4, events_found=found, windows=10, windows_false=false, reports=0, reports_true=0)
    assert score.f1 == pytest.approx(f1)
