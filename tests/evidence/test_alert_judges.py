"""Judges of alerts on real scores: what they count, on scores that are made up."""

from dataclasses import replace

import numpy as np
import pytest
from alerts_always import always_deciding
from alerts_days import HOURS, Day, _declared, _stream, judge
from alerts_plaza import SIX, plaza
from harness import Report

from mainstream.footage.labels import read_labels
from mainstream_evaluate.inputs import LabelledClip
from mainstream_trainer.data.clip import inspect_clip
from pools import Part

DAY = Day("signs-0", "held-out photos", 0, 1.0, 30.0, 30, 0.0, 0.5, 0.5)


def rows(report: Report) -> dict[str, str]:
    return {row.what.partition(":")[0]: row.value for row in report.rows}


def test_days_with_few_false_alerts_are_not_judged_and_others_within_a_factor() -> None:
    days = [
        DAY,
        replace(DAY, measured=45),
        replace(DAY, measured=20),
        replace(DAY, measured=46),
        replace(DAY, measured=19),
        replace(DAY, predicted=9.0, measured=0),
        replace(DAY, known="a recorded day", predicted=0.9, measured=12),
    ]
    report = Report("test")
    judge(report, "signs", days)
    assert rows(report) == {
        "signs, predicted from held-out photos": "60.0%; 1 have more, 1 fewer",
        "signs, predicted from a recorded day": "0.0%; 1 have more, 0 fewer",
    }
    assert "5 of 6 days" in report.rows[0].what


def test_a_quiet_day_has_an_event_an_hour_and_is_another_with_another_seed() -> None:
    part = Part((), np.repeat(np.arange(10), 5))
    quiet = _declared("signs", 3)
    day, other = (_stream(part, 3, quiet, seed) for seed in (1, 2))
    assert day.seconds == pytest.approx(86_400, rel=0.1)
    assert len(day.events([3])) == HOURS
    assert (part.labels[day.pictures] == day.classes).all()
    assert not np.array_equal(day.classes, other.classes)


def test_what_decides_on_every_frame_is_told_with_repeats_and_without() -> None:
    clip, labels = inspect_clip(SIX.with_name("plaza.mp4")), read_labels(SIX)
    report = Report("test")
    always_deciding(report, "plaza", LabelledClip(clip, SIX, labels, labels.split.test))
    # Half of the looks fall into events or their tolerance; one look a second is one everlasting alert.
    assert "0.2 fps 0.571 (0.519)" in report.rows[0].value
    assert "2 fps 0.000 (0.000)" in report.rows[0].value


def test_labels_that_are_not_there_leave_their_row_out() -> None:
    report = Report("test")
    assert plaza(report, SIX.with_name("nowhere.json"), "spots", (0, 15)) == []
    assert report.rows[0].met is None
    assert "set MAINSTREAM_SPOTS" in report.rows[0].value
