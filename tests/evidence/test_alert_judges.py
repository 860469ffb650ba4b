"""Judges of quiet days and of the loophole of low rates: what they count, on scores that are made up."""

from dataclasses import replace

import numpy as np
import pytest

from alerts.always import always_deciding
from common.harness import Report
from common.plaza import LABELS
from evidence.days import HOURS, Day, Quiet, judged, stream_of
from mainstream.footage.labels import read_labels
from mainstream_evaluate.inputs import LabelledClip
from mainstream_trainer.data.clip import inspect_clip
from photos.pools import Part

DAY = Day("signs-0", "a recorded day", "micro", 1.0, 30.0, 30, 0.0, 0.5, 0.5)


def test_days_with_few_false_alerts_are_not_judged_and_others_within_a_factor() -> None:
    days = [DAY, *(replace(DAY, measured=false) for false in (45, 20, 46, 19))]
    found = judged([*days, replace(DAY, predicted=9.0, measured=0), replace(DAY, predicted=0.9, measured=12)])
    assert (found["days"], found["judged"], found["more"], found["fewer"]) == (7, 6, 2, 1)
    assert found["f1"] == {"micro": 0.5}


def test_a_quiet_day_has_an_event_an_hour_and_is_another_with_another_seed() -> None:
    part = Part((), np.repeat(np.arange(10), 5))
    quiet = Quiet.of("signs", 3)
    day, other = (stream_of(part, 3, quiet, seed) for seed in (1, 2))
    assert day.seconds == pytest.approx(86_400, rel=0.1)
    assert len(day.events([3])) == HOURS
    assert (part.labels[day.pictures] == day.classes).all()
    assert not np.array_equal(day.classes, other.classes)


def test_what_decides_on_every_frame_is_told_with_repeats_and_without() -> None:
    clip, labels = inspect_clip(LABELS.with_name("plaza.mp4")), read_labels(LABELS)
    report = Report("test")
    always_deciding(report, "plaza", LabelledClip(clip, LABELS, labels, labels.split.test))
    # Half of the looks fall into events or their tolerance; one look a second is one everlasting alert.
    assert "0.2 fps 0.571 (0.519)" in report.rows[0].value
    assert "2 fps 0.000 (0.000)" in report.rows[0].value
