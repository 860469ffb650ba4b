"""Frames of a clip's training part; not one frame beyond it is decoded."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.frames import view_pixels
from mainstream.labels import Run

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Clip:
    """What a video file says of itself."""

    path: Path
    fps: float
    frames: int | None
    """None where the container does not say"""
    sha256: str


def inspect_clip(path: Path) -> Clip:
    """Open a clip and hash it; `InvalidInputError` where it is no video."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", field="video", source=path) from error
    with _opened(path) as container:
        stream = container.streams.video[0]
        if not stream.average_rate:
            raise InvalidInputError("does not say its frame rate", field="video", source=path)
        return Clip(path, float(stream.average_rate), stream.frames or None, digest.hexdigest())


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
        return hashlib.sha256(f"{self.clip.sha256} {self.part[0]} {self.part[1]}".encode()).hexdigest()

    @property
    def frames(self) -> int:
        """See `FrameSource`."""
        return self.part[1] - self.part[0]

    @property
    def skipped(self) -> tuple[str, ...]:
        """None: a clip that breaks off is refused, since its labels would no longer be those of its frames."""
        return ()

    @property
    def passed_over(self) -> tuple[str, ...]:
        """See `FrameSource`."""
        return ()

    def read(self, crop: Crop | None, height: int, width: int, on_share: Callable[[float], None]) -> NDArray[np.uint8]:
        """See `FrameSource`."""
        return _read_frames(self.clip, self.part, crop, height, width, on_share)


def _read_frames(
    clip: Clip, part: Run, crop: Crop | None, height: int, width: int, on_frame: Callable[[float], None]
) -> NDArray[np.uint8]:
    frames = np.empty((part[1] - part[0], height, width, 3), dtype=np.uint8)
    read = 0
    for index, frame in enumerate(_decoded(clip.path)):
        if index >= part[0]:
            try:
                frames[read] = view_pixels(frame, crop, height, width)
            except MainstreamError as error:
                raise InvalidInputError(error.message, field=error.field, source=clip.path) from error
            read += 1
            on_frame(read / len(frames))
        if index + 1 >= part[1]:
            break
    if read < len(frames):
        raise InvalidInputError(
            f"ends after frame {part[0] + read}, but the labels' training part goes to frame {part[1]}; "
            "label this very clip",
            field="video",
            source=clip.path,
        )
    return frames


def _decoded(path: Path) -> Iterator[av.VideoFrame]:
    with _opened(path) as container:
        try:
            yield from container.decode(video=0)
        except av.FFmpegError as error:
            raise InvalidInputError(f"cannot be decoded ({error.strerror})", field="video", source=path) from error


def _opened(path: Path) -> av.container.InputContainer:
    try:
        container = av.open(path)
    except (av.FFmpegError, OSError) as error:
        raise InvalidInputError(
            f"cannot be decoded ({error.strerror}); is it a video?", field="video", source=path
        ) from error
    if not container.streams.video:
        container.close()
        raise InvalidInputError("has no pictures", field="video", source=path)
    return container
