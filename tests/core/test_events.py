"""The chain law against closed forms, brute force and golden numbers.

Source: docs/design.md, "Hits, votes and correlation" and "The published measure".
"""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.laws.chain import f1, f_beta, frames_per_event, run_probability, run_table

probability = st.floats(0.0, 1.0)


def by_enumeration(p: float, frames: int, votes: int, correlation: float) -> float:
    """R by adding up the probability of every sequence of hits and misses that has the run."""
    total = 0.0
    for sequence in product((0, 1), repeat=frames):
        likely = p if sequence[0] else 1.0 - p
        for before, now in pairwise(sequence):
            hit = p + correlation * (1.0 - p) if before else 1.0 - ((1.0 - p) + correlation * p)
            likely *= hit if now else 1.0 - hit
        if "1" * votes in "".join(map(str, sequence)):
            total += likely
    return total


def test_runs_of_hits_match_the_golden_numbers() -> None:
    # docs/design.md, "Hits, votes and correlation": p=.8, rho=.3, N=6, X=1,2,3
    got = run_probability(0.8, 6.0, [1, 2, 3], 0.3)
    assert got == pytest.approx([0.996701676, 0.960093983, 0.840185600], abs=1e-9)


@pytest.mark.parametrize(("compat", "expected"), [("atc18", 0.948957023), (None, 0.949252228)])
def test_f1_matches_the_golden_numbers_in_both_conventions(compat: str | None, expected: float) -> None:
    # docs/design.md, "The published measure": F=5, L=.7, pi=.6, rho=.6, p=.933, e=.067, f=4
    frames = frames_per_event(0.7, 4.0, stream_fps=5.0, compat=compat)  # type: ignore[arg-type]
    recall, false_alarm = run_probability(0.933, frames, 1, 0.6), run_probability(0.067, frames, 1, 0.6)
    precision = 0.6 * recall / (0.6 * recall + 0.4 * false_alarm)
    assert float(f1(recall, precision)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("votes", [1, 2, 3, 5])
@pytest.mark.parametrize("correlation", [0.0, 0.4, 1.0])
def test_runs_of_hits_match_the_enumeration_of_all_sequences(votes: int, correlation: float) -> None:
    for frames in range(1, 9):
        expected = by_enumeration(0.37, frames, votes, correlation)
        assert float(run_probability(0.37, frames, votes, correlation)) == pytest.approx(expected, abs=1e-12)


@given(p=probability, correlation=probability, frames=st.floats(1.0, 200.0))
def test_one_vote_has_the_closed_form(p: float, correlation: float, frames: float) -> None:
    n = np.floor(frames)
    phi = frames - n
    q = (1.0 - p) + correlation * p
    expected = 1.0 - (1.0 - p) * ((1.0 - phi) * q ** (n - 1) + phi * q**n)
    assert float(run_probability(p, frames, 1, correlation)) == pytest.approx(expected, abs=1e-9)


@given(p=probability, correlation=probability, frames=st.floats(0.0, 1.0, exclude_max=True))
def test_less_than_one_frame_is_met_that_often(p: float, correlation: float, frames: float) -> None:
    assert float(run_probability(p, frames, 1, correlation)) == pytest.approx(frames * p, abs=1e-12)
    assert float(run_probability(p, frames, 2, correlation)) == 0.0


def test_no_frame_finds_nothing() -> None:
    assert run_probability(1.0, 0.0, [1, 2, 7], 0.5).tolist() == [0.0, 0.0, 0.0]


@given(
    p=probability,
    q=probability,
    correlation=probability,
    frames=st.floats(0.0, 60.0),
    more=st.floats(0.0, 20.0),
    votes=st.integers(1, 7),
)
def test_better_hits_more_frames_and_fewer_votes_never_find_less(
    p: float, q: float, correlation: float, frames: float, more: float, votes: int
) -> None:
    worse, better = sorted((p, q))
    base = float(run_probability(worse, frames, votes, correlation))
    assert 0.0 <= base <= 1.0
    assert float(run_probability(better, frames, votes, correlation)) >= base - 1e-12
    assert float(run_probability(worse, frames + more, votes, correlation)) >= base - 1e-12
    assert float(run_probability(worse, frames, votes + 1, correlation)) <= base + 1e-12


@pytest.mark.parametrize("correlation", [0.0, 0.3, 1.0])
def test_long_events_are_walked_and_squared_alike(correlation: float) -> None:
    p, votes = np.array([0.0, 1e-4, 0.02, 0.6, 1.0]), np.array([1, 2, 4])
    # 1999 frames are walked one by one; asking for 2500 as well takes the other way for both
    walked = run_table(p, np.array([700.5, 1999.0]), votes, correlation)
    squared = run_table(p, np.array([700.5, 1999.0, 2500.0]), votes, correlation)
    assert squared[:, :2] == pytest.approx(walked, abs=1e-10)


def test_hours_long_events_take_no_hours() -> None:
    table = run_table(np.linspace(0.0, 1.0, 50), np.array([3600.0 * 30.0]), np.array([1, 7]), 0.5)
    assert table[0, 0, -1] == 1.0
    assert table[0, 0, 0] == 0.0


def test_no_recall_or_no_precision_means_no_f1() -> None:
    assert float(f1(0.0, 0.0)) == 0.0
    assert float(f1(1.0, 0.0)) == 0.0


def test_f_beta_leans_towards_recall_as_beta_grows() -> None:
    assert float(f_beta(0.9, 0.5, 1.0)) == pytest.approx(2 * 0.9 * 0.5 / 1.4)
    assert float(f_beta(0.9, 0.5, 2.0)) == pytest.approx(5 * 0.9 * 0.5 / (4 * 0.5 + 0.9))
    assert float(f_beta(0.9, 0.5, 100.0)) == pytest.approx(0.9, abs=1e-3)


def test_compat_without_the_stream_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="stream"):
        frames_per_event(1.0, 5.0, compat="atc18")
