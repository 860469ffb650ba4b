"""Whether a substream shows what its stream shows, and at the same time: both are declared by hand, and by address.

Compared while both are decoded: before the substream delivers, and at its first frames. Frames of both are noted by the
threads that decode them; nothing here waits.
"""

import numpy as np
from numpy.typing import NDArray

from mainstream.footage.frames import view_pixels
from mainstream.footage.substream import other_aspect, other_clock, other_scene
from mainstream_runner.feeder.source import CapturedFrame

_LOOK = (24, 32)
"""rows and columns that pictures are compared in"""
_APART_S = 1.0
"""between two looks at the stream; a substream's picture is compared as long behind one of them"""
_LOOKS = 3
"""in a row that have to differ: one may show somebody who has moved on"""


class SubstreamMatch:
    """Of one stream and its substream, over all connections to them."""

    def __init__(self) -> None:
        self._own_size: tuple[int, int] | None = None
        self._own_clock_s: float | None = None
        """what the stream's clock is ahead of the monotonic one"""
        self._own_look: NDArray[np.float32] | None = None
        self._looked_s = float("-inf")
        self._small_size: tuple[int, int] | None = None
        self._ahead_s = 0.0
        self._compared_s = float("-inf")
        self._differs = 0

    @property
    def own_size(self) -> tuple[int, int] | None:
        """Width and height of the stream's own picture; None before there is one."""
        return self._own_size

    def note_own(self, frame: CapturedFrame, *, looks: bool) -> None:
        """A frame of the stream itself; with `looks`, the substream is open as well."""
        self._own_size = frame.size
        self._own_clock_s = frame.captured_s - frame.due_s
        if looks and frame.due_s - self._looked_s >= _APART_S:
            self._own_look, self._looked_s = _look(frame), frame.due_s

    def note_small(self, frame: CapturedFrame) -> None:
        """A frame of the substream."""
        self._small_size = frame.size
        if self._own_clock_s is not None:
            self._ahead_s = frame.captured_s - frame.due_s - self._own_clock_s
        own, at_s = self._own_look, frame.due_s
        if own is None or at_s - self._looked_s > _LOOKS * _APART_S or at_s - self._compared_s < _APART_S / _LOOKS:
            return
        self._compared_s = at_s
        self._differs = self._differs + 1 if other_scene(own, _look(frame)) else 0

    def captured_s(self, frame: CapturedFrame) -> float:
        """When a frame of the substream was taken, by the stream's clock: alerts and clips go by one clock alone."""
        return frame.captured_s if other_clock(self._ahead_s) is None else frame.captured_s - self._ahead_s

    @property
    def problem(self) -> str | None:
        """What of it is another than the stream's; None where nothing is known to be."""
        if self._own_size is None or self._small_size is None:
            return None
        if self._differs >= _LOOKS:
            return "the substream shows another picture than the stream; check that both addresses are of one camera"
        return other_clock(self._ahead_s) or other_aspect(self._own_size, self._small_size)


def _look(frame: CapturedFrame) -> NDArray[np.float32]:
    """Brightness of the whole picture (rows, columns), 0 to 255."""
    pixels = view_pixels(frame.picture, None, *_LOOK, way_up=frame.way_up)
    brightness: NDArray[np.float32] = pixels.mean(axis=2, dtype=np.float32)
    return brightness
