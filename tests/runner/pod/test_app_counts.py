"""Counts of apps over changes of plan."""

from mainstream_runner.pod.app_counts import AppCounts


def test_every_frame_is_counted_once() -> None:
    counts = AppCounts()
    counts.keep(["a", "b"])
    counts.captured(["a", "b"], {"a"})
    counts.captured(["a", "b"], {"a", "b"})
    counts.analysed(["a"])
    counts.dropped(["a", "b"])
    tally = counts.tallies({})
    assert (tally["a"].captured, tally["a"].analysed, tally["a"].skipped, tally["a"].dropped) == (2, 1, 0, 1)
    assert (tally["b"].captured, tally["b"].analysed, tally["b"].skipped, tally["b"].dropped) == (2, 0, 1, 1)
    assert tally["a"].waiting == tally["b"].waiting == 0


def test_an_app_that_stays_keeps_its_counts_and_one_that_is_gone_is_forgotten() -> None:
    counts = AppCounts()
    counts.keep(["a", "b"])
    counts.captured(["a", "b"], {"a", "b"})
    counts.keep(["a", "c"])
    counts.analysed(["a", "b"])
    tally = counts.tallies({})
    assert set(tally) == {"a", "c"}
    assert tally["a"].analysed == 1
    assert tally["c"].captured == 0


def test_no_rate_is_told_before_there_is_enough_to_tell() -> None:
    counts = AppCounts()
    counts.keep(["a"])
    counts.sample()
    assert counts.tallies({"a": 5.0})["a"].fps is None
