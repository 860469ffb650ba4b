"""Heads on one feature map: linear ones stacked, so that many apps cost one pooling and one matrix product."""

from collections.abc import Sequence
from typing import Protocol

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

    def scores(self, value: Value) -> dict[str, float]:
        """For one frame (1, channels, h, w), by app, 0 to 1."""
        ...


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

    def scores(self, value: Value) -> dict[str, float]:
        """One product for all apps: those that are not due cost next to nothing."""
        logits = self._back_end.pooled(value) @ self._weights + self._biases
        return dict(zip(self.apps, sigmoid(logits[0]).tolist(), strict=True))


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

    def scores(self, value: Value) -> dict[str, float]:
        """Its logit's sigmoid."""
        logits = self._back_end.numbers(self._step(value))
        return {self.apps[0]: float(sigmoid(logits)[0])}


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 / (1 + exp(-x)), without overflow."""
    half = np.float32(0.5)
    scores: NDArray[np.float32] = half + half * np.tanh(half * logits)
    return scores
