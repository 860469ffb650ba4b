"""Decodes a stream's packets in one of its modes, and changes from one to another without a gap.

While frames are passed over, the packets since the last key frame are kept: a change to a mode that needs them decodes
them at once, as every later frame refers to them. A change the other way waits for the next key frame. So no picture is
ever made of references that are missing, and none that a mode promises is left out.
"""

import time
from collections.abc import Iterator
from typing import Any, Literal

import av
from av.error import EOFError as AvEOFError
from av.error import FFmpegError

OwnMode = Literal["all", "reference", "keyframes", "packets"]
"""of a stream itself; packets: none of it is decoded, as its substream is"""
_KEPT_BYTES = 32 << 20
"""of packets since a key frame; a group that is longer can only be followed from the next key frame on"""
_SKIPPED = {"all": "DEFAULT", "reference": "NONREF"}


class ModeDecoder:
    """One opened stream's; belongs to the thread that decodes."""

    def __init__(self, context: Any, *, shows_corrupt: bool) -> None:
        """`context` is an `av.VideoCodecContext`; with `shows_corrupt` a damaged picture is shown, and counted."""
        self.errors = 0
        self.cpu_s = 0.0
        """CPU-seconds that decoding took"""
        self.in_force: OwnMode = "all"
        self._context = context
        self._shows_corrupt = shows_corrupt
        self._group: list[Any] = []
        self._group_bytes = 0
        self._is_whole = False
        """whether the group begins with its key frame"""
        self._known_pts: int | None = None
        """pictures up to this one were shown before a change of mode"""

    @property
    def passes_over(self) -> bool:
        """Whether most packets bring no picture by intention."""
        return self.in_force in ("keyframes", "packets")

    def pictures(self, packet: Any, mode: OwnMode) -> Iterator[Any]:
        """The pictures that a packet brings, in the order in which they are shown, once `mode` is in force."""
        if mode != self.in_force:
            yield from self._change(mode, key=packet.is_keyframe)
        if not self.passes_over:
            yield from self._shown(self._decoded(packet))
            return
        if packet.is_keyframe:
            self._group, self._group_bytes, self._is_whole = [], 0, True
            if self.in_force == "keyframes":
                yield from self._shown(self._alone(packet))
        self._keep(packet)

    def rest(self) -> Iterator[Any]:
        """The pictures that the decoder still holds at the stream's end."""
        if not self.passes_over:
            yield from self._shown(self._decoded(None))

    def _change(self, mode: OwnMode, *, key: bool) -> Iterator[Any]:
        passes_over = mode in ("keyframes", "packets")
        if passes_over and not self.passes_over:
            if not key:
                return
            yield from self._shown(self._decoded(None))
            self._context.flush_buffers()
        elif not passes_over and self.passes_over:
            if not key and not self._is_whole:
                return
            self._context.skip_frame = _SKIPPED[mode]
            if not key:
                self._catch_up()
            self._group, self._group_bytes, self._is_whole = [], 0, False
        elif not passes_over:
            self._context.skip_frame = _SKIPPED[mode]
        self.in_force = mode

    def _catch_up(self) -> None:
        """Decode what was passed over since the key frame; it is over, so it is shown to nobody."""
        stamps = [packet.pts for packet in self._group if packet.pts is not None]
        self._known_pts = max(stamps, default=None)
        for packet in self._group:
            self._decoded(packet)

    def _alone(self, packet: Any) -> list[Any]:
        """A key frame needs no other; without the flush a decoder would hold it until the next one."""
        pictures = [*self._decoded(packet), *self._decoded(None)]
        self._context.flush_buffers()
        return pictures

    def _keep(self, packet: Any) -> None:
        if not self._is_whole:
            return
        self._group_bytes += packet.size
        if self._group_bytes > _KEPT_BYTES:
            self._group, self._is_whole = [], False
        else:
            self._group.append(packet)

    def _shown(self, pictures: list[Any]) -> Iterator[Any]:
        for picture in pictures:
            if self._known_pts is not None and picture.pts is not None:
                if picture.pts <= self._known_pts:
                    continue
                self._known_pts = None
            if picture.is_corrupt:
                self.errors += 1
                if not self._shows_corrupt:
                    continue
            yield picture

    def _decoded(self, packet: Any) -> list[Any]:
        start_s = time.thread_time()
        try:
            return list(self._context.decode(packet))
        except AvEOFError:
            return []
        except (FFmpegError, OSError):
            self.errors += 1
            return []
        finally:
            self.cpu_s += time.thread_time() - start_s


def decoder_beside(context: Any) -> Any:
    """A decoder of its own for packets that another one decodes as well: what one shows says nothing of the other."""
    beside = av.CodecContext.create(context.name, "r")
    if context.extradata:
        beside.extradata = context.extradata
    # As in a source: more threads only add latency and CPU.
    beside.thread_type, beside.thread_count = "NONE", 1
    return beside
