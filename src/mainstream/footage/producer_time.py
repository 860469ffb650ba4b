"""What a camera's own clock says: RTCP sender reports, as libavformat works them out."""

import struct
from typing import Any

_OLDEST_CLOCK_S = 1_577_836_800.0
"""2020; a camera that tells an earlier time has a clock that was never set, and is not believed"""
_MICROSECONDS = struct.Struct("<q")
"""since 1970"""


class ProducerTime:
    """The wall clock of one connection, by the stamps of its packets."""

    def __init__(self) -> None:
        self._offset_s: float | None = None

    def note(self, packet: Any) -> None:
        """Take up what an `av.Packet` says, if anything."""
        if packet.pts is not None and packet.has_sidedata("prft"):
            (told_us,) = _MICROSECONDS.unpack_from(bytes(packet.get_sidedata("prft")))
            if told_us / 1e6 > _OLDEST_CLOCK_S:
                self._offset_s = told_us / 1e6 - float(packet.pts * packet.time_base)

    def of(self, stamp_s: float | None) -> float | None:
        """When the camera took the picture of that stamp, s since 1970; None before its first report."""
        return None if self._offset_s is None or stamp_s is None else self._offset_s + stamp_s
