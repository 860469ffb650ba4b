"""Cross-fitting: into which blocks a training part falls, so that every frame is scored by models that never saw its
block. Pure.

Blocks are contiguous, with edges outside events, and a gap around each: neighbouring frames are near duplicates. Of
pictures they go by name, in each class. Where somebody named groups, the people, cameras or days that pictures or clips
are of, they hold whole ones. There are fewer blocks where one would hold no event, and that is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Run, runs_of
from mainstream_trainer.data.held_out import HeldOut

LEAST_FOLDS = 2


@dataclass(frozen=True)
class Folds:
    """A training part of n frames, or pictures, in folds."""

    fit: NDArray[np.bool_]
    """which frames the models of each fold learn from, (folds, n)"""
    fold_of: NDArray[np.int64]
    """of which fold's models each frame is scored by, (n,); -1: by none"""
    note: str = ""
    """why there are fewer folds than were asked for"""

    @property
    def count(self) -> int:
        """Number of folds."""
        return len(self.fit)

    @property
    def blocks(self) -> tuple[Run, ...]:
        """Stretches of scored frames that belong to one fold, ascending."""
        edges = [0, *(np.flatnonzero(np.diff(self.fold_of)) + 1).tolist(), len(self.fold_of)]
        return tuple((start, end) for start, end in pairwise(edges) if self.fold_of[start] >= 0)

    @property
    def frames(self) -> NDArray[np.intp]:
        """Frames that are scored, ascending."""
        return np.flatnonzero(self.fold_of >= 0)

    def division(self, fold: int) -> HeldOut:
        """What the models of one fold learn from, and the block that they never saw."""
        return HeldOut(np.flatnonzero(self.fit[fold]), runs_of(self.fold_of == fold))


def folds_of_footage(
    present: NDArray[np.bool_],
    events: Sequence[Run],
    times: FrameTimes,
    *,
    count: int,
    gap_s: float,
    held_out: HeldOut,
) -> Folds:
    """At most `count` blocks of time, of about one length, or else of about as many of the merged `events` each.

    `present` (n,) are the frames that learning calls events. Where not even two blocks hold an event each, the one
    division of fine-tuned candidates, `held_out`, is the only fold.
    """
    inside = np.zeros(len(present) + 1, dtype=np.bool_)
    for start, end in (*events, *runs_of(present)):
        inside[start + 1 : end] = True
    edges = np.flatnonzero(~inside[1:-1]) + 1
    whole = [run for run in events if present[run[0]]]
    for folds in range(count, LEAST_FOLDS - 1, -1):
        for cuts in _cuts(edges, whole, len(present), folds):
            fold_of = np.searchsorted(cuts, np.arange(len(present)), side="right")
            blocks = list(pairwise([0, *cuts, len(present)]))
            fit = np.ones((folds, len(present)), dtype=np.bool_)
            for fold, block in enumerate(blocks):
                first, last = times.frames_within(block, gap_s)
                fit[fold, first:last] = False
            holds = all(any(start <= a and b <= end for a, b in whole) for start, end in blocks)
            if holds and _teach(fit, present) and _show(fold_of, folds, present):
                return Folds(fit, fold_of, _fewer(folds, count))
    fold_of = np.full(len(present), -1, dtype=np.int64)
    fold_of[held_out.frames] = 0
    fit = np.zeros((1, len(present)), dtype=np.bool_)
    fit[0, held_out.fit] = True
    return Folds(fit, fold_of, _fewer(1, count))


def folds_of_pictures(classes: NDArray[np.int64], present: NDArray[np.bool_], count: int, gap_pictures: int) -> Folds:
    """At most `count` blocks of pictures (n,), whose classes lie one after the other, in the order of their names.

    `InvalidInputError` where not even two blocks show the event and something else each.
    """
    for folds in range(count, LEAST_FOLDS - 1, -1):
        fold_of = _by_name(classes, folds)
        near = np.stack([_widened(fold_of == fold, classes, gap_pictures) for fold in range(folds)])
        if _teach(~near, present) and _show(fold_of, folds, present):
            return Folds(~near, fold_of, _fewer(folds, count))
    raise InvalidInputError(
        "there are too few pictures to hold some out: two blocks need the event and something else each; add pictures",
        field="pictures",
    )


def folds_of_groups(
    groups: Sequence[str], present: NDArray[np.bool_], count: int, events: Sequence[Run] | None = None
) -> Folds:
    """At most `count` blocks of whole groups (n,): of about one size, or else of about as many frames with the event.

    Of footage each block holds one of the merged `events`. `InvalidInputError` where not even two blocks show the event
    and something else each.
    """
    names, of = np.unique(np.asarray(groups), return_inverse=True)
    whole = None if events is None else [start for start, _ in events if present[start]]
    for folds in range(count, LEAST_FOLDS - 1, -1):
        for weights in (np.bincount(of), np.bincount(of, weights=present)):
            fold_of = _dealt(weights, folds)[of]
            fit = np.stack([fold_of != fold for fold in range(folds)])
            holds = whole is None or set(fold_of[whole].tolist()) == set(range(folds))
            if holds and _teach(fit, present) and _show(fold_of, folds, present):
                return Folds(fit, fold_of, _fewer(folds, count))
    raise InvalidInputError(
        f"leave blocks without the event, or without anything else, however the {len(names)} of them are dealt out; "
        "name smaller groups, or none",
        field="groups",
    )


def _cuts(edges: NDArray[np.intp], events: Sequence[Run], frames: int, folds: int) -> Iterator[NDArray[np.intp]]:
    """Where blocks may begin: by time, then by events."""
    if len(edges) < folds - 1:
        return
    wanted = [frames * np.arange(1, folds) / folds]
    if len(events) >= folds:
        lasts = [round(len(events) * fold / folds) for fold in range(1, folds)]
        wanted.append(np.array([(events[last - 1][1] + events[last][0]) / 2 for last in lasts]))
    for each in wanted:
        cuts = np.unique([edges[np.abs(edges - at).argmin()] for at in each])
        if len(cuts) == folds - 1:
            yield cuts


def _by_name(classes: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    fold_of = np.empty(len(classes), dtype=np.int64)
    for label in np.unique(classes):
        rows = np.flatnonzero(classes == label)
        fold_of[rows] = np.arange(len(rows)) * folds // len(rows)
    return fold_of


def _dealt(weights: NDArray[np.float64] | NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """The block of each group: the heaviest first, each to the block that weighs least so far."""
    sums = np.zeros(folds)
    fold_of = np.empty(len(weights), dtype=np.int64)
    for at in np.argsort(-weights, kind="stable").tolist():
        fold_of[at] = sums.argmin()
        sums[fold_of[at]] += weights[at]
    return fold_of


def _widened(block: NDArray[np.bool_], classes: NDArray[np.int64], by: int) -> NDArray[np.bool_]:
    """The block and so many neighbours of its own class on both sides."""
    wide = block.copy()
    for step in range(1, by + 1):
        same = classes[step:] == classes[:-step]
        wide[step:] |= block[:-step] & same
        wide[:-step] |= block[step:] & same
    return wide


def _teach(fit: NDArray[np.bool_], present: NDArray[np.bool_]) -> bool:
    """Whether every fold's models see both classes."""
    return all((present[rows].any() and not present[rows].all()) for rows in fit)


def _show(fold_of: NDArray[np.int64], folds: int, present: NDArray[np.bool_]) -> bool:
    """Whether every block shows both classes."""
    return all((present[fold_of == fold].any() and not present[fold_of == fold].all()) for fold in range(folds))


def _fewer(folds: int, asked: int) -> str:
    if folds == asked:
        return ""
    return f"{folds} block{'s' * (folds > 1)} instead of {asked}: with more of them one would hold no event"
