"""Which frames of the training part are held out: stretches of time with a gap around them, never single frames."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream.labels import Run
from mainstream_trainer.settings import TrainingSettings


@dataclass(frozen=True)
class HeldOut:
    """A training part, divided. Frames are counted from the start of the part."""

    fit: NDArray[np.intp]
    """frames that fit the weights, ascending"""
    blocks: tuple[Run, ...]
    """stretches that stop training and measure p and e"""

    @property
    def frames(self) -> NDArray[np.intp]:
        """The held-out frames, ascending."""
        return np.concatenate([np.arange(start, end) for start, end in self.blocks])


def hold_out(present: NDArray[np.bool_], times: FrameTimes, settings: TrainingSettings) -> HeldOut:
    """Divide a training part in which the event is there on the frames `present` (n,), or (n, apps) for several apps
    that hold out the same frames.

    The part is cut into `held_out_blocks` equal pieces of time. In each a stretch of `held_out_share` is held out: the
    first among those that cut the fewest events and hold most nearly the share of event frames that the whole part has.
    Labels alone decide, so that every candidate and every seed is measured on the same frames.

    Raises `InvalidInputError` where held-out or fitting frames would lack one of the two classes.
    """
    pieces = settings.held_out_blocks
    edges = [round(index * len(present) / pieces) for index in range(pieces + 1)]
    blocks = tuple(_best_block(present, (edges[i], edges[i + 1]), settings.held_out_share) for i in range(pieces))
    fits = np.ones(len(present), dtype=np.bool_)
    for start, end in blocks:
        first, last = times.frames_within((start, end), settings.gap_s)
        fits[first:last] = False
    split = HeldOut(np.flatnonzero(fits), blocks)
    for what, frames in (("fitting", split.fit), ("held-out", split.frames)):
        if not (present[frames].any(axis=0) & ~present[frames].all(axis=0)).all():
            raise InvalidInputError(
                f"the {what} frames do not hold both event and no event; label more, or change held_out_share",
                field="settings.held_out_share",
            )
    return split


def _best_block(present: NDArray[np.bool_], piece: Run, share: float) -> Run:
    length = max(1, round(share * (piece[1] - piece[0])))
    goal = present.mean(axis=0)

    def badness(start: int) -> tuple[int, float]:
        end = start + length
        inside = [edge for edge in (start, end) if 0 < edge < len(present)]
        cuts = sum(int(np.count_nonzero(present[edge - 1] & present[edge])) for edge in inside)
        return cuts, float(np.abs(present[start:end].mean(axis=0) - goal).sum())

    start = min(range(piece[0], piece[1] - length + 1), key=badness)
    return start, start + length
