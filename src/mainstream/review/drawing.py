"""Which frames of an app are kept to be labelled: some of each stratum in each hour, with a chance that is known.

A reservoir for each stratum and hour (Vitter, Random Sampling with a Reservoir, 1985): however many frames come, so
many are kept, and each was as likely as any other. So a day's frames are bounded, whatever the scores do.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mainstream.review.objects import DrawnFrame
from mainstream.review.strata import STRATA
from mainstream.times import HOUR_S

FRAMES_PER_HOUR = (1, 1, 1, 1)
"""of each stratum: at most 96 a day and app"""


@dataclass(frozen=True)
class KeptFrame:
    """A frame that is in the reservoir."""

    at_s: float
    score: float


@dataclass(frozen=True)
class DrawnCell:
    """What was drawn of one stratum in one hour, of how many frames."""

    stratum: int
    seen: int
    seconds: float
    """of the stream that those stand for"""
    kept: tuple[KeptFrame, ...]


class FrameDrawer:
    """One app's reservoirs; times are seconds since 1970 and need not ascend."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._from_s = self._to_s = 0.0
        self._begin()

    def _begin(self) -> None:
        self._hour: int | None = None
        self._seen = [0] * len(STRATA)
        self._kept: list[list[KeptFrame]] = [[] for _ in STRATA]

    def ends_hour(self, at_s: float) -> bool:
        """Whether a frame of that time belongs to a later hour than those that are held: take `end_hour` first."""
        return self._hour is not None and int(at_s // HOUR_S) > self._hour

    def draw(self, stratum: int, at_s: float, score: float) -> tuple[KeptFrame, KeptFrame | None] | None:
        """Whether this frame is kept, and which one goes for it."""
        if self._hour is None:
            self._hour = int(at_s // HOUR_S)
            self._from_s = self._to_s = at_s
        self._to_s = max(self._to_s, at_s)
        self._seen[stratum] += 1
        kept, room = self._kept[stratum], FRAMES_PER_HOUR[stratum]
        if len(kept) < room:
            kept.append(KeptFrame(at_s, score))
            return kept[-1], None
        place = int(self._random.integers(self._seen[stratum]))
        if place >= room:
            return None
        gone, kept[place] = kept[place], KeptFrame(at_s, score)
        return kept[place], gone

    def end_hour(self) -> list[DrawnCell]:
        """What was drawn, of strata that had frames; begins anew. A single frame stands for no time, and is none."""
        total = sum(self._seen)
        # Between n frames lie n - 1 intervals, and each frame stands for one.
        each_s = (self._to_s - self._from_s) / (total - 1) if total > 1 else 0.0
        cells = [
            DrawnCell(number, seen, seen * each_s, tuple(kept))
            for number, (seen, kept) in enumerate(zip(self._seen, self._kept, strict=True))
            if seen and each_s > 0.0
        ]
        self._begin()
        return cells


def drawn_frames(cells: Iterable[DrawnCell]) -> tuple[DrawnFrame, ...]:
    """Each frame that was drawn, with its chance, and the seconds of its stratum shared among those of it."""
    return tuple(
        DrawnFrame(
            at_s=kept.at_s,
            score=kept.score,
            stratum=cell.stratum,
            chance=len(cell.kept) / cell.seen,
            stands_for_s=cell.seconds / len(cell.kept),
        )
        for cell in cells
        for kept in cell.kept
    )
