"""Tables that are kept: the same as those that are made anew, and made anew only for what they follow from."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_option_tables import apps

from mainstream.laws.chain import EventStatistics
from mainstream.planner import App, Candidate, Objective, OperatingPoint, Pin, ReplayedPoint
from mainstream.planner.tables import known
from mainstream.planner.tables.known import forget_tables, is_known, least_false_per_hour, option_table
from mainstream.planner.tables.options import OptionTable, fresh_table

COLUMNS = ("value", "recall", "precision", "false_per_hour", "threshold", "votes")
POINTS = tuple(OperatingPoint(0.1 * t, 1.0 - 0.1 * t, 0.3 / (1 + t)) for t in range(4))
PLAYED = tuple(ReplayedPoint(0.1 * t, fps, 2, 0.9, 0.1) for t in range(4) for fps in (1.0, 5.0))
APP = App(
    "door",
    10.0,
    EventStatistics(2.0, 0.1, 0.2),
    (
        Candidate("tuned-0", 0, None, 0.01, 1, POINTS),
        Candidate("tuned-1", 1, None, 0.01, 1, POINTS[1:], PLAYED),
        Candidate("tuned-2", 2, None, 0.01, 1, POINTS[:2]),
    ),
    votes=(1, 2, 3),
)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[App]]:
    """The questions that tables were made for."""
    asked: list[App] = []

    def note(app: App, *rest: object) -> OptionTable:
        asked.append(app)
        return fresh_table(app, *rest)  # type: ignore[arg-type]

    forget_tables()
    monkeypatch.setattr(known, "fresh_table", note)
    yield asked
    forget_tables()


def same(one: OptionTable, other: OptionTable) -> bool:
    return all(np.allclose(getattr(one, name), getattr(other, name), rtol=0, atol=1e-12) for name in COLUMNS)


@settings(max_examples=40, deadline=None)
@given(
    app=apps(),
    trust=st.sampled_from([1.0, 0.4]),
    maximum=st.sampled_from([None, 0.0, 50.0]),
    threshold=st.sampled_from([None, 0.1]),
)
def test_a_table_that_is_kept_is_the_one_that_is_made_anew(
    app: App, trust: float, maximum: float | None, threshold: float | None
) -> None:
    forget_tables()
    objective = replace(app.objective, maximum_false_alerts_per_day=maximum)
    app = replace(app, objective=objective, trust=trust)
    pins = (None, Pin("door", threshold=threshold, candidate=app.candidates[-1].name, fps=app.allowed_rates[1]))
    for few in (replace(app, rates=app.allowed_rates[1:3]), app, replace(app, candidates=app.candidates[-1:])):
        for pin in pins:
            assert np.allclose(option_table(few, pin).value, fresh_table(few, pin).value, rtol=0, atol=1e-12)


CHANGES: dict[str, Callable[[App], App]] = {
    "weight": lambda app: replace(app, weight=3.0),
    "minimum": lambda app: replace(app, objective=Objective(minimum=0.3)),
    "trust": lambda app: replace(app, trust=0.5),
    "costs": lambda app: replace(app, candidates=tuple(replace(each, head_s=0.5) for each in app.candidates)),
    "fewer candidates": lambda app: replace(app, candidates=app.candidates[1:]),
    "lower rates": lambda app: replace(app, rates=app.allowed_rates[:4]),
    "name": lambda app: replace(app, name="lift", note="other words"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_table_does_not_follow_from_makes_none_anew(made: list[App], change: str) -> None:
    option_table(APP)
    assert len(made) == 1
    other = CHANGES[change](APP)
    assert is_known(other)
    assert same(option_table(other), fresh_table(other))
    assert len(made) == 1


def test_a_pin_of_candidate_and_rate_makes_no_table_anew(made: list[App]) -> None:
    option_table(APP)
    pin = Pin("door", candidate="tuned-1", fps=5.0)
    assert same_where_allowed(option_table(APP, pin), fresh_table(APP, pin))
    assert len(made) == 1


def same_where_allowed(one: OptionTable, other: OptionTable) -> bool:
    allowed = other.value >= 0.0
    return bool((allowed == (one.value >= 0.0)).all()) and bool((one.value[allowed] == other.value[allowed]).all())


@pytest.mark.parametrize(
    "change",
    [
        lambda app: replace(app, events=replace(app.events, merge_gap_s=7.0)),
        lambda app: replace(app, votes=(1, 2)),
        lambda app: replace(app, objective=Objective("recall")),
        lambda app: replace(app, objective=Objective(maximum_false_alerts_per_day=1.0)),
    ],
    ids=["events", "votes", "metric", "maximum"],
)
def test_what_a_table_follows_from_has_it_made_anew(made: list[App], change: Callable[[App], App]) -> None:
    option_table(APP)
    other = change(APP)
    assert not is_known(other)
    assert same(option_table(other), fresh_table(other))
    assert len(made) == 2


def test_of_other_rates_only_those_are_made_that_lack(made: list[App]) -> None:
    option_table(replace(APP, rates=(1.0, 2.0)))
    more = replace(APP, rates=(0.3, 1.0, 2.0, 7.0))
    assert same(option_table(more), fresh_table(more))
    assert [each.rates for each in made] == [(1.0, 2.0), (0.3, 7.0)]


def test_the_least_false_alerts_are_those_of_what_reaches_the_minimum(made: list[App]) -> None:
    free = least_false_per_hour(APP)
    strict = least_false_per_hour(replace(APP, objective=Objective(minimum=0.75)))
    assert free < strict < np.inf
    assert least_false_per_hour(replace(APP, objective=Objective(minimum=0.999))) == np.inf
    assert least_false_per_hour(replace(APP, trust=0.5, objective=Objective(minimum=0.375))) == pytest.approx(strict)


def test_ever_other_rates_have_those_that_went_before_forgotten(
    made: list[App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "MOST_RATES", 20)
    first = replace(APP, rates=(1.0, 2.0))
    option_table(first)
    began = known.dropped()
    for number in range(30):
        other = replace(APP, rates=(1.0, 2.0 + number / 100, 9.0))
        assert same(option_table(other), fresh_table(other))
    assert known.dropped() > began
    assert not is_known(replace(APP, rates=(2.01,)))
    assert same(option_table(first), fresh_table(first))
