"""Streams made of single pictures: which picture stands on which frame. Pure.

A stream is a row of runs; every frame of a run shows a picture of the run's class. Within a run misses are correlated
as the event model has it: each run has an anchor picture, a frame shows the anchor with probability sqrt(rho) and any
picture of the class otherwise. So two frames of a run show the same picture, and are hit or missed together, with
probability rho at any distance, which is what rho means at any analysed rate (docs/design.md,
"Hits, votes and correlation").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream.footage.labels import Run, runs_of
from mainstream.mpackage.manifest import MeasuredEventStatistics

IntArray = NDArray[np.int64]

_MOST_FRAMES = 1_000_000
_MOST_EVENTS = 400
_WANTED_EVENTS = 100
"""before that the stream's rate is lowered, so that longer events fit into as many frames"""
_RUNS_PER_EVENT = (3.0, 10.0)
"""fewest and most runs outside events for each event: shares of quiet time need some, and gain nothing from more"""
_SPREAD_OUTSIDE = 2.0
"""a run outside events is log-uniform between length / spread and length * spread: how long it lasts nobody declares"""


@dataclass(frozen=True)
class PictureStream:
    """One stream; arrays of shape (frames,)."""

    fps: float
    classes: IntArray
    """class on each frame"""
    pictures: IntArray
    """row of the pictures' scores on each frame"""

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.classes)

    @property
    def seconds(self) -> float:
        """Length of the stream."""
        return self.frames / self.fps

    def events(self, event_classes: Sequence[int]) -> tuple[Run, ...]:
        """Maximal runs of frames that show one of the classes."""
        return runs_of(np.isin(self.classes, list(event_classes)))


def shown_in_run(pictures: IntArray, frames: int, correlation: float, rng: np.random.Generator) -> IntArray:
    """Which of a class's `pictures` (n,) each of a run's frames shows, (frames,), with correlation rho."""
    drawn = rng.choice(pictures, frames)
    anchor = rng.choice(pictures)
    drawn[rng.random(frames) < np.sqrt(correlation)] = anchor
    return drawn


def declared_stream(
    classes: IntArray, event_classes: Sequence[int], statistics: MeasuredEventStatistics, most_fps: int, seed: int
) -> PictureStream | None:
    """A stream of pictures of `classes` (n,) whose events are as declared; None where no event could be of that length.

    Single events are as long as those declared, or all as long as the mean. For each of them there are (1 - frequency)
    / frequency runs of the other classes, which is what that share of time asks for; but no fewer than 3 and no more
    than 10, and two of them between any two events, so that the merge gap leaves events apart. A class has as many runs
    as its share of pictures, so that the stream's hits are, on average, those of the operating points. The same
    arguments give the same stream.
    """
    length_s = statistics.length_s.value
    runs_per_event = float(np.clip((1 - statistics.frequency.value) / statistics.frequency.value, *_RUNS_PER_EVENT))
    per_event_s = length_s * (1 + runs_per_event)
    fps = int(np.clip(_MOST_FRAMES // (_WANTED_EVENTS * per_event_s), 1, most_fps))
    events = int(min(_MOST_EVENTS, _MOST_FRAMES / (per_event_s * fps)))
    if not events or length_s * fps < 1:
        return None
    rng = np.random.default_rng(seed)
    of_event = np.isin(classes, list(event_classes))
    order = _scattered(
        _in_proportion(classes[of_event], events),
        _in_proportion(classes[~of_event], round(events * runs_per_event)),
        rng,
    )
    pictures = {int(label): np.flatnonzero(classes == label) for label in np.unique(classes)}
    shown = []
    for label in order.tolist():
        if label in event_classes:
            run_s = float(rng.choice(statistics.lengths_s)) if statistics.lengths_s else length_s
        else:
            run_s = length_s * _SPREAD_OUTSIDE ** rng.uniform(-1.0, 1.0)
        frames = max(1, round(run_s * fps))
        shown.append(shown_in_run(pictures[label], frames, statistics.correlation.value, rng))
    lengths = [len(run) for run in shown]
    return PictureStream(float(fps), np.repeat(order, lengths), np.concatenate(shown).astype(np.int64))


def _in_proportion(classes: IntArray, runs: int) -> IntArray:
    """The class of each of `runs` runs: as often as its share of `classes` (n,)."""
    picks = ((np.arange(runs) + 0.5) * len(classes) / runs).astype(np.int64)
    return np.sort(classes)[picks]


def _scattered(events: IntArray, others: IntArray, rng: np.random.Generator) -> IntArray:
    """Events in random order at random places among the others, at least two of these between any two of them."""
    apart = np.arange(len(events))
    places = np.sort(rng.choice(len(others) - len(events), len(events), replace=False)) + apart + 1
    return np.insert(rng.permutation(others), places, rng.permutation(events))
