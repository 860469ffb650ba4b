"""How long a camera may go without a picture: as long as a group of pictures can be, while it sends packets.

Decoding begins at a key frame, and cameras send some as seldom as once a minute. Opening the camera anew would only
begin the wait anew; so it is waited for, and said.
"""

from collections.abc import Callable

from mainstream.errors import MainstreamError

STALL_S = 4.0
"""a camera that sends nothing that can be decoded for as long, a key frame included, is opened anew"""
LONGEST_GROUP_S = 120.0
"""longest time between key frames that is waited for"""
_SAID_AFTER_S = 1.0

SaysWaiting = Callable[[str], None]
"""told about every packet of a camera that is waited for, in words for people"""


class StalledError(MainstreamError):
    """The camera is silent."""


class KeyFrameWait:
    """One opened camera; times are monotonic."""

    def __init__(self, say: SaysWaiting) -> None:
        self._say = say
        self._shown_s = 0.0
        self._key_s: float | None = None

    def begin(self, now_s: float) -> None:
        """The camera was opened."""
        self._shown_s, self._key_s = now_s, None

    def shown(self, now_s: float) -> None:
        """A picture was decoded."""
        self._shown_s, self._key_s = now_s, None

    def packet(self, now_s: float, *, key: bool) -> None:
        """A packet came, and no picture of it is left; raises `StalledError` where waiting longer makes no sense."""
        if key and self._key_s is None:
            self._key_s = now_s
        waited_s = now_s - self._shown_s
        if self._key_s is not None and now_s - self._key_s > STALL_S:
            raise StalledError("sends nothing that can be decoded")
        if waited_s > LONGEST_GROUP_S:
            raise StalledError(
                f"has sent no key frame for {waited_s:.0f} s; shorten the camera's key frame interval (2 s is usual)"
            )
        if waited_s > _SAID_AFTER_S and self._key_s is None:
            self._say(
                f"waits for the camera's next key frame, {waited_s:.0f} s so far; to wait less, shorten its key frame "
                "interval (2 s is usual)"
            )
