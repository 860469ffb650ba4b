"""Back ends: what turns modules into something that runs. torch eager is the reference that others must agree with.

A chain is a run of segments that nothing leaves between; a back end prepares it as one piece, since what lies between
two pieces (calls, layouts, copies) costs about as much as a small segment.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mainstream.nn.preprocessing import Preprocessing

Value = Any
"""what steps of one back end hand to each other: a batch of tensors where the back end computes, frames first"""


class EngineStep(Protocol):
    """A prepared part with buffers of its own: for one thread, and a result holds until the next call."""

    def __call__(self, value: Value, /) -> Value:
        """Run it on one frame, or on as many as it was prepared for."""
        ...


class Prepared(Protocol):
    """Weights made ready to run, in memory once for all executors that run them."""

    def step(self) -> EngineStep:
        """Something to run it with."""
        ...


class BackEnd(Protocol):
    """Prepares the parts of a stem tree when a plan is loaded, and says how their values are handled."""

    name: str

    def preprocessing(self, preprocessing: Preprocessing, batch: int) -> Prepared:
        """Pixels (N, height, width, 3) uint8, as numpy has them, to the network's input; N is 1 or `batch`."""
        ...

    def chain(
        self,
        modules: Sequence[nn.Module],
        shape: tuple[int, ...],
        batch: int,
        preprocessing: Preprocessing | None = None,
    ) -> Prepared:
        """Segments one after the other; `shape` is that of the first one's input without the batch.

        With `preprocessing` it takes pixels, as that does, and is one piece with it.
        """
        ...

    def head(self, module: nn.Module) -> Prepared:
        """Feature maps to logits (N,)."""
        ...

    def pooled(self, value: Value) -> NDArray[np.float32]:
        """Means over all places of feature maps (N, channels, h, w): (N, channels)."""
        ...

    def numbers(self, value: Value) -> NDArray[np.float32]:
        """A value as numpy has it."""
        ...

    def stack(self, values: Sequence[Value]) -> Value:
        """Values of single frames as one batch."""
        ...

    def split(self, value: Value) -> list[Value]:
        """A batch as values of single frames that outlive the next call of the step that they came from."""
        ...
