"""The published measure of what was played, and for how long an app is on."""

import numpy as np
import pytest

from photos.open_time import open_share
from photos.windowed import outside_windows, windowed_f1

EVENTS = np.array([[10.0, 12.0], [30.0, 32.0]])
SPAN = (0.0, 40.0)


def test_time_outside_events_is_cut_into_windows_of_an_events_length() -> None:
    windows = outside_windows(EVENTS, SPAN, 2.0)
    # 0 to 9, 13 to 29, 33 to 40: a second around each event is left out.
    assert len(windows) == 4 + 8 + 3
    assert windows[0].tolist() == [0.0, 2.25]
    assert windows[-1].tolist() == pytest.approx([33 + 2 * 7 / 3, 40.0])


def test_events_and_windows_with_a_decision_make_the_published_f1() -> None:
    decided = np.array([5.0, 5.1, 11.0, 11.5, 35.0])
    # One of two events; two windows: precision 1/3, recall 1/2.
    assert windowed_f1(decided, EVENTS, SPAN) == pytest.approx(0.4)
    assert windowed_f1(np.array([]), EVENTS, SPAN) == 0.0


def test_a_decision_near_an_event_counts_for_neither() -> None:
    assert windowed_f1(np.array([11.0, 12.5, 31.0, 32.9]), EVENTS, SPAN) == 1.0


def test_an_app_that_always_decides_finds_all_in_the_published_measure_and_is_on_all_the_time() -> None:
    always = np.arange(0.05, 40.0, 0.1)
    assert windowed_f1(always, EVENTS, SPAN) == pytest.approx(2 * (2 / 17) / (1 + 2 / 17))
    assert open_share(always, always, EVENTS, SPAN, 2.0) == 1.0


def test_alerts_are_open_until_the_merge_gap_has_passed() -> None:
    analysed = np.arange(0.5, 40.0)
    # Open from 5.5 to 8.5 + 2, half a second of that within the first event; what follows the second is no fault.
    decided = np.array([5.5, 6.5, 8.5, 30.5])
    assert open_share(decided, analysed, EVENTS, SPAN, 2.0) == pytest.approx(4.5 / 36.0)


def test_where_frames_lie_further_apart_than_the_gap_deciding_frames_tell() -> None:
    analysed = np.arange(2.5, 40.0, 5.0)
    assert open_share(analysed, analysed, EVENTS, SPAN, 1.0) == 1.0
    assert open_share(analysed[:4], analysed, np.empty((0, 2)), SPAN, 1.0) == 0.5
