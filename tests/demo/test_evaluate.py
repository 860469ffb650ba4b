"""What chance alone could have made of a difference, where both policies have the same events."""

import numpy as np
import pytest

from mainstream.alerts.measured import AlertScore, FoundEvent
from mainstream_demo.evaluate import difference_of, mean_f1, stretches_of


def score(found: list[bool], false_s: tuple[float, ...] = ()) -> AlertScore:
    """Of an app with an event of 2 s every 10 s from 5 s on; false alerts open at `false_s`."""
    spans = [(10.0 * i + 5.0, 10.0 * i + 7.0) for i in range(len(found))]
    return AlertScore(
        found=tuple(FoundEvent(span, span) for span, hit in zip(spans, found, strict=True) if hit),
        missed=tuple(span for span, hit in zip(spans, found, strict=True) if not hit),
        false=tuple((at_s, at_s + 0.5) for at_s in false_s),
        repeated=(),
        seconds=100.0,
        quiet_s=80.0,
    )


def test_an_app_without_alerts_counts_as_0_in_the_mean() -> None:
    assert mean_f1({"a": score([True] * 4), "b": score([False] * 4)}) == pytest.approx(0.5)


def test_a_false_alert_belongs_to_the_event_before_it_and_ahead_of_all_to_the_last() -> None:
    stretches = stretches_of(score([True, False, True], (1.0, 9.0, 18.0, 19.0)))
    assert stretches.found.tolist() == [1, 0, 1]
    assert stretches.false.tolist() == [1, 2, 1]


def test_what_is_hard_for_both_cancels() -> None:
    rng = np.random.default_rng(0)
    hard = [bool(each) for each in rng.random(40) < 0.5]
    better = [*hard]
    better[hard.index(False)] = True
    paired = difference_of({"a": score(better)}, {"a": score(hard)}, "no-sharing")
    shuffled = [bool(each) for each in rng.permutation(hard)]
    other = difference_of({"a": score(better)}, {"a": score(shuffled)}, "no-sharing")
    assert paired.difference == pytest.approx(other.difference)
    assert paired.low >= 0.0
    assert other.high - other.low > 3 * (paired.high - paired.low)


def test_equal_runs_differ_by_nothing_whatever_is_drawn() -> None:
    same = {"a": score([True, False, True], (18.0,)), "b": score([])}
    told = difference_of(same, same, "no-sharing")
    assert (told.difference, told.low, told.high) == (0.0, 0.0, 0.0)


def test_a_run_that_finds_more_of_many_apps_is_above_for_sure() -> None:
    ours = {f"app-{i}": score([True, True, i % 3 > 0, True]) for i in range(20)}
    theirs = {f"app-{i}": score([True, False, i % 3 > 0, i % 2 > 0]) for i in range(20)}
    assert difference_of(ours, theirs, "no-sharing").low > 0.0
    assert difference_of(theirs, ours, "no-sharing").high < 0.0
