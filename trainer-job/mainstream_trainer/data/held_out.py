"""Which frames of the training part are held out: stretches of time with a gap around them, never single frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Run, runs_of
from mainstream_trainer.settings import TrainingSettings

_LARGER_SHARES = (0.35, 0.5)
"""of the training part, held out where events are few"""


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

    Where there are too few events for that, fewer and then longer stretches are held out, with smaller gaps, and the
    second half of an only event where nothing else is left. Raises `InvalidInputError` where held-out or fitting frames
    would lack one of the two classes even so.
    """
    for division in _divisions(present, times, settings):
        if _holds_both(present, division.fit) and _holds_both(present, division.frames):
            return division
    raise InvalidInputError(
        "whichever frames are held out, they and the others do not hold both event and no event; label more, or move "
        "the split (split.train, --train-part)"
    )


def _divisions(present: NDArray[np.bool_], times: FrameTimes, settings: TrainingSettings) -> Iterator[HeldOut]:
    """Ways to divide, the best first."""
    shares = (settings.held_out_share, *(share for share in _LARGER_SHARES if share > settings.held_out_share))
    tried: list[tuple[Run, ...]] = []
    for pieces in range(settings.held_out_blocks, 0, -1):
        edges = [round(index * len(present) / pieces) for index in range(pieces + 1)]
        for share in shares:
            blocks = tuple(_best_block(present, piece, share) for piece in pairwise(edges))
            tried.append(blocks)
            yield _divided(present, times, blocks, settings.gap_s)
    for gap_s in (settings.gap_s / 4, 0.0):
        for blocks in tried:
            yield _divided(present, times, blocks, gap_s)
    if present.ndim == 1:
        yield _divided(present, times, (_half_of_longest(present),), 0.0)


def _divided(present: NDArray[np.bool_], times: FrameTimes, blocks: tuple[Run, ...], gap_s: float) -> HeldOut:
    fits = np.ones(len(present), dtype=np.bool_)
    for block in blocks:
        first, last = times.frames_within(block, gap_s)
        fits[first:last] = False
    return HeldOut(np.flatnonzero(fits), blocks)


def _holds_both(present: NDArray[np.bool_], frames: NDArray[np.intp]) -> bool:
    """Whether every app has the event on some of the frames, and none on others."""
    some = present[frames]
    return bool(len(frames)) and bool((some.any(axis=0) & ~some.all(axis=0)).all())


def _half_of_longest(present: NDArray[np.bool_]) -> Run:
    """The second half of the longest event and as much again after it, or the first half with what is before it."""
    start, end = max(runs_of(present), key=lambda run: run[1] - run[0], default=(0, 0))
    middle, half = (start + end) // 2, (end - start + 1) // 2
    return (middle, min(len(present), end + half)) if end < len(present) else (max(0, start - half), middle)


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
