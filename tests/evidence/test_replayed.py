"""A replayed curve counts what voting on the same frames would decide."""

import numpy as np
import pytest

from mainstream.voting import decisions
from replayed import hits_in_a_row, longest_within

RNG = np.random.default_rng(0)
HITS = RNG.random(500) < 0.6
TIMES_S = np.sort(RNG.uniform(0.0, 100.0, 500))
SPANS = [(at, at + width) for at, width in zip(np.arange(0.0, 99.0, 1.5), RNG.uniform(0.01, 1.2, 66), strict=True)]


@pytest.mark.parametrize("votes", [1, 2, 5])
def test_a_span_holds_a_decision_where_its_longest_streak_reaches_the_votes(votes: int) -> None:
    decided_s = TIMES_S[decisions(HITS, votes)]
    expected = [bool(((decided_s >= start) & (decided_s < end)).any()) for start, end in SPANS]
    assert (longest_within(hits_in_a_row(HITS), TIMES_S, SPANS) >= votes).tolist() == expected
    assert 0 < sum(expected) < len(expected)
