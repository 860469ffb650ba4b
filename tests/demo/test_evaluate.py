import pytest

from mainstream.alerts.measured import AlertScore, FoundEvent
from mainstream_demo.evaluate import difference_interval, mean_f1


def score(events: int, found: int, false: int) -> AlertScore:
    spans = [(10.0 * i, 10.0 * i + 2.0) for i in range(events + false)]
    return AlertScore(
        found=tuple(FoundEvent(span, span) for span in spans[:found]),
        missed=tuple(spans[found:events]),
        false=tuple(spans[events:]),
        repeated=(),
        seconds=100.0,
        quiet_s=80.0,
    )


def test_an_app_without_alerts_counts_as_0_in_the_mean() -> None:
    assert mean_f1({"a": score(4, 4, 0), "b": score(4, 0, 0)}) == pytest.approx(0.5)


def test_few_events_give_a_wide_interval_and_many_a_narrow_one() -> None:
    few = difference_interval({"a": score(8, 6, 2)}, {"a": score(8, 4, 3)})
    many = difference_interval({"a": score(800, 600, 200)}, {"a": score(800, 400, 300)})
    assert few[1] - few[0] > 4 * (many[1] - many[0])


def test_equal_runs_have_an_interval_around_0() -> None:
    low, high = difference_interval({"a": score(8, 6, 2)}, {"a": score(8, 6, 2)})
    assert low < 0 < high


def test_the_interval_is_the_same_every_time() -> None:
    ours, theirs = {"a": score(8, 6, 2)}, {"a": score(8, 4, 3)}
    assert difference_interval(ours, theirs) == difference_interval(ours, theirs)
