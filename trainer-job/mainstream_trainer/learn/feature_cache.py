"""Stem features of every frame and variant, computed once and used by all candidates of all apps of a view.

Frozen layers never change, so what they make of a frame does not either. Features lie in memory-mapped files in half
precision, one a branch-point; the operating system keeps in memory what is being used. Where all of them would need
more than is allowed, those that are cheapest to compute again are left out, and computed from pixels when asked for.

Invariant: what a row holds at a branch-point is the float16 of what float32 made of its pixels, whether it was kept or
is computed again, so that it does not matter what else is kept.
"""

import copy
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import numpy as np
import torch
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.laws.gate import Greys, grey
from mainstream.nn.heads.kinds import DEFAULT_HEAD
from mainstream.nn.network import Network
from mainstream_trainer.learn.variants import varied
from mainstream_trainer.settings import TrainingSettings

_Number = TypeVar("_Number", np.uint8, np.float16)
_FEATURE_BYTES = 2
"""float16"""
_CPU = torch.device("cpu")
_PASS_FRAMES = 16
_PASS_ELEMENTS = 640_000
"""of what enters one pass: bounds the memory that a shallow branch-point takes, and malloc gives out the same memory
again, where 16 images at once took half as long again, in page faults; fixed, so that results are the same on every run
"""


@dataclass(frozen=True)
class CachePlan:
    """What is kept on disk, decided before anything is computed."""

    branch_points: tuple[int, ...]
    """whose features are kept, ascending"""
    computed_again: tuple[int, ...]
    """in use, but not kept"""
    needed_bytes: int
    """of what is kept, pixels included"""
    all_bytes: int
    """if everything in use were kept"""


class FeatureCache:
    """Features of one view at the branch-points in use; row `variant * n + frame` of n frames.

    Variant 0 of a frame is the frame itself. Everything frozen: pooled (C, 1, 1), where no head looks at more.
    """

    def __init__(
        self,
        network: Network,
        folder: Path,
        frames: int,
        settings: TrainingSettings,
        seed: int,
        device: torch.device = _CPU,
    ) -> None:
        self.device = device
        self._network = network
        there = device.type == "cpu"
        self._segments = network.segments if there else [copy.deepcopy(each).to(device) for each in network.segments]
        self._folder = folder
        self._count = frames
        self._settings = settings
        self._seed = seed
        self._pixels: NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
        self._arrays: dict[int, NDArray[np.float16]] = {}

    def plan(self, branch_points: Sequence[int], limit_bytes: int) -> CachePlan:
        """Keep as much as `limit_bytes` allows, leaving out what takes the most room for the work that it saves.

        Raises `InvalidInputError`, which says what is needed, where not even the pixels fit.
        """
        size = self._network.preprocessing
        pixels = self._count * size.height * size.width * 3
        if pixels > limit_bytes:
            raise InvalidInputError(
                f"the pixels of {self._count} frames alone need {pixels / 1e6:.1f} MB of disk, more than the "
                f"{limit_bytes / 1e6:.1f} MB that are allowed; use fewer frames, or allow more",
                field="cache_bytes",
            )
        rows = self._count * self._settings.variants
        room = {k: rows * self._elements(k) * _FEATURE_BYTES for k in sorted({*branch_points} - {0})}
        kept = dict(room)
        while pixels + sum(kept.values()) > limit_bytes:
            del kept[max(kept, key=lambda k: kept[k] / self._network.branch_points[k].cost_share)]
        left_out = tuple(k for k in room if k not in kept)
        return CachePlan(tuple(kept), left_out, pixels + sum(kept.values()), pixels + sum(room.values()))

    def build(
        self,
        read: Callable[[], NDArray[np.uint8]],
        plan: CachePlan,
        executor: Executor,
        on_share: Callable[[float], None],
    ) -> None:
        """Fill the cache, or find it filled: `read` gives the frames (n, height, width, 3)."""
        size = self._network.preprocessing
        path = self._folder / "pixels"
        if not path.exists():
            self._keep("pixels", read())
        self._pixels = self._mapped("pixels", np.uint8, (self._count, size.height, size.width, 3))
        missing = [k for k in plan.branch_points if not (self._folder / f"{k}").exists()]
        targets = {k: self._reserved(k) for k in missing}
        # Chunks of the same rows whatever of them is asked for, so that features do not depend on who else is trained.
        step = self.frames_a_pass(0)
        chunks = [np.arange(at, min(at + step, self._rows)) for at in range(0, self._rows, step)]

        def fill(chunk: NDArray[np.intp]) -> None:
            for k, features in self._computed(chunk, missing):
                targets[k][1][chunk] = _channels_last(features).cpu().numpy()

        if missing:
            for done, _ in enumerate(executor.map(fill, chunks), start=1):
                on_share(done / len(chunks))
        for k, (partial, array) in targets.items():
            array.flush()
            partial.replace(self._folder / f"{k}")
        self._arrays = {k: self._mapped(f"{k}", np.float16, (self._rows, *self._shape(k))) for k in plan.branch_points}
        on_share(1.0)

    def batch(self, branch_point: int, rows: NDArray[np.intp]) -> torch.Tensor:
        """Features (len(rows), ...), float32, at a branch-point, on the device that trains."""
        if branch_point == 0:
            inputs = self._inputs(rows)
        elif branch_point in self._arrays:
            kept = torch.from_numpy(self._arrays[branch_point][rows]).float()
            inputs = kept.permute(0, 3, 1, 2) if kept.dim() == 4 else kept
        else:
            ((_, features),) = self._computed(rows, [branch_point])
            inputs = features.float()
        return inputs.to(self.device).contiguous(memory_format=torch.channels_last)

    def pixels(self, frame: int) -> NDArray[np.uint8]:
        """A frame as it is, (height, width, 3)."""
        return np.array(self._pixels[frame])

    def greys(self) -> Greys:
        """All frames as the gate of their view looks at them, (n, rows, columns)."""
        return np.stack([grey(frame) for frame in self._pixels])

    def frames_a_pass(self, branch_point: int) -> int:
        """How many frames to take through the layers after a branch-point at once."""
        return min(_PASS_FRAMES, max(1, _PASS_ELEMENTS // self._elements(branch_point)))

    @property
    def _rows(self) -> int:
        return self._count * self._settings.variants

    def _inputs(self, rows: NDArray[np.intp]) -> torch.Tensor:
        """Preprocessed pixels; a variant is made anew from its frame, the same each time."""
        pixels = self._pixels[rows % self._count]
        for at, row in enumerate(rows):
            if row >= self._count:
                rng = np.random.default_rng((self._seed, int(row)))
                pixels[at] = varied(pixels[at], self._settings, rng)
        return self._network.preprocessing(torch.from_numpy(pixels))

    def _computed(self, rows: NDArray[np.intp], branch_points: Sequence[int]) -> list[tuple[int, torch.Tensor]]:
        """Features, float16, at ascending branch-points, in one pass."""
        found = []
        with torch.inference_mode():
            features = self._inputs(rows).to(self.device).contiguous(memory_format=torch.channels_last)
            at = 0
            for branch_point in branch_points:
                for segment in self._segments[at:branch_point]:
                    features = segment(features)
                at = branch_point
                seen = features.mean(dim=(2, 3), keepdim=True) if self._is_pooled(branch_point) else features
                found.append((branch_point, seen.half()))
        # Outside of inference mode, so that they may enter training.
        return [(branch_point, features.clone()) for branch_point, features in found]

    def _elements(self, branch_point: int) -> int:
        return int(np.prod(self._shape(branch_point)))

    def _is_pooled(self, branch_point: int) -> bool:
        settings, depth = self._settings, self._network.depth
        return branch_point == depth and settings.head == DEFAULT_HEAD and depth not in (settings.taps or ())

    def _shape(self, branch_point: int) -> tuple[int, ...]:
        """As kept: channels last."""
        channels, *places = self._network.branch_points[branch_point].shape
        return (*(1 for _ in places), channels) if self._is_pooled(branch_point) else (*places, channels)

    def _keep(self, name: str, content: NDArray[np.uint8] | NDArray[np.bool_]) -> None:
        """A file that is there whole or not at all."""
        partial = self._partial()
        try:
            with partial.open("wb") as file:
                content.tofile(file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._folder / name)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise self._no_room(error) from error

    def _reserved(self, branch_point: int) -> "tuple[Path, np.memmap[tuple[int, ...], np.dtype[np.float16]]]":
        """Reserved first: writing a mapped page that the disk has no room for would end the process."""
        partial, shape = self._partial(), (self._rows, *self._shape(branch_point))
        try:
            with partial.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, int(np.prod(shape)) * _FEATURE_BYTES)
            return partial, np.memmap(partial, dtype=np.float16, mode="r+", shape=shape)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise self._no_room(error) from error

    def _mapped(self, name: str, dtype: type[_Number], shape: tuple[int, ...]) -> NDArray[_Number]:
        return np.memmap(self._folder / name, dtype=dtype, mode="r", shape=shape)

    def _partial(self) -> Path:
        return self._folder / f".{uuid4().hex}"

    def _no_room(self, error: OSError) -> MainstreamError:
        return MainstreamError(
            f"no room for features ({error.strerror}); name a work folder on another disk", source=self._folder
        )


def _channels_last(features: torch.Tensor) -> torch.Tensor:
    """Maps (N, channels, h, w) as they are kept, (N, h, w, channels); so no batch is turned round when it is read."""
    return features.permute(0, 2, 3, 1).contiguous()
