"""Counts of apps over changes of plan."""

from mainstream_runner.feeder.counts import FrameCounts


def test_every_frame_is_counted_once() -> None:
    counts = FrameCounts()
    counts.keep(["a", "b"])
    counts.captured(["a", "b"], {"a"})
    counts.captured(["a", "b"], {"a", "b"})
    counts.analysed(["a"])
    counts.dropped(["a", "b"])
    tally = counts.tallies()
    assert (tally["a"].captured, tally["a"].analysed, tally["a"].skipped, tally["a"].dropped) == (2, 1, 0, 1)
    assert (tally["b"].captured, tally["b"].analysed, tally["b"].skipped, tally["b"].dropped) == (2, 0, 1, 1)
    assert tally["a"].waiting == tally["b"].waiting == 0


def test_an_app_that_goes_and_comes_back_goes_on_from_its_counts() -> None:
    counts = FrameCounts()
    counts.keep(["a", "b"])
    counts.captured(["a", "b"], {"a", "b"})
    counts.keep(["a"])
    counts.dropped(["b"])
    counts.keep(["a", "b"])
    counts.captured(["a", "b"], set())
    tally = counts.tallies()["b"]
    assert (tally.captured, tally.dropped, tally.skipped, tally.waiting) == (2, 1, 1, 0)


def test_of_apps_beyond_number_those_that_went_first_are_forgotten() -> None:
    counts = FrameCounts()
    counts.keep(["first"])
    for number in range(1100):
        counts.keep([f"app-{number}"])
    tally = counts.tallies()
    assert len(tally) == 1024
    assert "first" not in tally
    assert "app-1099" in tally


def test_no_rate_is_told_before_there_is_enough_to_tell() -> None:
    counts = FrameCounts()
    counts.keep(["a"])
    counts.sample()
    assert counts.fps("a", 5.0) is None
