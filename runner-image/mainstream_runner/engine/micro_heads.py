"""Micro-heads at one tap: slots of one call, so that 32 apps cost two to three times what one does.

A slot has eight channels; a head of sixteen has two slots, whose sums belong together. A pooled head is a flat one with
the same weight at every place, so both run in one call; those with a depthwise convolution in another. Plain matrix
arithmetic: an app more is rows more, and nothing is compiled for it. Measured behind a network's stem, where caches are
cold, numpy takes half of what torch takes for the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from mainstream.head_form import SLOT_CHANNELS
from mainstream.nn.heads.map_shape import MapShape
from mainstream.nn.heads.micro import MicroHead
from mainstream_runner.engine.back_end import BackEnd, Value

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Slots:
    """Weights of heads one after the other, `rows` = channels of all of them."""

    shape: MapShape
    """of the feature map"""
    narrow_weight: Numbers
    """(rows, channels)"""
    narrow_bias: Numbers
    """(rows, 1)"""
    around_weight: Numbers | None
    """(rows, 3, 3)"""
    around_bias: Numbers | None
    """(rows, 1, 1)"""
    weight: Numbers
    """(slots, 8 * places, 1)"""
    bias: Numbers
    """(heads,)"""
    starts: NDArray[np.intp]
    """(heads,): a head's first slot"""

    @classmethod
    def of(cls, heads: Sequence[MicroHead], shape: MapShape) -> "Slots":
        """Of heads that all have a depthwise convolution or all have none."""
        around = heads[0].around_weight is not None
        counts = [len(head.narrow_weight) // SLOT_CHANNELS for head in heads]
        return cls(
            shape,
            np.concatenate([_numbers(head.narrow_weight) for head in heads]),
            np.concatenate([_numbers(head.narrow_bias) for head in heads])[:, np.newaxis],
            np.concatenate([_numbers(head.around_weight) for head in heads]) if around else None,
            np.concatenate([_numbers(head.around_bias) for head in heads])[:, None, None] if around else None,
            np.concatenate([_by_place(head, shape) for head in heads]).reshape(sum(counts), -1, 1),
            np.concatenate([_numbers(head.bias) for head in heads]),
            np.cumsum([0, *counts[:-1]]),
        )

    def first(self, heads: int) -> "Slots":
        """So many heads, fewer than there are; weights are views."""
        slots = int(self.starts[heads])
        rows = slots * SLOT_CHANNELS
        return Slots(
            self.shape,
            self.narrow_weight[:rows],
            self.narrow_bias[:rows],
            None if self.around_weight is None else self.around_weight[:rows],
            None if self.around_bias is None else self.around_bias[:rows],
            self.weight[:slots],
            self.bias[:heads],
            self.starts[:heads],
        )

    @property
    def rows(self) -> int:
        """Channels of all heads."""
        return len(self.narrow_weight)

    def logits(self, features: Numbers, buffers: "Buffers") -> Numbers:
        """(heads,) of one map (1, channels, h, w)."""
        features = features.reshape(self.shape.channels, -1)
        narrow = np.matmul(self.narrow_weight, features, out=buffers.narrow[: self.rows])
        np.add(narrow, self.narrow_bias, out=narrow)
        np.maximum(narrow, 0, out=narrow)
        if self.around_weight is not None and self.around_bias is not None:
            narrow = _around(narrow, self.around_weight, self.around_bias, buffers)
        slots = narrow.reshape(len(self.weight), 1, -1) @ self.weight
        return np.add.reduceat(slots.reshape(-1), self.starts) + self.bias


class Buffers:
    """Memory of one thread for the way through at most so many rows."""

    def __init__(self, rows: int, shape: MapShape) -> None:
        self.narrow = np.empty((rows, shape.places), np.float32)
        self._rows, self._shape = rows, shape

    @cached_property
    def padded(self) -> Numbers:
        """A map with a frame of zeros, which stay."""
        return np.zeros((self._rows, self._shape.height + 2, self._shape.width + 2), np.float32)

    @cached_property
    def around(self) -> tuple[Numbers, Numbers]:
        """A sum and a term of it."""
        size = (self._rows, self._shape.height, self._shape.width)
        return np.empty(size, np.float32), np.empty(size, np.float32)


class MicroHeads:
    """All micro-heads of one form family on one feature map, in one call for those that are due.

    Apps come in the order of their rates, fastest first: ticks are nested, so whoever is due are the first ones, and
    their weights lie together.
    """

    def __init__(
        self, start: str, apps: Sequence[str], slots: Slots, back_end: BackEnd, buffers: Buffers | None = None
    ) -> None:
        self.start, self.apps = start, tuple(apps)
        self._slots = slots
        self._back_end = back_end
        self._buffers = buffers or Buffers(slots.rows, slots.shape)

    def due(self, apps: frozenset[str]) -> "MicroHeads":
        """Up to the slowest of these apps."""
        number = 1 + max(at for at, app in enumerate(self.apps) if app in apps)
        if number == len(self.apps):
            return self
        return MicroHeads(self.start, self.apps[:number], self._slots.first(number), self._back_end, self._buffers)

    def logits(self, value: Value) -> Numbers:
        """One product for all of them."""
        return self._slots.logits(self._back_end.numbers(value), self._buffers)


def _around(narrow: Numbers, weight: Numbers, bias: Numbers, buffers: Buffers) -> Numbers:
    """Depthwise 3x3 convolution and ReLU, zeros beyond the edge: (rows, places) to (rows, h, w)."""
    rows = len(weight)
    padded, total, term = (each[:rows] for each in (buffers.padded, *buffers.around))
    _, height, width = total.shape
    padded[:, 1:-1, 1:-1] = narrow.reshape(rows, height, width)
    total[:] = bias
    for row in range(3):
        for column in range(3):
            shifted = padded[:, row : row + height, column : column + width]
            np.multiply(shifted, weight[:, row, column, np.newaxis, np.newaxis], out=term)
            np.add(total, term, out=total)
    return np.maximum(total, 0, out=total)


def _by_place(head: MicroHead, shape: MapShape) -> Numbers:
    """A weight for each channel and place (width, places), of a pooled head as well."""
    weight = _numbers(head.weight)
    if head.flat:
        return weight.reshape(len(weight), -1)
    return np.repeat(weight[:, np.newaxis] / np.float32(shape.places), shape.places, axis=1)


def _numbers(tensor: torch.Tensor | None) -> Numbers:
    assert tensor is not None  # noqa: S101 (a head has all tensors of its family)
    found: Numbers = tensor.detach().numpy()
    return found
