"""When the frames of a clip are: told by its packets, none of which is decoded.

Frames are numbered as players and labelling tools number them: those that are shown, in order of showing. Hidden ones
(edit lists, VP8's golden frames) and those ahead of the first key frame, which nobody can decode, have no number.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.reading import (
    open_footage,
    read_packets,
    stamp_clock,
    stamped,
    tells_only_order,
)

_SAME_RATE = 0.02
"""by which the rate that a container tells may differ from the one that its frames come at"""
_VP8_SHOWN = 0x10
"""in the first byte of a VP8 packet: its frame is shown"""


@dataclass(frozen=True, eq=False)
class ClipIndex:
    """The frames of a clip."""

    ticks: NDArray[np.int64]
    """(frames,), ascending: presentation stamps on the clip's time line"""
    times: FrameTimes
    jumps: int
    """times that the stamps jumped or stood still"""
    first_damaged: int | None
    """frame at which something could not be read; None where everything could"""
    only_order: bool
    """decoded frames do not carry their own stamps, but come in order"""

    def number(self, tick: int | None, due: int) -> int:
        """Which frame has a stamp; one that is not known is the one that is `due`, or -1 ahead of the first."""
        if tick is None or self.only_order:
            return due
        found = int(np.searchsorted(self.ticks, tick))
        if found < len(self.ticks) and self.ticks[found] == tick:
            # Frames of one stamp follow on each other.
            return due if found < due < len(self.ticks) and self.ticks[due] == tick else found
        return -1 if found == 0 else due


def index_clip(path: Path) -> ClipIndex:
    """Read all packets of a clip; `InvalidInputError` where they do not say when their frames are."""
    shown: list[tuple[int | None, int | None]] = []
    damaged: list[int] = []
    key: int | None = None
    with open_footage(path) as (container, video):
        clock, base, hidden = stamp_clock(video), video.time_base, video.codec_context.name == "vp8"
        packets = stamped(read_packets(container, video, lambda: damaged.append(len(shown))), clock)
        try:
            for packet in packets:
                if packet.is_corrupt:
                    damaged.append(len(shown))
                if key is None and packet.is_keyframe:
                    key = packet.dts if packet.pts is None else packet.pts
                    shown.clear()
                if not packet.is_discard and not (hidden and _is_hidden(packet)):
                    shown.append((packet.pts, packet.dts))
        except av.FFmpegError as error:
            raise InvalidInputError(f"cannot be read ({error.strerror})", field="video", source=path) from error
        only_order = tells_only_order(container, video)
        told = float(video.average_rate) if video.average_rate else None
    if not shown:
        raise InvalidInputError("has no frames", field="video", source=path)
    unstamped = clock.unstamped + sum(dts is None for _, dts in shown)
    if unstamped:
        raise InvalidInputError(
            f"{unstamped} of its packets do not say when they are shown; give it times first "
            "(ffmpeg -r RATE -i CLIP -c copy CLIP.mp4)",
            field="video",
            source=path,
        )
    stamps = _presented(shown)
    ticks = np.sort(stamps[stamps >= (stamps.min() if key is None else key)])
    times = _times(ticks, float(base or 1), clock.interval, told)
    return ClipIndex(ticks, times, clock.jumps, damaged[0] if damaged else None, only_order)


def _presented(shown: list[tuple[int | None, int | None]]) -> NDArray[np.int64]:
    """Presentation stamps; containers without them (AVI) show a frame each time that one is decoded."""
    known = [pts for pts, _ in shown if pts is not None]
    if len(known) < len(shown):
        return np.array([dts for _, dts in shown], dtype=np.int64)
    return np.array(known, dtype=np.int64)


def _times(ticks: NDArray[np.int64], base_s: float, interval: int, told_fps: float | None) -> FrameTimes:
    last = int(np.median(np.diff(ticks))) if len(ticks) > 1 else interval
    edges = np.append(ticks, ticks[-1] + max(1, last)) - ticks[0]
    edges_s = (edges / (1 / base_s)).astype(np.float64)
    mean_fps = len(ticks) / float(edges_s[-1])
    fps = told_fps if told_fps is not None and abs(told_fps / mean_fps - 1) < _SAME_RATE else mean_fps
    return FrameTimes(edges_s, fps)


def _is_hidden(packet: Any) -> bool:
    return not memoryview(packet)[0] & _VP8_SHOWN
