"""Where the frames of a file are, where not all of them are decoded: their numbers and positions stay those of all."""

from bisect import bisect_left
from collections.abc import Iterable

from mainstream_runner.feeder.frame_clock import FilePosition


class FilePlaces:
    """All frames of a file, in the order in which they are shown; at least one."""

    def __init__(self, stamps_s: Iterable[float], interval_s: float) -> None:
        self._stamps_s = sorted(stamps_s)
        position = FilePosition(interval_s)
        self._positions_s = [position.of(stamp_s) for stamp_s in self._stamps_s]
        self._end_s = position.end_s

    def number_of(self, stamp_s: float) -> int:
        """Number of the frame that is shown at a stamp, the first is 0."""
        return min(bisect_left(self._stamps_s, stamp_s - 1e-6), len(self._stamps_s) - 1)

    def position_of(self, number: int | None) -> float:
        """Seconds from the first frame to that one; to the end of the last one where there is none such."""
        if number is None or number >= len(self._positions_s):
            return self._end_s
        return self._positions_s[number]
