"""When frames are due, by their presentation stamps: in a file from its first frame on, of a camera by its clock.

Frame numbers are not time (rates vary, and are declared wrongly), nor is arrival (networks deliver in bursts). Pure:
seconds in, seconds out.
"""

from dataclasses import dataclass

_FALLEN_BEHIND_S = 0.5
"""a frame that comes so much later than its stamp says starts a new reckoning: the camera or the network paused"""
_DRIFT = 0.001
"""seconds a second by which a camera's clock may run slower than ours"""


@dataclass
class FilePosition:
    """Positions of a file's frames, the first is 0; a frame without a stamp is one interval after the one before."""

    interval_s: float
    _origin_s: float | None = None
    _last_s: float = 0.0

    def of(self, stamp_s: float | None) -> float:
        """Position of the next frame in s; each is later than the one before."""
        if self._origin_s is None:
            self._origin_s = stamp_s or 0.0
            return self._last_s
        position_s = self._last_s + self.interval_s if stamp_s is None else round(stamp_s - self._origin_s, 9)
        if position_s <= self._last_s:
            position_s = self._last_s + self.interval_s
        self.interval_s = position_s - self._last_s if stamp_s is not None else self.interval_s
        self._last_s = position_s
        return position_s

    @property
    def end_s(self) -> float:
        """Where the last frame's showing ends."""
        return self._last_s + self.interval_s


@dataclass
class ArrivalClock:
    """When a camera's frames were due on our clock: never later than they came, as far apart as their stamps say."""

    _offset_s: float | None = None
    """our clock less the camera's, of the frame that came quickest"""
    _last_s: float = 0.0

    def due(self, stamp_s: float | None, arrived_s: float) -> float:
        """When the next frame was due (monotonic, s); `arrived_s` where it has no stamp."""
        if stamp_s is None:
            return arrived_s
        if self._offset_s is not None:
            self._offset_s += _DRIFT * max(0.0, arrived_s - self._last_s)
        self._last_s = arrived_s
        offset_s = arrived_s - stamp_s
        if self._offset_s is None or offset_s < self._offset_s or offset_s > self._offset_s + _FALLEN_BEHIND_S:
            self._offset_s = offset_s
        return stamp_s + self._offset_s
