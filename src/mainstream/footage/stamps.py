"""Presentation stamps as one time line that only goes forward, whatever the clock behind them did.

A camera whose clock is set, files that were joined, and lost packets make stamps jump back, stand still, or jump ahead.
A jump is where the time line goes on by one ordinary interval, and is counted; a pause of the camera is kept as it is,
and so are steps that go on being long, as those of a time-lapse, whatever rate is told.
Pure: ticks in, ticks out.
"""

from dataclasses import dataclass, field
from fractions import Fraction

LONGEST_PAUSE_S = 10.0
"""a step ahead that is longer is a jump of the clock, unless frames are that far apart anyway"""
_PAUSE_INTERVALS = 10
"""ordinary intervals that a step may always last"""
_LIKE = 2.0
"""a step ahead that differs from a long one just before it by less than this factor is how far apart frames are"""
_CATCHING_UP = 1.5
"""ordinary intervals; a longer step after stamps stood still makes up for them"""


@dataclass
class StampClock:
    """Places packets in the order in which they are decoded."""

    time_base: Fraction
    """seconds in a tick"""
    interval: int
    """ticks between frames, by what the stream says of itself; later that of the last ordinary step"""
    jumps: int = 0
    """times that the stamps jumped or stood still"""
    unstamped: int = 0
    """packets without any stamp, placed one interval after the one before"""
    _offset: int = 0
    _last: int | None = None
    _still: int = 0
    """ticks by which stamps that stood still were moved on"""
    _ahead: int = 0
    """ticks of the jump ahead just before"""
    _by_decoding: bool = False
    """whether decoding stamps were seen"""
    _limit: int = field(init=False)

    def __post_init__(self) -> None:
        self.interval = max(1, self.interval)
        self._limit = max(int(LONGEST_PAUSE_S / self.time_base), _PAUSE_INTERVALS * self.interval)

    @property
    def started(self) -> bool:
        """Whether a packet was placed."""
        return self._last is not None

    def place(self, pts: int | None, dts: int | None) -> tuple[int | None, int]:
        """Presentation and decoding stamp of the next packet on the time line, in ticks.

        The presentation stamp is None where there is none and pictures may come in another order than packets.
        """
        if dts is None and pts is None:
            self.unstamped += 1
            decoded = self.interval + (self._last or 0)
            self._last = decoded
            return None, decoded
        self._by_decoding |= dts is not None
        if dts is None and pts is not None and self._is_near(pts):
            # Only when it is shown is known (Matroska says no more), which may be after packets that come later.
            self._last = decoded = 1 + (self._last or 0)
            return pts + self._offset, decoded
        key = pts if dts is None else dts
        assert key is not None  # noqa: S101 - one of the two is there
        decoded = self._on_line(key)
        return None if pts is None else pts - key + decoded, decoded

    def _is_near(self, pts: int) -> bool:
        """Whether a packet lacks the decoding stamp that others have, and its clock did not jump."""
        return self._by_decoding and self._last is not None and abs(pts + self._offset - self._last) <= self._limit

    def _on_line(self, key: int) -> int:
        here = key + self._offset
        if self._last is not None:
            step = here - self._last
            if self._ahead and step > self._limit and self._ahead / _LIKE < step < self._ahead * _LIKE:
                self._limit = _PAUSE_INTERVALS * step
            self._ahead = step if step > self._limit else 0
            if 0 < step <= self._limit:
                here -= self._caught_up(step)
                self.interval = min(here - self._last, self._limit // _PAUSE_INTERVALS)
            else:
                self.jumps += 1
                self._still = self.interval if step == 0 else 0
                here = self._last + self.interval
                self._offset = here - key
        self._last = here
        return here

    def _caught_up(self, step: int) -> int:
        """Of a step after stamps that stood still, the ticks that were given out already."""
        if not self._still or step <= _CATCHING_UP * self.interval:
            return 0
        back = min(self._still, step - self.interval)
        self._still -= back
        self._offset -= back
        return back
