"""Event streams made of real photos, for many apps at once: which photo stands on which frame. Pure.

What is an event for one app (a class, or a group of them) is the other pictures of another. A run's photos are drawn as
the trainer draws them for its own streams (`mainstream_trainer.measure.picture_streams`).
"""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True)
class StreamLimits:
    """What holds for every run."""

    shortest_s: float
    longest_s: float


def make_stream(
    runs: Mapping[int, ClassRuns],
    photos: Mapping[int, IntArray],
    apart: Sequence[frozenset[int]],
    fps: float,
    limits: StreamLimits,
    seed: int,
) -> PictureStream:
    """A stream in which class c has `runs[c].runs` runs, with photos out of `photos[c]`.

    Runs of classes that an app takes together (a set of `apart`) never touch, where the order can be chosen so, or two
    events would be one. The same arguments give the same stream.
    """
    rng = np.random.default_rng(seed)
    classes, shown = [], []
    for label in _order({label: each.runs for label, each in runs.items()}, apart, rng):
        each = runs[label]
        length_s = each.length_s * each.spread ** rng.uniform(-1.0, 1.0)
        frames = max(1, round(min(max(length_s, limits.shortest_s), limits.longest_s) * fps))
        classes.append(np.full(frames, label, dtype=np.int64))
        shown.append(shown_in_run(photos[label], frames, each.correlation, rng))
    return PictureStream(fps, np.concatenate(classes), np.concatenate(shown).astype(np.int64))


def _order(counts: Mapping[int, int], apart: Sequence[frozenset[int]], rng: np.random.Generator) -> list[int]:
    """Every class as often as it is to appear, in random order, neighbours apart."""
    left = dict(counts)
    neighbours = {label: {label} for label in left}
    for group in apart:
        for label in group & left.keys():
            neighbours[label] |= group
    order: list[int] = []
    while any(left.values()):
        labels = [label for label, count in left.items() if count]
        allowed = [label for label in labels if not order or label not in neighbours[order[-1]]]
        pick = allowed or labels
        weights = np.array([left[label] for label in pick], dtype=float)
        label = int(rng.choice(pick, p=weights / weights.sum()))
        order.append(label)
        left[label] -= 1
    return _without_touching(order, neighbours, rng)


def _without_touching(order: list[int], neighbours: Mapping[int, set[int]], rng: np.random.Generator) -> list[int]:
    """Move what touches, where choice had run out, to places that take it."""
    for at in range(len(order) - 1, 0, -1):
        if order[at] not in neighbours[order[at - 1]]:
            continue
        label = order.pop(at)
        places = [
            place
            for place in range(1, len(order))
            if label not in neighbours[order[place - 1]] and label not in neighbours[order[place]]
        ]
        order.insert(int(rng.choice(places)) if places else at, label)
    return order
