"""Geometry and choice of what a page shows."""

import pytest

from mainstream_evaluate.evaluation import Moment
from mainstream_evaluate.pictures import shown_moments
from mainstream_evaluate.timeline import WIDTH, clock, timeline

FOUND = Moment(outcome="found", alert_s=(11.0, 12.0), event_s=(10.0, 13.0))
MISSED = Moment(outcome="missed", event_s=(15.0, 17.0))


def test_events_and_alerts_lie_where_they_were() -> None:
    line = timeline("door", (10.0, 20.0), [(10.0, 13.0)], {"alerts": [FOUND, MISSED]})
    assert line.events[0].x == 0.0
    assert line.events[0].width == pytest.approx(0.3 * WIDTH)
    assert [mark.outcome for mark in line.rows[0].marks] == ["found", "missed"]
    assert line.rows[0].marks[1].bar.x == pytest.approx(WIDTH / 2)


def test_an_alert_of_a_moment_at_the_very_end_is_still_seen() -> None:
    last = Moment(outcome="false", alert_s=(20.0, 20.0))
    bar = timeline("door", (10.0, 20.0), [], {"alerts": [last]}).rows[0].marks[0].bar
    assert bar.width > 0
    assert bar.x + bar.width <= WIDTH


def test_ticks_are_whole_steps_inside_the_span() -> None:
    ticks = timeline("door", (39.8, 79.5), [], {}).ticks
    assert [tick.text for tick in ticks] == ["40 s", "45 s", "50 s", "55 s", "60 s", "65 s", "70 s", "75 s"]


@pytest.mark.parametrize(("seconds", "text"), [(3.25, "3.2 s"), (75.0, "75.0 s"), (135.0, "2:15"), (3725.0, "1:02:05")])
def test_times_read_as_people_write_them(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_of_too_many_moments_some_of_each_outcome_are_shown() -> None:
    false = [Moment(outcome="false", alert_s=(float(i), float(i))) for i in range(100)]
    shown = shown_moments([*false, FOUND, MISSED], most=12)
    assert len(shown) <= 12
    assert {moment.outcome for moment in shown} == {"found", "missed", "false"}
