"""Pictures in folders, one folder a class, as training frames.

Pillow decodes them, since it refuses a picture that breaks off, where video decoders fill in what is missing. They are
scaled by the same function as frames of a camera.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.frames import view_pixels
from mainstream.labels import Run
from mainstream_trainer.held_out import HeldOut
from mainstream_trainer.request import PictureData

_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".pgm", ".tif", ".tiff", ".webp"})
_MAX_PICTURES = 1_000_000
_SKIPPED_NAMED = 5
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class PictureClass:
    """One class: its pictures in the order of their names, those that can be decoded."""

    name: str
    fit: tuple[Path, ...]
    held_out: tuple[Path, ...]


@dataclass(frozen=True)
class Pictures:
    """The pictures of all classes that fit or are held out, class by class, as a `FrameSource`."""

    folder: Path
    classes: tuple[PictureClass, ...]
    skipped: tuple[str, ...]
    """those that cannot be decoded, relative to the folder"""

    @property
    def name(self) -> str:
        """See `FrameSource`."""
        return self.folder.name

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every picture, in the order of its row."""
        return tuple(path for each in self.classes for path in (*each.fit, *each.held_out))

    @property
    def frames(self) -> int:
        """See `FrameSource`."""
        return len(self.paths)

    @cached_property
    def sha256(self) -> str:
        """See `FrameSource`; of the pictures' bytes and how they are split, not of their names."""
        digest = hashlib.sha256()
        for each in self.classes:
            digest.update(f"{each.name}\n{len(each.fit)} {len(each.held_out)}\n".encode())
        for path in self.paths:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def read(self, crop: Crop | None, height: int, width: int, on_share: Callable[[float], None]) -> NDArray[np.uint8]:
        """See `FrameSource`."""
        frames = np.empty((self.frames, height, width, 3), dtype=np.uint8)
        for row, path in enumerate(self.paths):
            try:
                frames[row] = view_pixels(_decoded(path), crop, height, width)
            except MainstreamError as error:
                raise InvalidInputError(error.message, field=error.field, source=path) from error
            on_share((row + 1) / len(frames))
        return frames

    def present(self, event_classes: tuple[str, ...]) -> NDArray[np.bool_]:
        """Which pictures (frames,) show the event."""
        return np.array([each.name in event_classes for each in self.classes for _ in (*each.fit, *each.held_out)])

    @property
    def class_of(self) -> NDArray[np.int64]:
        """The class of every picture (frames,), as its place in `classes`."""
        sizes = [len(each.fit) + len(each.held_out) for each in self.classes]
        return np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)

    @property
    def held_out(self) -> HeldOut:
        """Which rows fit and which are held out."""
        fit: list[int] = []
        blocks: list[Run] = []
        row = 0
        for each in self.classes:
            fit += range(row, row + len(each.fit))
            row += len(each.fit)
            blocks.append((row, row + len(each.held_out)))
            row += len(each.held_out)
        return HeldOut(np.array(fit, dtype=np.intp), tuple(blocks))


def inspect_pictures(data: PictureData) -> Pictures:
    """Find, split and decode once the pictures of a folder; one that cannot be decoded is left out, said and counted.

    Raises `InvalidInputError` where there are no two classes. What shows the event is not looked at.
    """
    with _reading(data.folder):
        folders = sorted(path for path in data.folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if len(folders) < 2:
        raise InvalidInputError(
            f"holds {len(folders)} folders of pictures, but needs one for the event and one for something else",
            field="pictures",
            source=data.folder,
        )
    skipped: list[str] = []
    classes = tuple(_inspect_class(data, folder, skipped) for folder in folders)
    if skipped:
        named = ", ".join(skipped[:_SKIPPED_NAMED]) + (" ..." if len(skipped) > _SKIPPED_NAMED else "")
        _LOGGER.warning("%s: skipped pictures that cannot be decoded: %d (%s)", data.folder, len(skipped), named)
    return Pictures(data.folder, classes, tuple(skipped))


def check_event_classes(pictures: Pictures, data: PictureData) -> None:
    """Raise `InvalidInputError` unless both parts of the pictures show the event, and both something else."""
    have = [each.name for each in pictures.classes]
    unknown = sorted(set(data.event_classes) - set(have))
    problem = None
    if not data.event_classes:
        problem = "name the class that is the event"
    elif unknown:
        problem = f"there is no folder {unknown[0]!r} (there are: {', '.join(have[:20])})"
    elif set(have) <= set(data.event_classes):
        problem = "every class is the event; there is nothing to tell it from"
    else:
        for what, event in (("the event", True), ("anything else", False)):
            of_it = [each for each in pictures.classes if (each.name in data.event_classes) is event]
            if not (any(each.fit for each in of_it) and any(each.held_out for each in of_it)):
                problem = f"there are too few pictures of {what}: none is left to fit, or none to hold out"
                break
    if problem is not None:
        raise InvalidInputError(problem, field="event_classes", source=data.folder)


def _inspect_class(data: PictureData, folder: Path, skipped: list[str]) -> PictureClass:
    """Borders count all names, so that a broken picture moves no other one across the split."""
    with _reading(folder):
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    if len(paths) > _MAX_PICTURES:
        raise InvalidInputError(f"holds more than {_MAX_PICTURES} pictures", source=folder)
    first_held_out = round(data.fit_share * len(paths))
    end = round((data.fit_share + data.held_out_share) * len(paths))
    parts = (paths[: max(0, first_held_out - data.gap_pictures)], paths[first_held_out:end])
    fit, held_out = (tuple(path for path in part if _can_be_decoded(path, data.folder, skipped)) for part in parts)
    return PictureClass(folder.name, fit, held_out)


def _can_be_decoded(path: Path, folder: Path, skipped: list[str]) -> bool:
    try:
        _decoded(path)
    except InvalidInputError:
        skipped.append(path.relative_to(folder).as_posix())
        return False
    return True


def _decoded(path: Path) -> av.VideoFrame:
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInputError("cannot be decoded; is it a picture?", source=path) from error
    return av.VideoFrame.from_ndarray(np.asarray(upright), format="rgb24")


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", field="pictures", source=folder) from error
