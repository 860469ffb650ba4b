"""Which mode a stream is decoded in: the one that is planned, or all of it where that brings too few pictures.

Cameras change: a group of pictures that was half a second long is ten seconds long after somebody saved the camera's
page. Whoever is planned with key frames alone would then look once in ten seconds; alerts go on instead, at the price
of decoding all until the stream brings again what was planned, or the plan is another. Pure: times are the stream's
own, in s, so that a pause of the network is no change.
"""

from collections import deque

from mainstream_runner.decoding.mode_decoder import OwnMode

_LEAST_PATIENCE_S = 1.0
_MISSED = 3.0
"""looks that may fail before all is decoded"""
_REGULAR_KEYS = 3
"""intervals of key frames in a row that have to serve what is planned, before they are relied on again"""
_AGAIN_S = 60.0
"""until what only others need is passed over again"""
_WORDS = {"keyframes": "key frame", "reference": "frame that others need"}


def patience_s(needed_fps: float) -> float:
    """How long what is planned may bring no picture, for apps of which the fastest looks so many times a second."""
    return max(_LEAST_PATIENCE_S, _MISSED / needed_fps)


class ModeInForce:
    """One stream's, over all connections to it; asked by the thread that decodes, told by any."""

    def __init__(self, mode: OwnMode = "all", needed_fps: float = 1.0) -> None:
        self.problem: str | None = None
        """why all is decoded though something else is planned"""
        self._asked: OwnMode = mode
        self._needed_fps = needed_fps
        self._shown_s: float | None = None
        self._key_s: float | None = None
        self._fell_s = 0.0
        self._intervals_s: deque[float] = deque(maxlen=_REGULAR_KEYS)

    @property
    def asked(self) -> OwnMode:
        """What is planned."""
        return self._asked

    @property
    def in_force(self) -> OwnMode:
        """What is decoded, from the next key frame on at the latest."""
        return self._asked if self.problem is None else "all"

    def ask(self, mode: OwnMode, needed_fps: float) -> None:
        """Decode in that mode from now on, for apps of which the fastest looks so many times a second."""
        self._needed_fps = needed_fps
        if mode != self._asked:
            self._asked, self.problem = mode, None
            self._begin()

    def opened(self) -> None:
        """The stream is another connection's: its times begin anew."""
        self._begin()

    def at(self, time_s: float, *, key: bool) -> OwnMode:
        """The mode for the packet of that time."""
        if self._shown_s is None:
            self._shown_s = time_s
        if key:
            if self._key_s is not None:
                self._intervals_s.append(time_s - self._key_s)
            self._key_s = time_s
        asked = self._asked
        if asked not in _WORDS:
            return asked
        if self.problem is None:
            if time_s - self._shown_s <= patience_s(self._needed_fps):
                return asked
            self.problem = (
                f"the camera has sent no {_WORDS[asked]} for {time_s - self._shown_s:.1f} s, and apps look "
                f"{self._needed_fps:g} times a second; all frames are decoded instead"
            )
            self._fell_s = time_s
            self._intervals_s.clear()
        elif self._serves_again(asked, time_s):
            self.problem, self._shown_s = None, time_s
            return asked
        return "all"

    def shown(self, time_s: float) -> None:
        """A packet of that time brought a picture."""
        self._shown_s = time_s

    def _serves_again(self, asked: OwnMode, time_s: float) -> bool:
        if asked == "reference":
            return time_s - self._fell_s > _AGAIN_S
        regular = len(self._intervals_s) == _REGULAR_KEYS
        return regular and max(self._intervals_s) * self._needed_fps <= _MISSED / 2

    def _begin(self) -> None:
        self._shown_s = self._key_s = None
        self._fell_s = 0.0
        self._intervals_s.clear()
