"""Heads on one feature map: linear ones stacked, so that many apps cost one pooling and one matrix product."""

from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from mainstream.nn.heads.pool_linear import PoolLinear
from mainstream_runner.engine.back_end import BackEnd, EngineStep, Value


class HeadGroup(Protocol):
    """Scores of the apps that look at one feature map."""

    start: str
    """share key of the feature map"""
    apps: tuple[str, ...]

    def due(self, apps: frozenset[str]) -> "HeadGroup":
        """What runs for these apps, one of the group at least; it may be all of it."""
        ...

    def logits(self, value: Value) -> NDArray[np.float32]:
        """For one frame (1, channels, h, w): a number an app, in their order."""
        ...


def scores_of(heads: HeadGroup, value: Value) -> dict[str, float]:
    """For one frame, by app, 0 to 1."""
    return dict(zip(heads.apps, sigmoid(heads.logits(value)).tolist(), strict=True))


class LinearHeads:
    """All linear heads on one feature map: weights (channels, apps), biases (apps,)."""

    def __init__(self, start: str, apps: Sequence[str], heads: Sequence[PoolLinear], back_end: BackEnd) -> None:
        self.start, self.apps = start, tuple(apps)
        self._weights = np.concatenate([head.weight.detach().numpy() for head in heads]).T.copy()
        self._biases = np.concatenate([head.bias.detach().numpy() for head in heads])
        self._back_end = back_end

    def due(self, apps: frozenset[str]) -> HeadGroup:
        """All: a column more of the product is not worth another matrix."""
        return self

    def logits(self, value: Value) -> NDArray[np.float32]:
        """One product for all apps: those that are not due cost next to nothing."""
        (logits,) = self._back_end.pooled(value) @ self._weights + self._biases
        return cast("NDArray[np.float32]", logits)


class OtherHead:
    """One head of any kind."""

    def __init__(self, start: str, app: str, step: EngineStep, back_end: BackEnd) -> None:
        self.start = start
        self.apps: tuple[str, ...] = (app,)
        self._step = step
        self._back_end = back_end

    def due(self, apps: frozenset[str]) -> HeadGroup:
        """Itself."""
        return self

    def logits(self, value: Value) -> NDArray[np.float32]:
        """Its own."""
        return self._back_end.numbers(self._step(value))


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 / (1 + exp(-x)), without overflow; 0 of what is no number, since huge weights give that on some frames."""
    half = np.float32(0.5)
    scores: NDArray[np.float32] = half + half * np.tanh(half * logits)
    scores[np.isnan(scores)] = 0.0
    return scores
