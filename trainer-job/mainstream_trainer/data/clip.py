"""A clip: when its frames are, and the pixels of its training part; not one frame beyond it is decoded."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop, Mask
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.frames import view_pixels
from mainstream.footage.labels import Run
from mainstream.footage.masks import grey_out
from mainstream.footage.reading import open_footage, read_packets, stamp_clock, stamped
from mainstream.footage.shown import shown_size
from mainstream_trainer.data.clip_index import ClipIndex, index_clip

_log = logging.getLogger(__name__)
_CHUNK_BYTES = 1 << 20
_KNOWN_CLIPS = 1024
"""whose hash and frame times are kept for whoever asks next"""
_REPAIR = "repair it first (ffmpeg -i CLIP -c:v libx264 REPAIRED.mp4) and label what comes of it"


@dataclass(frozen=True)
class Clip:
    """What a video file says of itself; its packets were read, no frame was decoded."""

    path: Path
    sha256: str
    index: ClipIndex
    masks: tuple[Mask, ...] = ()
    """what nobody may see of it: grey in every picture of it"""

    @property
    def times(self) -> FrameTimes:
        """When each frame is shown."""
        return self.index.times

    @property
    def frames(self) -> int:
        """How many there are, whether or not the container says so."""
        return self.index.times.frames

    @property
    def fps(self) -> float:
        """Its long-run rate."""
        return self.index.times.fps


def inspect_clip(path: Path) -> Clip:
    """Open a clip, hash it and find when its frames are; `InvalidInputError` where it is no video or has no times.

    A clip that was inspected is known as long as its file stays as it is.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    clip = _inspected(path, found.st_size, found.st_mtime_ns)
    jumps = clip.index.jumps
    if jumps:
        _log.warning("%s: time stamps jump or stand still %d times; its frames follow on each other", path, jumps)
    return clip


@lru_cache(maxsize=_KNOWN_CLIPS)
def _inspected(path: Path, size_bytes: int, modified_ns: int) -> Clip:
    """The clip of a file of this size and time of change: one that was written anew since is another."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise _unreadable(path, error) from error
    return Clip(path, digest.hexdigest(), index_clip(path))


def _unreadable(path: Path, error: OSError) -> InvalidInputError:
    return InvalidInputError(f"cannot be read ({error.strerror})", field="video", source=path)


@dataclass(frozen=True)
class ClipPart:
    """The frames of a clip's training part, as a `FrameSource`."""

    clip: Clip
    part: Run
    """first frame, frame after the last"""

    @property
    def name(self) -> str:
        """See `FrameSource`."""
        return self.clip.path.name

    @property
    def sha256(self) -> str:
        """See `FrameSource`."""
        masks = "".join(f" {mask.model_dump_json()}" for mask in self.clip.masks)
        return hashlib.sha256(f"{self.clip.sha256} {self.part[0]} {self.part[1]}{masks}".encode()).hexdigest()

    @property
    def frames(self) -> int:
        """See `FrameSource`."""
        return self.part[1] - self.part[0]

    @property
    def skipped(self) -> tuple[str, ...]:
        """None: a clip that is damaged is refused, since its labels would no longer be those of its frames."""
        return ()

    @property
    def passed_over(self) -> tuple[str, ...]:
        """See `FrameSource`."""
        return ()

    def read(self, crop: Crop | None, height: int, width: int, on_share: Callable[[float], None]) -> NDArray[np.uint8]:
        """See `FrameSource`."""
        return _read_frames(self.clip, self.part, crop, height, width, on_share)


def check_undamaged(clip: Clip, part: Run) -> None:
    """Refuse damage within or ahead of a part: tools count what they cannot read differently."""
    damaged = clip.index.first_damaged
    if damaged is not None and damaged < part[1]:
        raise _damaged(clip, damaged, "is damaged")


def picture_size(clip: Clip) -> tuple[int, int]:
    """Width and height of the first picture that can be decoded, as it is shown."""
    for frame in _decoded(clip.path):
        return shown_size(frame)
    raise InvalidInputError("has no picture that can be decoded", field="video", source=clip.path)


def _damaged(clip: Clip, frame: int, problem: str) -> InvalidInputError:
    return InvalidInputError(
        f"{problem} at frame {frame}, so that labels might be meant for other frames; {_REPAIR}, or train on frames "
        f"ahead of it (--train-part 0:{frame})",
        field="video",
        source=clip.path,
    )


def _read_frames(
    clip: Clip, part: Run, crop: Crop | None, height: int, width: int, on_frame: Callable[[float], None]
) -> NDArray[np.uint8]:
    frames = np.empty((part[1] - part[0], height, width, 3), dtype=np.uint8)
    for number, frame in pictures_of(clip, part):
        try:
            frames[number - part[0]] = view_pixels(frame, crop, height, width)
        except MainstreamError as error:
            raise InvalidInputError(error.message, field=error.field, source=clip.path) from error
        on_frame((number + 1 - part[0]) / len(frames))
    return frames


def pictures_of(clip: Clip, part: Run) -> Iterator[tuple[int, av.VideoFrame]]:
    """Each picture of a part with its number, in order; `InvalidInputError` where one cannot be decoded."""
    due = 0
    for frame in _decoded(clip.path):
        number = clip.index.number(frame.pts, due)
        if number < due:
            continue
        if number > due:
            break
        if due >= part[0]:
            grey_out(frame, clip.masks)
            yield due, frame
        due += 1
        if due >= part[1]:
            return
    if due < clip.frames:
        raise _damaged(clip, due, "cannot be decoded")
    raise InvalidInputError(
        f"ends after frame {due}, but the labels' training part goes to frame {part[1]}; label this very clip",
        field="video",
        source=clip.path,
    )


def _decoded(path: Path) -> Iterator[av.VideoFrame]:
    """Pictures in order of showing, with their stamps on the clip's time line; what cannot be decoded is left out."""
    with open_footage(path) as (container, video):
        try:
            for packet in stamped(read_packets(container, video, lambda: None), stamp_clock(video)):
                try:
                    yield from video.decode(packet)
                except av.error.InvalidDataError:
                    continue
            yield from video.decode(None)
        except av.error.EOFError:
            return
        except av.FFmpegError as error:
            raise InvalidInputError(f"cannot be decoded ({error.strerror})", field="video", source=path) from error
