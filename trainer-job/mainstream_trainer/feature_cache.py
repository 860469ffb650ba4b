"""Stem features of every frame and variant, computed once and used by all candidates of all apps of a view.

Frozen layers never change, so what they make of a frame does not either. Features lie in memory-mapped files, one a
branch-point; the operating system keeps in memory what is being used.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.nn.network import Network
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.variants import varied

MAX_CACHE_BYTES = 2 << 30
_FEATURE_BYTES = 4
"""float32; pixels at branch-point 0 take one byte"""
_CHUNK_FRAMES = 16
"""frames of one forward pass; fixed, so that features do not depend on the number of threads"""


class FeatureCache:
    """Features of one view at the branch-points in use.

    Variant 0 of a frame is the frame itself. Everything frozen: pooled (C, 1, 1), which is all that a head looks at.
    """

    def __init__(self, network: Network, folder: Path) -> None:
        self._network = network
        self._folder = folder
        self._arrays: dict[int, torch.Tensor] = {}

    def check_size(self, frames: int, branch_points: Sequence[int], variants: int) -> None:
        """Raise `InvalidInputError`, which says what is needed, where the features would be larger than allowed."""
        per_frame = sum(self.elements(k) * (1 if k == 0 else _FEATURE_BYTES) for k in {0, *branch_points})
        needed = frames * variants * per_frame
        if needed > MAX_CACHE_BYTES:
            raise InvalidInputError(
                f"the features of {frames} frames need {needed / 2**30:.1f} GiB of disk, more than "
                f"{MAX_CACHE_BYTES / 2**30:.0f}; use fewer frames, variants or shallow branch-points",
                field="branch_points",
            )

    def build(
        self,
        frames: NDArray[np.uint8],
        branch_points: Sequence[int],
        settings: TrainingSettings,
        seed: int,
        executor: Executor,
        on_share: Callable[[float], None],
    ) -> None:
        """Fill the cache from `frames` (n, height, width, 3); each branch-point from the one before it."""
        depths = sorted({0, *branch_points})
        self._arrays[0] = self._pixels(frames, settings, seed)
        count = settings.variants * len(frames)
        chunks = [slice(at, min(at + _CHUNK_FRAMES, count)) for at in range(0, count, _CHUNK_FRAMES)]
        for before, after in pairwise(depths):
            target = self._new_array(after, (count, *self._shape(after)), np.float32)
            segments = nn.Sequential(*self._network.segments[before:after])
            fill = partial(self._fill, before, after, segments, target)
            for done, _ in enumerate(executor.map(fill, chunks), start=1):
                on_share(self._cost(before) + (self._cost(after) - self._cost(before)) * done / len(chunks))
            self._arrays[after] = target

    def batch(self, branch_point: int, rows: NDArray[np.intp] | slice) -> torch.Tensor:
        """Features (len(rows), ...) at a branch-point; row `variant * n + frame` of n frames."""
        picked = self._arrays[branch_point][rows]
        inputs = self._network.preprocessing(picked) if branch_point == 0 else picked
        return inputs.contiguous(memory_format=torch.channels_last)

    def elements(self, branch_point: int) -> int:
        """Numbers that one frame has at a branch-point."""
        return int(np.prod(self._shape(branch_point)))

    def _fill(self, before: int, after: int, segments: nn.Module, target: torch.Tensor, rows: slice) -> None:
        with torch.inference_mode():
            features = segments(self.batch(before, rows))
            if after == self._network.depth:
                features = features.mean(dim=(2, 3), keepdim=True)
            target[rows] = features

    def _pixels(self, frames: NDArray[np.uint8], settings: TrainingSettings, seed: int) -> torch.Tensor:
        pixels = self._new_array(0, (settings.variants * len(frames), *frames.shape[1:]), np.uint8)
        pixels[: len(frames)] = torch.from_numpy(frames)
        rng = np.random.default_rng(seed)
        for row in range(len(frames), len(pixels)):
            pixels[row] = torch.from_numpy(varied(frames[row % len(frames)], settings, rng))
        return pixels

    def _shape(self, branch_point: int) -> tuple[int, ...]:
        shape = self._network.branch_points[branch_point].shape
        return (shape[0], 1, 1) if branch_point == self._network.depth else shape

    def _cost(self, branch_point: int) -> float:
        return self._network.branch_points[branch_point].cost_share

    def _new_array(self, branch_point: int, shape: tuple[int, ...], dtype: type[np.generic]) -> torch.Tensor:
        path = self._folder / f"{self._network.prefix_hashes[branch_point]}.features"
        try:
            # Reserved first: writing a mapped page that the disk has no room for would end the process.
            with path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, int(np.prod(shape)) * np.dtype(dtype).itemsize)
            mapped = np.memmap(path, dtype=dtype, mode="r+", shape=shape)
            # Without a name it is gone with the last who maps it, even after a kill.
            path.unlink()
            return torch.from_numpy(mapped)
        except OSError as error:
            raise MainstreamError(f"no room for features ({error.strerror})", source=path.parent) from error
