import pytest

from mainstream.scoring import EventScore
from mainstream_demo.evaluate import difference_interval, mean_f1


def score(events: int, found: int, windows: int, false: int) -> EventScore:
    return EventScore(
        events=events, events_found=found, windows=windows, windows_false=false, reports=0, reports_true=0
    )


def test_an_app_without_decisions_counts_as_0_in_the_mean() -> None:
    assert mean_f1({"a": score(4, 4, 8, 0), "b": score(4, 0, 8, 0)}) == pytest.approx(0.5)


def test_few_events_give_a_wide_interval_and_many_a_narrow_one() -> None:
    few = difference_interval({"a": score(8, 6, 10, 2)}, {"a": score(8, 4, 10, 3)})
    many = difference_interval({"a": score(800, 600, 1000, 200)}, {"a": score(800, 400, 1000, 300)})
    assert few[1] - few[0] > 4 * (many[1] - many[0])


def test_equal_runs_have_an_interval_around_0() -> None:
    low, high = difference_interval({"a": score(8, 6, 10, 2)}, {"a": score(8, 6, 10, 2)})
    assert low < 0 < high


def test_the_interval_is_the_same_every_time() -> None:
    ours, theirs = {"a": score(8, 6, 10, 2)}, {"a": score(8, 4, 10, 3)}
    assert difference_interval(ours, theirs) == difference_interval(ours, theirs)
