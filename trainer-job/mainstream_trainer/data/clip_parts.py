"""Training parts of several clips as one: one after another, in the order in which they are named."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop
from mainstream_trainer.data.clip import ClipPart
from mainstream_trainer.data.frame_source import FrameSource


@dataclass(frozen=True)
class ClipParts:
    """The frames of several parts, as a `FrameSource`."""

    parts: tuple[ClipPart, ...]

    @property
    def name(self) -> str:
        """See `FrameSource`."""
        return f"{self.parts[0].name} and {len(self.parts) - 1} more"

    @property
    def sha256(self) -> str:
        """See `FrameSource`."""
        return hashlib.sha256(" ".join(part.sha256 for part in self.parts).encode()).hexdigest()

    @property
    def frames(self) -> int:
        """See `FrameSource`."""
        return sum(part.frames for part in self.parts)

    @property
    def skipped(self) -> tuple[str, ...]:
        """See `FrameSource`."""
        return tuple(each for part in self.parts for each in part.skipped)

    @property
    def passed_over(self) -> tuple[str, ...]:
        """See `FrameSource`."""
        return tuple(each for part in self.parts for each in part.passed_over)

    def read(self, crop: Crop | None, height: int, width: int, on_share: Callable[[float], None]) -> NDArray[np.uint8]:
        """See `FrameSource`."""
        frames = np.empty((self.frames, height, width, 3), dtype=np.uint8)
        row = 0
        for part in self.parts:
            on_part = _scaled(on_share, row / self.frames, part.frames / self.frames)
            frames[row : row + part.frames] = part.read(crop, height, width, on_part)
            row += part.frames
        return frames


def _scaled(on_share: Callable[[float], None], start: float, width: float) -> Callable[[float], None]:
    return lambda share: on_share(start + width * share)


def joined(parts: Sequence[ClipPart]) -> FrameSource:
    """One source of all parts; of a single one itself."""
    return parts[0] if len(parts) == 1 else ClipParts(tuple(parts))
