import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mainstream.laws.voting import Voter, decisions


def test_a_decision_needs_that_many_hits_in_a_row() -> None:
    hits = np.array([True, True, False, True, True, True, True])
    assert decisions(hits, 3).tolist() == [False, False, False, False, False, True, True]


def test_one_vote_decides_on_every_hit() -> None:
    hits = np.array([True, False, True])
    assert decisions(hits, 1).tolist() == hits.tolist()


def test_no_frames_give_no_decisions() -> None:
    assert decisions(np.zeros(0, dtype=np.bool_), 2).tolist() == []


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 7))
def test_live_and_hindsight_votes_agree(hits: list[bool], votes: int) -> None:
    voter = Voter(votes)
    assert [voter.decide(hit) for hit in hits] == decisions(np.array(hits, dtype=np.bool_), votes).tolist()
