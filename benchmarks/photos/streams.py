"""Event streams made of real photos: which photo stands on which frame. Pure.

What is an event for one app, one class of photos, is the other pictures of another. A run's photos are drawn as the
trainer draws them for its own streams (`mainstream_trainer.measure.picture_streams`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mainstream_trainer.measure.picture_streams import IntArray, PictureStream, shown_in_run


@dataclass(frozen=True)
class ClassRuns:
    """How one class of photos appears in a stream."""

    length_s: float
    """mean length of a run"""
    spread: float
    """a run's length is log-uniform between length / spread and length * spread"""
    runs: int
    correlation: float
    """rho, 0 to 1"""


def make_stream(
    runs: Mapping[int, ClassRuns], photos: Mapping[int, IntArray], fps: float, limits_s: tuple[float, float], seed: int
) -> PictureStream:
    """A stream in which class c has `runs[c].runs` runs within these limits, with photos out of `photos[c]`.

    Two runs of a class touch only where nothing else is left at the end. The same arguments give the same stream.
    """
    rng = np.random.default_rng(seed)
    classes, shown = [], []
    for label in _order({label: each.runs for label, each in runs.items()}, rng):
        each = runs[label]
        length_s = each.length_s * each.spread ** rng.uniform(-1.0, 1.0)
        frames = max(1, round(min(max(length_s, limits_s[0]), limits_s[1]) * fps))
        classes.append(np.full(frames, label, dtype=np.int64))
        shown.append(shown_in_run(photos[label], frames, each.correlation, rng))
    return PictureStream(fps, np.concatenate(classes), np.concatenate(shown).astype(np.int64))


def _order(counts: Mapping[int, int], rng: np.random.Generator) -> list[int]:
    """Every class as often as it is to appear, in random order, never twice in a row while there is another."""
    labels, left = list(counts), np.array([float(count) for count in counts.values()])
    order: list[int] = []
    last = None
    while left.any():
        weights = left.copy()
        if last is not None and np.count_nonzero(left) > 1:
            weights[last] = 0.0
        last = int(rng.choice(len(left), p=weights / weights.sum()))
        left[last] -= 1.0
        order.append(labels[last])
    return order
