"""What is wrong is said with the app and the field that it is wrong in, and never crashes."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planner_small import SEGMENTS, small_app, small_problem

from mainstream.errors import InvalidInputError
from mainstream.laws.chain import EventStatistics
from mainstream.laws.cost import CostStep, Segment
from mainstream.planner import (
    Candidate,
    Objective,
    OperatingPoint,
    Pin,
    Problem,
    ReplayedPoint,
    Running,
    Switching,
    problem_from_json,
    problem_to_json,
    solve,
)

NAN, INF = float("nan"), float("inf")


def one(**changes: object) -> Problem:
    """A problem whose second app is wrong."""
    return small_problem(apps=(small_app("cars"), small_app("bikes", **changes)))


def candidate(**changes: object) -> Problem:
    good = small_app("bikes").candidates
    return one(candidates=(good[0], replace(good[1], **changes), good[2]))  # type: ignore[arg-type]


def stepped(*steps: CostStep) -> Problem:
    """With these steps of the first segment."""
    return small_problem(segments=(replace(SEGMENTS[0], steps=steps), *SEGMENTS[1:]))


def events(length_s: float = 1.0, frequency: float = 0.5, correlation: float = 0.5) -> Problem:
    return one(events=EventStatistics(length_s, frequency, correlation))


def point(p: float = 0.5, e: float = 0.1, threshold: float = 0.5) -> Problem:
    return candidate(operating_points=(OperatingPoint(threshold, p, e),))


def replayed(fps: float = 1.0, votes: int = 1, recall: float = 0.5, false_share: float = 0.1) -> Problem:
    return candidate(replayed=(ReplayedPoint(0.5, fps, votes, recall, false_share),))


BAD_APPS = {
    "rates above the stream's": (one(rates=(1.0, 11.0)), "apps[1].rates[1]"),
    "rate zero": (one(rates=(0.0,)), "apps[1].rates[0]"),
    "rate NaN": (one(rates=(1.0, NAN)), "apps[1].rates[1]"),
    "no rates": (one(rates=()), "apps[1].rates"),
    "no votes": (one(votes=()), "apps[1].votes"),
    "votes zero": (one(votes=(0, 1)), "apps[1].votes[0]"),
    "votes a fraction": (one(votes=(1.5,)), "apps[1].votes[0]"),
    "p above 1": (point(p=1.01), "apps[1].candidates[1].operating_points[0].p"),
    "p negative": (point(p=-0.1), "apps[1].candidates[1].operating_points[0].p"),
    "p NaN": (point(p=NAN), "apps[1].candidates[1].operating_points[0].p"),
    "e above 1": (point(e=2.0), "apps[1].candidates[1].operating_points[0].e"),
    "e NaN": (point(e=NAN), "apps[1].candidates[1].operating_points[0].e"),
    "threshold NaN": (point(threshold=NAN), "apps[1].candidates[1].operating_points[0].threshold"),
    "no candidates": (one(candidates=()), "apps[1].candidates"),
    "no operating points": (candidate(operating_points=()), "apps[1].candidates[1].operating_points"),
    "head cost negative": (candidate(head_s=-0.1), "apps[1].candidates[1].head_s"),
    "head cost NaN": (candidate(head_s=NAN), "apps[1].candidates[1].head_s"),
    "head cost infinite": (candidate(head_s=INF), "apps[1].candidates[1].head_s"),
    "head bytes negative": (candidate(head_bytes=-1), "apps[1].candidates[1].head_bytes"),
    "unknown segment": (candidate(segment="view/z"), "apps[1].candidates[1].segment"),
    "branch-point negative": (candidate(branch_point=-1), "apps[1].candidates[1].branch_point"),
    "candidate twice": (candidate(name="tuned-0"), "apps[1].candidates[1]"),
    "replayed rate zero": (replayed(fps=0.0), "apps[1].candidates[1].replayed[0].fps"),
    "replayed recall above 1": (replayed(recall=1.5), "apps[1].candidates[1].replayed[0].recall"),
    "replayed false alarms NaN": (replayed(false_share=NAN), "apps[1].candidates[1].replayed[0].false_share"),
    "event length zero": (events(length_s=0.0), "apps[1].events.length_s"),
    "event length NaN": (events(length_s=NAN), "apps[1].events.length_s"),
    "frequency above 1": (events(frequency=1.1), "apps[1].events.frequency"),
    "correlation negative": (events(correlation=-0.1), "apps[1].events.correlation"),
    "weight zero": (one(weight=0.0), "apps[1].weight"),
    "weight NaN": (one(weight=NAN), "apps[1].weight"),
    "stream rate infinite": (one(stream_fps=INF), "apps[1].stream_fps"),
    "beta zero": (one(objective=Objective("f-beta", 0.0)), "apps[1].objective.beta"),
    "unknown metric": (one(objective=Objective("accuracy")), "apps[1].objective.metric"),  # type: ignore[arg-type]
    "minimum above 1": (one(objective=Objective(minimum=1.5)), "apps[1].objective.minimum"),
    "minimum that nothing reaches": (one(objective=Objective(minimum=0.9999)), "apps[1].objective.minimum"),
    "pin to an unknown candidate": (small_problem(pins=(Pin("bikes", candidate="tuned-7"),)), "pins[0].candidate"),
    "pin to a rate that is not allowed": (small_problem(pins=(Pin("bikes", fps=0.3),)), "pins[0].fps"),
    "pin to votes that are not allowed": (small_problem(pins=(Pin("bikes", votes=9),)), "pins[0].votes"),
    "pin to an unknown threshold": (small_problem(pins=(Pin("bikes", threshold=0.1),)), "pins[0]"),
    "pin to an unknown app": (small_problem(pins=(Pin("bikes!"),)), "pins[0].app"),
    "name twice": (small_problem(apps=(small_app("bikes"), small_app("bikes"))), "apps[1]"),
}

BAD_NODES = {
    "budget NaN": (small_problem(budget=NAN), "budget"),
    "budget negative": (small_problem(budget=-1.0), "budget"),
    "overhead NaN": (small_problem(overhead=NAN), "overhead"),
    "memory negative": (small_problem(memory_bytes=-5), "memory_bytes"),
    "changes negative": (small_problem(max_changes=-1), "max_changes"),
    "switching cost negative": (small_problem(switching=Switching(-0.1)), "switching.candidate"),
    "running rate NaN": (small_problem(running=(Running("cars", "tuned-0", NAN),)), "running[0].fps"),
    "running twice": (
        small_problem(running=(Running("cars", "tuned-0", 1.0), Running("cars", "tuned-1", 1.0))),
        "running[1]",
    ),
    "no apps": (small_problem(apps=()), "apps"),
    "step cost negative": (stepped(CostStep("all", 10.0, -1.0)), "segments[0].steps[0].cost"),
    "step twice": (stepped(CostStep("all", 10.0, 0.1), CostStep("all", 5.0, 0.1)), "segments[0].steps[1]"),
    "steps too slow for an app": (stepped(CostStep("keyframes", 2.0, 0.1)), "apps[0].candidates[0].segment"),
    "segment cost negative": (small_problem(segments=(*SEGMENTS, Segment("x", None, -1.0))), "segments[3].seconds"),
    "segment cost NaN": (small_problem(segments=(*SEGMENTS, Segment("x", None, NAN))), "segments[3].seconds"),
    "segment twice": (small_problem(segments=(*SEGMENTS, SEGMENTS[0])), "segments[3]"),
    "unknown parent": (small_problem(segments=(*SEGMENTS, Segment("x", "y"))), "segments[3].parent"),
    "cycle": (
        small_problem(segments=(*SEGMENTS, Segment("x", "y"), Segment("y", "z"), Segment("z", "x"))),
        "segments[3].parent",
    ),
    "own parent": (small_problem(segments=(*SEGMENTS, Segment("x", "x"))), "segments[3].parent"),
    "unequal weights": (
        small_problem(segments=(*SEGMENTS, Segment("x", None, 0.0, 1, "w"), Segment("y", None, 0.0, 2, "w"))),
        "segments[4].bytes",
    ),
}


@pytest.mark.parametrize("case", BAD_APPS)
def test_a_bad_app_is_named_with_its_field(case: str) -> None:
    problem, field = BAD_APPS[case]
    with pytest.raises(InvalidInputError) as caught:
        solve(problem)
    assert caught.value.field == field
    assert "bikes" in str(caught.value)


@pytest.mark.parametrize("case", BAD_NODES)
def test_a_bad_node_is_named_by_field(case: str) -> None:
    problem, field = BAD_NODES[case]
    with pytest.raises(InvalidInputError) as caught:
        solve(problem)
    assert caught.value.field == field


@pytest.mark.parametrize("case", [*BAD_APPS, *BAD_NODES])
def test_a_file_with_the_same_mistake_says_the_same(case: str) -> None:
    problem, field = {**BAD_APPS, **BAD_NODES}[case]
    text = json.dumps(_plain(problem))
    with pytest.raises(InvalidInputError) as caught:
        solve(problem_from_json(text, "node.json"))
    assert caught.value.field == field
    if case in BAD_APPS:
        assert "bikes" in str(caught.value)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda data: data["apps"][1].update(wieght=2.0), "apps[1].wieght"),
        (lambda data: data["apps"][1].update(weight="heavy"), "apps[1].weight"),
        (lambda data: data["apps"][1].pop("events"), "apps[1].events"),
        (lambda data: data["apps"][1]["candidates"][0].update(head_s=None), "apps[1].candidates[0].head_s"),
        (lambda data: data.update(budget="all"), "budget"),
        (lambda data: data.update(apps={}), "apps"),
    ],
)
def test_a_file_of_the_wrong_shape_is_named_by_field(change: Callable[[dict], object], field: str) -> None:
    data = json.loads(problem_to_json(small_problem()))
    change(data)
    with pytest.raises(InvalidInputError) as caught:
        problem_from_json(json.dumps(data), "node.json")
    assert caught.value.field == field
    assert caught.value.source == "node.json"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '"x"', "[" * 100_000])
def test_a_file_that_is_no_problem_is_an_error_not_a_crash(text: str) -> None:
    with pytest.raises(InvalidInputError):
        problem_from_json(text)


@pytest.mark.parametrize(("gap", "deadline_s"), [(-1.0, 1.0), (NAN, 1.0), (0.0, 0.0), (0.0, NAN)])
def test_a_gap_or_deadline_that_makes_no_sense_is_an_error(gap: float, deadline_s: float) -> None:
    with pytest.raises(InvalidInputError, match="gap"):
        solve(small_problem(), gap=gap, deadline_s=deadline_s)


def test_an_unknown_policy_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match="policy"):
        solve(small_problem(), "best-effort")  # type: ignore[arg-type]


def test_no_sharing_asks_for_a_candidate_with_nothing_frozen() -> None:
    app = small_app("bikes")
    problem = small_problem(apps=(small_app("cars"), replace(app, candidates=app.candidates[1:])))
    with pytest.raises(InvalidInputError, match=r"apps\[1\].candidates.*bikes"):
        solve(problem, "no-sharing")


numbers = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.integers(-3, 3))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(budget=numbers, seconds=numbers, head_s=numbers, p=numbers, length_s=numbers, weight=numbers, rate=numbers)
def test_any_numbers_give_a_plan_or_an_error_that_names_a_field(
    budget: float, seconds: float, head_s: float, p: float, length_s: float, weight: float, rate: float
) -> None:
    app = small_app("cars", weight=weight, rates=(rate,), events=EventStatistics(length_s, 0.5, 0.5))
    app = replace(app, candidates=(Candidate("tuned-0", 0, "view/in", head_s, 1, (OperatingPoint(0.5, p, 0.1),)),))
    problem = small_problem(apps=(app,), budget=budget, segments=(Segment("view/in", None, seconds),))
    field, mean_f1 = "", 0.0
    try:
        mean_f1 = solve(problem, deadline_s=5.0).mean_f1
    except InvalidInputError as error:
        field = error.field or "none"
    assert field != "none"
    assert 0.0 <= mean_f1 <= 1.0


def test_more_operating_points_than_long_events_allow_are_refused_before_any_is_planned_with() -> None:
    many = tuple(OperatingPoint(n / 15000, 0.9, 0.02) for n in range(15000))
    long = EventStatistics(length_s=3000.0, frequency=0.5, correlation=0.5)
    wrong = candidate(operating_points=many)
    solve(replace(wrong, apps=(wrong.apps[0], replace(wrong.apps[1], votes=(1,)))))
    with pytest.raises(
        InvalidInputError, match="'bikes': has 15004 operating points, too many for events of 30000 frames"
    ):
        solve(replace(wrong, apps=(wrong.apps[0], replace(wrong.apps[1], events=long))))
