"""When each frame of a clip is shown, and what that makes of runs of frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mainstream.arrays import FloatArray
from mainstream.footage.labels import Run
from mainstream.times import Span

_ROUNDING_S = 1e-6
"""that sums of times may be off by"""


@dataclass(frozen=True, eq=False)
class FrameTimes:
    """Times of the frames of a clip, or of a part of one."""

    edges_s: FloatArray
    """(frames + 1,), ascending: when each frame is first shown, and when the last one ends"""
    fps: float
    """long-run rate: the highest at which frames can be looked at for long"""
    seams: tuple[int, ...] = ()
    """frames with which another clip begins, ascending"""

    @classmethod
    def constant(cls, frames: int, fps: float) -> "FrameTimes":
        """Of frames that are equally far apart."""
        return cls(np.arange(frames + 1) / fps, fps)

    @classmethod
    def joined(cls, parts: Sequence["FrameTimes"]) -> "FrameTimes":
        """Of parts that follow on each other, whenever each of them was: the first begins at 0."""
        starts_s = np.cumsum([0.0, *(part.edges_s[-1] - part.edges_s[0] for part in parts)])
        edges = [part.edges_s[:-1] - part.edges_s[0] + start_s for part, start_s in zip(parts, starts_s, strict=False)]
        seams = np.cumsum([part.frames for part in parts])[:-1]
        fps = min(part.fps for part in parts)
        return cls(np.concatenate([*edges, starts_s[-1:]]), fps, tuple(seams.tolist()))

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self.edges_s) - 1

    @property
    def span(self) -> Span:
        """From the first frame to the end of the last."""
        return float(self.edges_s[0]), float(self.edges_s[-1])

    @property
    def middles_s(self) -> FloatArray:
        """The middle of each frame's showing (frames,)."""
        return (self.edges_s[:-1] + self.edges_s[1:]) / 2

    @property
    def seams_s(self) -> tuple[float, ...]:
        """When another clip begins."""
        return tuple(float(self.edges_s[seam]) for seam in self.seams)

    def of_one_clip(self, first: int, second: int) -> bool:
        """Whether two frames, in this order, are of one clip."""
        return not any(first < seam <= second for seam in self.seams)

    def part(self, part: Run) -> "FrameTimes":
        """Of the frames from `part[0]` up to, not including, `part[1]`; times stay those of the clip."""
        seams = tuple(seam - part[0] for seam in self.seams if part[0] < seam < part[1])
        return FrameTimes(self.edges_s[part[0] : part[1] + 1], self.fps, seams)

    def of(self, run: Run) -> Span:
        """When a run of frames is shown."""
        return float(self.edges_s[run[0]]), float(self.edges_s[run[1]])

    def spans(self, runs: Sequence[Run]) -> list[Span]:
        """When runs of frames are shown."""
        return [self.of(run) for run in runs]

    def frame_at(self, time_s: float) -> int:
        """Number of the frame that is shown at `time_s`; the first or the last where that lies outside."""
        found = int(np.searchsorted(self.edges_s, time_s, side="right")) - 1
        return min(max(found, 0), self.frames - 1)

    def frames_within(self, run: Run, margin_s: float) -> Run:
        """The run, and the frames that are shown less than `margin_s` before or after it."""
        start_s, end_s = self.of(run)
        first = int(np.searchsorted(self.edges_s[1:], start_s - margin_s + _ROUNDING_S, side="right"))
        return first, int(np.searchsorted(self.edges_s[:-1], end_s + margin_s - _ROUNDING_S, side="left"))
