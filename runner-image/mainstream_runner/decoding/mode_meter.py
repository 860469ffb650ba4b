"""Measures what a stream costs in each of its modes, from the packets that come anyway and beside whatever is decoded.

The packets are decoded once more by decoders of the meter's own, in the thread and at the pace in which the stream is
decoded: for some seconds at its beginning, and again when its key frames come at another rate or its picture has
another size. Nobody's frames are touched. One stream of a process is measured at a time, as that doubles what it costs.
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from mainstream.messages.node_profile import DecodeMode
from mainstream_runner.decoding.mode_decoder import ModeDecoder, OwnMode, decoder_beside

_WINDOW_S = 3.0
"""in which all, and only what others need, are decoded"""
_LONGEST_S = 24.0
"""in which key frames are waited for; a stream that has fewer than three in it is not planned with them"""
_SOON_S = 5.0
"""after which what is known without key frames is told, where nothing was known before"""
_KEYS = 3
_SAME_FRAMES = 0.95
"""share of all frames from which on a mode passes too few over to be one"""
_TELLING_SHARE = 0.5
"""of packets that have to bring a picture"""
_OTHER_RATE = 0.2
"""by which key frames come faster or slower than was measured before all is measured again"""
_TURN_S = 30.0
"""after which a stream that hangs while it is measured holds up the others no longer"""


@dataclass(frozen=True)
class MeasuredModes:
    """What came of it."""

    modes: tuple[DecodeMode, ...]
    """all first"""
    read_s: float
    """CPU-seconds a second of reading the stream's packets, whatever is decoded"""
    size: tuple[int, int]
    """width and height of its picture as stored"""
    key_fps: float
    """key frames a second; 0 where fewer than three came"""


@dataclass(frozen=True)
class StreamModes:
    """What ways to decode a stream cost and yield."""

    modes: tuple[DecodeMode, ...]
    """all first"""
    is_settled: bool
    """whether none is still to come"""


def substream_mode(own: MeasuredModes, small: MeasuredModes) -> DecodeMode:
    """What decoding a substream costs and yields: packets of the stream itself are read beside it."""
    whole = small.modes[0]
    return whole.model_copy(update={"name": "substream", "used_s": own.read_s + whole.used_s})


class Turns:
    """Who may measure now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: object = None
        self._until_s = 0.0

    def take(self, who: object) -> bool:
        """Whether it is theirs."""
        with self._lock:
            now_s = time.monotonic()
            if self._holder not in (None, who) and now_s < self._until_s:
                return False
            self._holder, self._until_s = who, now_s + _TURN_S
            return True

    def give_back(self, who: object) -> None:
        """It is over for them."""
        with self._lock:
            if self._holder is who:
                self._holder = None


_turns = Turns()


class ModeMeter:
    """One stream's, over all connections to it; belongs to the thread that decodes, `measured` is for any."""

    def __init__(self, turns: Turns = _turns) -> None:
        self.measured: MeasuredModes | None = None
        self._turns = turns
        self._keys = KeyRate()
        self._measuring: _Measuring | None = None
        self._is_untold = False
        """whether its packets cannot be decoded beside, on this connection"""

    @property
    def is_settled(self) -> bool:
        """Whether all that is to be known is."""
        return self.measured is not None and self._measuring is None

    def opened(self) -> None:
        """Times of packets begin anew."""
        self._keys = KeyRate()
        self._is_untold = False
        self._stop()

    def closed(self) -> None:
        """The stream is: what was begun is measured at another time, and others may measure."""
        self._stop()

    def packet(self, packet: Any, context: Any, time_s: float, read_cpu_s: float) -> None:
        """A packet that was just read; `time_s` is its own, `read_cpu_s` what reading took since the stream was
        opened."""
        if packet.is_keyframe:
            self._keys.note(time_s)
            if self._measuring is None and self._is_other(context) and self._turns.take(self):
                self._measuring = _Measuring(context, time_s, read_cpu_s)
        if self._measuring is None:
            return
        self._measuring.packet(packet, time_s)
        if not self._measuring.is_busy(time_s):
            self._turns.give_back(self)
        if self._measuring.is_over(time_s):
            measured = self._measuring.result(time_s, read_cpu_s)
            self.measured, self._is_untold = measured or self.measured, measured is None
            self._stop()
        elif self.measured is None and self._measuring.is_known_in_part(time_s):
            self.measured = self._measuring.result(time_s, read_cpu_s)

    def _is_other(self, context: Any) -> bool:
        known = self.measured
        if self._is_untold:
            return False
        if known is None or known.size != (context.width, context.height):
            return True
        return self._keys.differs_from(known.key_fps)

    def _stop(self) -> None:
        self._measuring = None
        self._turns.give_back(self)


@dataclass
class KeyRate:
    """How often key frames come on one connection. Pure."""

    _last_s: float | None = None
    _intervals_s: deque[float] = field(default_factory=lambda: deque(maxlen=_KEYS))

    def note(self, time_s: float) -> None:
        """One came."""
        if self._last_s is not None:
            self._intervals_s.append(time_s - self._last_s)
        self._last_s = time_s

    def differs_from(self, fps: float) -> bool:
        """Whether they come at another rate, as far as that is known; too seldom is no rate (0)."""
        if len(self._intervals_s) < _KEYS:
            return False
        seconds = sum(self._intervals_s)
        seldom = seconds > _LONGEST_S * _KEYS / (_KEYS - 1)
        now_fps = 0.0 if seldom or not seconds else _KEYS / seconds
        return abs(now_fps - fps) > _OTHER_RATE * max(now_fps, fps)


class _Tally:
    """What one decoder made of a window."""

    def __init__(self, context: Any, mode: OwnMode) -> None:
        self.packets = self.pictures = 0
        self._decoder = ModeDecoder(decoder_beside(context), shows_corrupt=False)
        self._mode = mode

    def take(self, packet: Any) -> None:
        self.packets += 1
        self.pictures += sum(1 for _ in self._decoder.pictures(packet, self._mode))

    def end(self) -> float:
        """Take the last pictures; CPU-seconds of all."""
        self.pictures += sum(1 for _ in self._decoder.rest())
        return self._decoder.cpu_s


class _Measuring:
    """From one key frame on."""

    def __init__(self, context: Any, time_s: float, read_cpu_s: float) -> None:
        self._from_s, self._read_from_s = time_s, read_cpu_s
        self._size = (context.width, context.height)
        self._whole, self._needed, self._alone = (_Tally(context, mode) for mode in ("all", "reference", "keyframes"))
        self._seconds = 0.0
        """of the window: to where the last of its packets ends"""
        self._last_s = time_s
        self._key_times_s: list[float] = []

    def packet(self, packet: Any, time_s: float) -> None:
        """Decode it as each mode does."""
        if self.is_busy(time_s):
            self._whole.take(packet)
            self._needed.take(packet)
            self._last_s = max(self._last_s, time_s)
        elif not self._seconds:
            self._seconds = max(time_s, self._last_s) - self._from_s
        if packet.is_keyframe:
            self._key_times_s.append(time_s)
            self._alone.take(packet)

    def is_busy(self, time_s: float) -> bool:
        """Whether more is decoded than key frames."""
        return time_s - self._from_s < _WINDOW_S

    def is_over(self, time_s: float) -> bool:
        """Whether enough was seen."""
        elapsed_s = time_s - self._from_s
        return bool(self._seconds) and (len(self._key_times_s) >= _KEYS or elapsed_s >= _LONGEST_S)

    def is_known_in_part(self, time_s: float) -> bool:
        """Whether all but key frames is known, and is not to wait for them."""
        return bool(self._seconds) and time_s - self._from_s >= _SOON_S

    def result(self, time_s: float, read_cpu_s: float) -> MeasuredModes | None:
        """What each mode costs and yields; None where most packets brought nothing beside, which says nothing of it."""
        if self._whole.pictures < _TELLING_SHARE * self._whole.packets:
            return None
        read_s = (read_cpu_s - self._read_from_s) / (time_s - self._from_s)
        whole_cpu_s, needed_cpu_s, alone_cpu_s = (each.end() for each in (self._whole, self._needed, self._alone))
        whole_fps, needed_fps = self._whole.pictures / self._seconds, self._needed.pictures / self._seconds
        modes = [DecodeMode(name="all", fps=whole_fps, used_s=read_s + whole_cpu_s / self._seconds)]
        if 0 < needed_fps < _SAME_FRAMES * whole_fps:
            used_s = read_s + needed_cpu_s / self._seconds
            modes.append(DecodeMode(name="reference", fps=needed_fps, used_s=used_s))
        times_s = self._key_times_s
        key_fps = (len(times_s) - 1) / (times_s[-1] - times_s[0]) if len(times_s) >= _KEYS else 0.0
        if 0 < key_fps < _SAME_FRAMES * whole_fps and self._alone.pictures == self._alone.packets:
            used_s = read_s + alone_cpu_s / self._alone.packets * key_fps
            modes.append(DecodeMode(name="keyframes", fps=key_fps, used_s=used_s))
        return MeasuredModes(tuple(modes), read_s, self._size, key_fps)
