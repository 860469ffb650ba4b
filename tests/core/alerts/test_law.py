"""What the law predicts: golden numbers, its limits, and what merging does (docs/design.md, "Alerts")."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.alerts.law import Alerts, false_share, found_share, predicted, replayed
from mainstream.alerts.merging import MergedEvent, merged_events
from mainstream.laws.chain import EventStatistics, f1, run_probability, run_table

VOTES = np.arange(1, 8)


def of(events: EventStatistics, p: float, e: float, fps: float, votes: int) -> Alerts:
    arrays = np.array([p]), np.array([e]), np.array([fps]), np.array([votes])
    return predicted(*arrays, merged_events(events), events.correlation)


# docs/design.md, "Alerts": p=.9 e=.02 L=2 pi=.1 rho=.2; f, G, X and recall, precision, F1, false alerts an hour
GOLDEN = [
    (5.0, 2.0, 1, 0.881484863, 0.456140065, 0.601185810, 189.180431),
    (5.0, 2.0, 3, 0.988870721, 0.946001915, 0.966961420, 10.160109),
    (5.0, 4.0, 1, 0.750180625, 0.490565705, 0.593212131, 140.226257),
    (5.0, 0.4, 3, 0.994689295, 0.940830317, 0.967010449, 11.260246),
    (0.4, 2.0, 1, 0.724000000, 0.849286787, 0.781654863, 23.126400),
]


@pytest.mark.parametrize(("fps", "gap_s", "votes", "recall", "precision", "harmonic", "per_hour"), GOLDEN)
def test_alerts_match_the_golden_numbers(
    fps: float, gap_s: float, votes: int, recall: float, precision: float, harmonic: float, per_hour: float
) -> None:
    got = of(EventStatistics(2.0, 0.1, 0.2, merge_gap_s=gap_s), 0.9, 0.02, fps, votes)
    assert got.recall.item() == pytest.approx(recall, abs=1e-8)
    assert got.precision.item() == pytest.approx(precision, abs=1e-8)
    assert f1(got.recall, got.precision).item() == pytest.approx(harmonic, abs=1e-8)
    assert got.false_per_hour.item() == pytest.approx(per_hour, abs=1e-6)


@pytest.mark.parametrize("votes", [1, 3, 7])
def test_an_app_that_is_on_all_the_time_is_worth_nothing(votes: int) -> None:
    got = of(EventStatistics(2.0, 0.1, 0.2), 1.0, 1.0, 5.0, votes)
    assert f1(got.recall, got.precision).item() == 0.0


@given(
    p=st.floats(0.0, 1.0),
    e=st.floats(0.0, 1.0),
    length_s=st.floats(0.1, 50.0),
    gap_s=st.floats(0.01, 60.0),
    frequency=st.floats(0.0, 1.0),
    correlation=st.floats(0.0, 1.0),
)
def test_shares_are_shares_whatever_is_asked(
    p: float, e: float, length_s: float, gap_s: float, frequency: float, correlation: float
) -> None:
    events = merged_events(EventStatistics(length_s, frequency, correlation, merge_gap_s=gap_s))
    got = predicted(np.array([p]), np.array([e]), np.array([0.1, 1.0, 7.0]), VOTES, events, correlation)
    for share in (got.recall, got.precision):
        assert ((share >= -1e-12) & (share <= 1.0 + 1e-12)).all()
    assert (got.false_per_hour >= -1e-9).all()
    assert np.isfinite(got.false_per_hour).all()


def test_votes_that_outlast_the_merge_gap_do_not_promise_perfect_precision() -> None:
    got = of(EventStatistics(2.0, 0.1, 0.2, merge_gap_s=0.4), 0.9, 0.2, 5.0, 3)
    assert got.precision.item() < 0.5


def test_recall_is_the_mean_over_observed_events() -> None:
    lengths = (0.5, 1.0, 4.5)
    alone = [of(EventStatistics(2.0, 0.1, 0.2, (each,)), 0.8, 0.0, 2.0, 2).recall.item() for each in lengths]
    assert of(EventStatistics(2.0, 0.1, 0.2, lengths), 0.8, 0.0, 2.0, 2).recall.item() == pytest.approx(np.mean(alone))


def test_an_event_of_two_pieces_is_found_in_either() -> None:
    events = EventStatistics(1.0, 0.1, 0.2, merge_gap_s=2.0, runs_s=((10.0, 11.0), (12.5, 14.5)), footage_s=100.0)
    one, two = (run_probability(0.4, frames, 1, 0.2).item() for frames in (3.0, 6.0))
    got = of(events, 0.4, 0.0, 3.0, 1)
    assert got.recall.item() == pytest.approx(1.0 - (1.0 - one) * (1.0 - two), abs=1e-12)


def test_a_replay_becomes_the_alerts_that_it_counted() -> None:
    events = merged_events(EventStatistics(2.0, 0.1, 0.2, merge_gap_s=3.0))
    # 40 events of 2 s at pi .1 in 800 s: 36 found, 12 false alerts.
    share = false_share(false=12.0, found=36.0, observed=40, quiet_s=720.0, events=events)
    got = replayed(np.array([36 / 40]), np.array([share]), events)
    assert got.precision.item() == pytest.approx(36 / 48)
    assert got.false_per_hour.item() == pytest.approx(12 / (800 / 3600))


def test_no_quiet_stretch_to_count_on_takes_every_false_alert_for_the_rule() -> None:
    events = merged_events(EventStatistics(2.0, 0.9, 0.2, merge_gap_s=30.0))
    assert false_share(1.0, 1.0, 1, 20.0, events) == 1.0
    assert false_share(0.0, 1.0, 1, 20.0, events) == 0.0


def test_looks_further_apart_than_the_gap_count_as_open_as_often_as_they_decide() -> None:
    # One look in 2 s with a gap of 1 s: each alert ends at once, so that no time is open, and yet 7 of 10 looks decide.
    got = of(EventStatistics(4.0, 0.1, 0.0, merge_gap_s=1.0), 0.9, 0.7, 0.5, 1)
    assert got.open_share.item() == pytest.approx(0.7)


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("length_s", [199.9, 200.05, 205.3, 4321.1, 1e6])
def test_long_events_are_found_as_the_chain_says(length_s: float, correlation: float) -> None:
    p = np.array([0.0, 1e-6, 1e-4, 0.001, 0.01, 0.1, 0.5, 1.0])
    fps = np.array([0.1, 1.0, 10.0])
    found = found_share(p, fps, VOTES, (MergedEvent((length_s,)),), correlation)
    expected = run_table(p, length_s * fps, VOTES, correlation).transpose(1, 0, 2)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_any_number_of_long_events_takes_little_memory() -> None:
    lengths_s = np.linspace(300.0, 3000.0, 512).reshape(64, 8)
    events = tuple(MergedEvent(tuple(pieces)) for pieces in lengths_s.tolist())
    tracemalloc.start()
    found = found_share(np.linspace(0, 0.01, 100), np.linspace(0.1, 30.0, 64), VOTES, events, 0.2)
    most_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.0 < found.mean() < 1.0
    # A number for each length and rate would be 350 MB.
    assert most_bytes < 64 << 20
