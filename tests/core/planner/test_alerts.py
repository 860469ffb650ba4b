"""Plans by what a user gets: maxima of false alerts, merge gaps, and reasons that tell alerts."""

from dataclasses import replace

import pytest
from planner_small import EVENTS, small_app, small_problem

from mainstream.errors import InvalidInputError
from mainstream.laws.chain import EventStatistics
from mainstream.planner import App, Candidate, Objective, OperatingPoint, Pin, Problem, solve
from mainstream.planner.answer.wording import duration, false_alerts, finds, keeping_to

ALWAYS_ON = OperatingPoint(0.02, 1.0, 0.97)
SOUND = OperatingPoint(0.6, 0.8, 0.01)


def alone(*points: OperatingPoint, **changes: object) -> App:
    app = App("door", 10.0, EVENTS, (Candidate("tuned-0", 0, None, 0.01, 1, points),), rates=(5.0,))
    return replace(app, **changes)  # type: ignore[arg-type]


def counted(app: App, **counts: float) -> App:
    """The same with these counts of what its candidate was measured on."""
    return replace(app, candidates=tuple(replace(each, **counts) for each in app.candidates))  # type: ignore[arg-type]


def planned(app: App, **changes: object) -> object:
    return solve(replace(Problem((app,), (), 1.0), **changes)).apps[0]  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", ["f1", "f-beta", "recall", "precision"])
def test_a_threshold_that_is_on_all_the_time_is_never_planned(metric: str) -> None:
    got = planned(alone(ALWAYS_ON, SOUND, objective=Objective(metric, 2.0)))  # type: ignore[arg-type]
    assert got.threshold == SOUND.threshold  # type: ignore[attr-defined]


def test_a_maximum_of_false_alerts_is_kept_at_the_cost_of_the_mean() -> None:
    free = solve(small_problem())
    least = solve(small_problem(apps=(small_app("cars", objective=Objective("precision")), small_app("bikes", 0.8))))
    most = 24.0 * (free.app("cars").false_alerts_per_hour + least.app("cars").false_alerts_per_hour) / 2
    assert most < 24.0 * free.app("cars").false_alerts_per_hour
    apps = (small_app("cars", objective=Objective(maximum_false_alerts_per_day=most)), small_app("bikes", 0.8))
    plan = solve(small_problem(apps=apps))
    assert 24.0 * plan.app("cars").false_alerts_per_hour <= most
    assert plan.mean_f1 < free.mean_f1


def test_a_maximum_that_nothing_keeps_is_named_with_the_least_there_is() -> None:
    app = alone(SOUND, objective=Objective(maximum_false_alerts_per_day=0.0))
    with pytest.raises(
        InvalidInputError, match=r"app 'door'.*maximum of 0 false alerts a day \(the least is"
    ) as caught:
        planned(app)
    assert caught.value.field == "apps[0].objective.maximum_false_alerts_per_day"


@pytest.mark.parametrize(
    ("stretches", "maximum", "text"),
    [
        (None, 24.0, "raise the maximum, or measure with more footage in which nothing happens"),
        (20.0, 0.0, "no footage can promise none at all; raise the maximum"),
        (20.0, 24.0, "its data tell no better than 2,200 a day; an hour of footage without events would do"),
        (0.0, 1.0, "its data tell nothing of them; a day of footage without events would do"),
        (43_200.0, 1.0, "raise the maximum, or train it to be wrong less often"),
    ],
)
def test_a_maximum_that_nothing_keeps_is_answered_by_what_data_can_tell_and_what_would_do(
    stretches: float | None, maximum: float, text: str
) -> None:
    # One false alert in all quiet footage is the fewest that it can tell: 20 stretches of 2 s are 2,160 a day.
    asked = counted(
        alone(SOUND, objective=Objective(maximum_false_alerts_per_day=maximum)), observed_stretches=stretches
    )
    assert keeping_to(asked, maximum).startswith(text)


def test_the_answer_stands_in_the_error() -> None:
    app = alone(SOUND, objective=Objective(maximum_false_alerts_per_day=1e-6), votes=(1,))
    app = counted(app, observed_stretches=20.0)
    with pytest.raises(
        InvalidInputError, match=r"\(the least is .*\); its data tell no better than 2,200 a day; .* days"
    ):
        planned(app)


@pytest.mark.parametrize(("stretches", "told"), [(20.0, True), (500_000.0, False), (None, False)])
def test_a_kept_maximum_that_data_cannot_tell_says_so(stretches: float | None, told: bool) -> None:
    objective = Objective(maximum_false_alerts_per_day=50.0)
    app = counted(alone(OperatingPoint(0.9, 0.5, 1e-5), objective=objective), observed_events=9.0)
    app = app if stretches is None else counted(app, observed_stretches=stretches)
    got = planned(app)
    said = "a maximum of 50 false alerts a day is predicted, not measured: its data tell no better than 2,200 a day"
    assert (said in got.why) == told  # type: ignore[attr-defined]


@pytest.mark.parametrize(("metric", "measure"), [("f1", "F1 of alerts"), ("f-beta", "F-beta of alerts")])
def test_a_minimum_that_nothing_reaches_says_what_it_is_of(metric: str, measure: str) -> None:
    app = alone(SOUND, objective=Objective(metric, 2.0, minimum=0.999))  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match=f"reaches its minimum {measure}, 0.999 "):
        planned(app)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (40.0, "40 seconds"),
        (60.0, "a minute"),
        (3600.0, "an hour"),
        (3927.3, "66 minutes"),
        (7201.0, "2 hours"),
        (8000.0, "3 hours"),
        (86400.0, "a day"),
        (172_800.0, "2 days"),
    ],
)
def test_a_duration_in_words_is_no_less_than_it_is(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_minimum_and_maximum_together_are_named_together() -> None:
    app = alone(SOUND, objective=Objective(minimum=0.5, maximum_false_alerts_per_day=0.0))
    with pytest.raises(InvalidInputError, match=r"nothing that reaches its minimum of 0.5 keeps to its maximum"):
        planned(app)


def test_why_tells_what_is_found_how_often_it_is_wrong_and_what_more_would_find() -> None:
    why = [app.why for app in solve(small_problem(budget=0.05)).apps]
    assert all("of 10" in text for text in why)
    assert all(" false alert" in text for text in why)
    assert any("more fps would find" in text and "more of 100 events" in text for text in why)


def test_a_pinned_rate_slower_than_the_merge_gap_is_told_not_refused() -> None:
    app = alone(SOUND, rates=(0.2, 5.0))
    got = planned(app, pins=(Pin("door", fps=0.2),))
    assert got.fps == 0.2  # type: ignore[attr-defined]
    assert "5 s apart" in got.why  # type: ignore[attr-defined]
    assert "each decision opens an alert" in got.why  # type: ignore[attr-defined]


def test_labels_that_merge_into_one_event_are_told_with_the_gap_that_keeps_them_apart() -> None:
    runs = ((10.0, 12.0), (15.0, 17.0), (24.0, 26.0))
    events = EventStatistics(2.0, 0.1, 0.2, merge_gap_s=10.0, runs_s=runs, footage_s=100.0)
    got = planned(alone(SOUND, events=events))
    assert "3 labelled runs merge into one event" in got.why  # type: ignore[attr-defined]
    assert "below 7 s" in got.why  # type: ignore[attr-defined]


def test_another_merge_gap_is_another_truth() -> None:
    runs = tuple((10.0 * i, 10.0 * i + 2.0) for i in range(20))
    events = EventStatistics(2.0, 0.2, 0.2, merge_gap_s=1.0, runs_s=runs, footage_s=300.0)
    apart, merged = (planned(alone(SOUND, events=replace(events, merge_gap_s=gap_s))) for gap_s in (1.0, 8.0))
    assert apart.recall < merged.recall  # type: ignore[attr-defined]


def test_a_note_ends_the_reason() -> None:
    got = planned(alone(SOUND, note="planned by the law"))
    assert got.why.endswith("; planned by the law")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"length_s": 0.0}, "length_s"),
        ({"merge_gap_s": 0.0}, "merge_gap_s"),
        ({"merge_gap_s": 200.0, "runs_s": ((1.0, 2.0),), "footage_s": 100.0}, "merge_gap_s"),
        ({"runs_s": ((2.0, 2.0),)}, r"runs_s\[0\]"),
        ({"runs_s": ((2.0, 4.0), (3.0, 5.0))}, r"runs_s\[1\]"),
        ({"runs_s": ((2.0, 40.0),), "footage_s": 10.0}, "footage_s"),
        ({"footage_s": float("nan")}, "footage_s"),
    ],
)
def test_events_that_cannot_be_are_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"app 'door'.*|apps\[0\]\.events\.{field}") as caught:
        planned(alone(SOUND, events=replace(EVENTS, **changes)))  # type: ignore[arg-type]
    assert caught.value.field is not None
    assert field.replace("\\", "") in caught.value.field


@pytest.mark.parametrize(
    ("recall", "text"),
    [(0.9, "finds 9 of 10 events"), (0.93, "finds 93 of 100 events"), (0.9999, "finds nearly all events")],
)
def test_recall_in_words(recall: float, text: str) -> None:
    assert finds(recall) == text


@pytest.mark.parametrize(
    ("per_day", "text"),
    [
        (0.001, "hardly a false alert a year"),
        (0.1, "about one false alert in 10 days"),
        (1.0, "about 1 false alert a day"),
        (3.1, "about 3 false alerts a day"),
        (22.4, "about 22 false alerts a day"),
        (960.0, "about 40 false alerts an hour"),
    ],
)
def test_false_alerts_in_words(per_day: float, text: str) -> None:
    assert false_alerts(per_day / 24.0) == text


@pytest.mark.parametrize(
    ("events", "stretches", "text"),
    [
        (3.0, 50.0, "measured on 3 held-out events; more labelled events"),
        (20.0, 4.0, "measured on 20 held-out events and 4 quiet stretches; more footage"),
        (8.0, 8.0, None),
        (None, None, None),
    ],
)
def test_thin_data_is_said(events: float | None, stretches: float | None, text: str | None) -> None:
    got = planned(counted(alone(SOUND), observed_events=events, observed_stretches=stretches))
    why: str = got.why  # type: ignore[attr-defined]
    assert text in why if text is not None else "held-out" not in why
