"""Windows of the week: by the clock on the wall, over changes of clocks, and never one that cannot open."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mainstream.api.active_hours import DAYS, ActiveHours
from mainstream.workload.hours import _is_open, opening, opening_of_all


def hours(*windows: dict[str, object], zone: str = "Europe/Berlin") -> ActiveHours:
    return ActiveHours.model_validate({"timeZone": zone, "windows": list(windows)})


def berlin(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)


def test_a_window_opens_and_closes_on_its_days() -> None:
    office = hours({"days": ["Mon", "Tue", "Wed", "Thu", "Fri"], "from": "08:00", "to": "18:00"})
    monday = opening(office, berlin("2026-11-30T07:59:59"))
    assert (monday.is_open, monday.until) == (False, berlin("2026-11-30T08:00"))
    assert opening(office, berlin("2026-11-30T08:00")).until == berlin("2026-11-30T18:00")
    friday = opening(office, berlin("2026-12-04T18:00"))
    assert (friday.is_open, friday.until) == (False, berlin("2026-12-07T08:00"))


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_opens() -> None:
    night = hours({"days": ["Sat"], "from": "22:00", "to": "06:00"})
    assert opening(night, berlin("2026-12-05T23:00")).until == berlin("2026-12-06T06:00")
    assert opening(night, berlin("2026-12-06T05:59")).is_open
    assert not opening(night, berlin("2026-12-06T22:00")).is_open
    assert not opening(night, berlin("2026-12-05T05:00")).is_open


def test_a_window_across_a_change_of_clocks_is_longer_or_shorter_by_it() -> None:
    night = hours({"from": "22:00", "to": "06:00"})
    spring = opening(night, berlin("2027-03-27T22:00"))
    autumn = opening(night, berlin("2027-10-30T22:00"))
    assert spring.until is not None
    assert autumn.until is not None
    assert spring.until - berlin("2027-03-27T22:00").astimezone(UTC) == timedelta(hours=7)
    assert autumn.until - berlin("2027-10-30T22:00").astimezone(UTC) == timedelta(hours=9)


def test_an_hour_that_is_skipped_is_never_open_and_one_that_comes_twice_is_open_twice() -> None:
    # In Berlin clocks go from 02:00 to 03:00 on 2027-03-28, and from 03:00 back to 02:00 on 2027-10-31.
    brief = hours({"days": ["Sun"], "from": "02:15", "to": "02:45"})
    before = opening(brief, berlin("2027-03-28T01:59"))
    assert (before.is_open, before.until) == (False, berlin("2027-04-04T02:15"))
    first = opening(brief, berlin("2027-10-31T02:20", fold=0))
    assert (first.is_open, first.until) == (True, berlin("2027-10-31T02:45", fold=0).astimezone(UTC))
    between = opening(brief, berlin("2027-10-31T02:50", fold=0))
    assert (between.is_open, between.until) == (False, berlin("2027-10-31T02:15", fold=1).astimezone(UTC))
    # From a time that is skipped on, the window opens with the change itself.
    later = opening(hours({"from": "02:15", "to": "04:00"}), berlin("2027-03-28T01:30"))
    assert later.until == datetime(2027, 3, 28, 1, tzinfo=UTC)


def test_a_week_without_a_gap_never_changes_and_of_several_all_must_be_open() -> None:
    always = hours({})
    assert opening(always, berlin("2026-11-30T08:00")) == opening_of_all((), berlin("2026-11-30T08:00"))
    day, late = hours({"from": "08:00", "to": "18:00"}), hours({"from": "16:00", "to": "23:00"})
    both = opening_of_all((day, late), berlin("2026-11-30T16:30"))
    assert (both.is_open, both.until) == (True, berlin("2026-11-30T18:00"))
    assert not opening_of_all((day, late), berlin("2026-11-30T19:00")).is_open


clocks = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
written = st.tuples(clocks, clocks, st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True)).filter(
    lambda each: each[0] != each[1]
)
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
moments = st.integers(0, 2 * 365 * 86400).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(written, min_size=1, max_size=3), zones, moments)
def test_nothing_changes_before_the_change_that_is_told(
    windows: list[tuple[str, str, list[str]]], zone: str, at: datetime
) -> None:
    active = hours(*({"from": start, "to": end, "days": days} for start, end, days in windows), zone=zone)
    now = opening(active, at)
    assert now.is_open == _is_open(active, at)
    until = now.until or at + timedelta(days=14)
    assert all(
        _is_open(active, at + timedelta(minutes=number)) == now.is_open
        for number in range(0, int((until - at).total_seconds() // 60), 7)
    )
    assert _is_open(active, until - timedelta(seconds=1)) == now.is_open
    if now.until is not None:
        assert _is_open(active, now.until) != now.is_open


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"timeZone": "UTC", "windows": [{"from": "08:00", "to": "08:00"}]}, "from 08:00 to 08:00 never opens"),
        ({"timeZone": "UTC", "windows": [{"from": "24:00"}]}, "never opens"),
        ({"timeZone": "UTC", "windows": [{"days": []}]}, "at least 1 item"),
        ({"timeZone": "UTC", "windows": []}, "at least 1 item"),
        ({"timeZone": "Europe/Atlantis", "windows": [{}]}, "no time zone 'Europe/Atlantis'; name one such as"),
        ({"timeZone": "../etc/passwd", "windows": [{}]}, "should match pattern"),
        ({"timeZone": "UTC", "windows": [{"from": "8:00"}]}, "should match pattern"),
        (yaml.safe_load("{timeZone: UTC, windows: [{from: 10:00}]}"), "write the time in quotes, such as '10:00'"),
    ],
)
def test_hours_that_never_come_are_refused_in_a_sentence(spec: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ActiveHours.model_validate(spec)
