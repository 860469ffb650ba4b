"""Votes: an event is reported once `votes` analysed frames in a row were hits.

The same rule counts live (`Voter`, frame by frame) and in hindsight (`decisions`, over recorded scores).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass
class Voter:
    """Counts consecutive hits of one app; survives a change of plan, so a streak is not lost by it."""

    votes: int
    """consecutive hits that make a decision, at least 1"""
    streak: int = 0
    """hits in a row so far"""

    def decide(self, hit: bool) -> bool:
        """Take the next analysed frame; true if a decision falls on it."""
        self.streak = self.streak + 1 if hit else 0
        return self.streak >= self.votes


def decisions(hits: NDArray[np.bool_], votes: int) -> NDArray[np.bool_]:
    """For consecutive analysed frames `hits` (n,), on which of them a decision falls (n,)."""
    index = np.arange(len(hits))
    streaks = index - np.maximum.accumulate(np.where(hits, -1, index)) if len(hits) else index
    decided: NDArray[np.bool_] = streaks >= votes
    return decided
