"""Observed event lengths: recall is the mean over them."""

from dataclasses import replace

import pytest

from mainstream.errors import InvalidInputError
from mainstream.laws.chain import EventStatistics
from mainstream.planner import App, Candidate, OperatingPoint, Problem, solve

ALWAYS = App(
    name="door",
    stream_fps=10.0,
    events=EventStatistics(length_s=2.0, frequency=0.5, correlation=0.0, lengths_s=(0.5, 3.5)),
    candidates=(
        Candidate(
            "tuned-0", branch_point=0, segment=None, head_s=0.01, operating_points=(OperatingPoint(0.5, 1.0, 0.0),)
        ),
    ),
    rates=(1.0,),
    votes=(1,),
)


def recall_of(app: App) -> float:
    return solve(Problem(apps=(app,), segments=(), budget=1.0)).apps[0].recall


def test_short_events_slip_through_at_a_rate_that_finds_one_of_mean_length() -> None:
    # At 1 fps an event of .5 s holds half a frame: found by half (N * p); one of 3.5 s always.
    assert recall_of(ALWAYS) == pytest.approx(0.75)
    alike = replace(ALWAYS, events=replace(ALWAYS.events, lengths_s=()))
    assert recall_of(alike) == pytest.approx(1.0)


def test_lengths_that_are_all_the_mean_change_nothing() -> None:
    point = OperatingPoint(0.5, 0.7, 0.1)
    app = replace(ALWAYS, candidates=(replace(ALWAYS.candidates[0], operating_points=(point,)),))
    same, none = (replace(app, events=replace(app.events, lengths_s=lengths)) for lengths in ((2.0, 2.0), ()))
    assert recall_of(same) == pytest.approx(recall_of(none), abs=1e-12)


def test_a_length_that_is_none_is_named() -> None:
    broken = replace(ALWAYS, events=replace(ALWAYS.events, lengths_s=(1.0, 0.0)))
    with pytest.raises(InvalidInputError, match=r"events\.lengths_s\[1\]"):
        recall_of(broken)
