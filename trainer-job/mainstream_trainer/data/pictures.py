"""Pictures in folders, one folder a class, as training frames.

They are scaled by the same function as frames of a camera. What systems leave beside pictures is no class, no picture,
and moves nothing across the split.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError, MainstreamError
from mainstream.footage.frames import view_pixels
from mainstream.footage.labels import Run
from mainstream.footage.picture_files import read_picture
from mainstream_trainer.data.held_out import HeldOut
from mainstream_trainer.data.left_out import say_left_out
from mainstream_trainer.data.picture_folders import FoundClass, find_classes, one_spelling
from mainstream_trainer.request import PictureData


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
    passed_over: tuple[str, ...] = ()
    """what lies beside the pictures and is neither one nor a class, relative to the folder"""

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
        wanted = {one_spelling(each) for each in event_classes}
        return np.array([each.name in wanted for each in self.classes for _ in (*each.fit, *each.held_out)])

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
    found = find_classes(data.folder)
    say_left_out(data.folder, "passed over what is no picture and no class", found.passed_over)
    if len(found.classes) < 2:
        raise InvalidInputError(
            f"holds {len(found.classes)} folders of pictures, but needs one for the event and one for something else",
            field="pictures",
            source=data.folder,
        )
    skipped: list[str] = []
    classes = tuple(_split_class(data, each, skipped) for each in found.classes)
    say_left_out(data.folder, "skipped pictures that cannot be decoded", skipped)
    return Pictures(data.folder, classes, tuple(skipped), found.passed_over)


def check_event_classes(pictures: Pictures, data: PictureData) -> None:
    """Raise `InvalidInputError` unless both parts of the pictures show the event, and both something else."""
    have = [each.name for each in pictures.classes]
    wanted = {one_spelling(each) for each in data.event_classes}
    unknown = sorted(wanted - set(have))
    problem = None
    if not data.event_classes:
        problem = "name the class that is the event"
    elif unknown:
        empty = one_spelling(unknown[0]) in map(one_spelling, pictures.passed_over)
        what = f"{unknown[0]!r} holds no pictures" if empty else f"there is no folder {unknown[0]!r}"
        problem = f"{what} (there are: {', '.join(have[:20])})"
    elif set(have) <= wanted:
        problem = "every class is the event; there is nothing to learn it against"
    else:
        for what, event in (("the event", True), ("anything else", False)):
            of_it = [each for each in pictures.classes if (each.name in wanted) is event]
            if not (any(each.fit for each in of_it) and any(each.held_out for each in of_it)):
                problem = f"there are too few pictures of {what}: none is left to fit, or none to hold out"
                break
    if problem is not None:
        raise InvalidInputError(problem, field="event_classes", source=data.folder)


def _split_class(data: PictureData, found: FoundClass, skipped: list[str]) -> PictureClass:
    """Borders count all names, so that a broken picture moves no other one across the split."""
    paths = found.pictures
    first_held_out = round(data.fit_share * len(paths))
    end = round((data.fit_share + data.held_out_share) * len(paths))
    parts = (paths[: max(0, first_held_out - data.gap_pictures)], paths[first_held_out:end])
    fit, held_out = (tuple(path for path in part if _can_be_decoded(path, data.folder, skipped)) for part in parts)
    return PictureClass(found.name, fit, held_out)


def _can_be_decoded(path: Path, folder: Path, skipped: list[str]) -> bool:
    try:
        read_picture(path)
    except InvalidInputError:
        skipped.append(path.relative_to(folder).as_posix())
        return False
    return True


def _decoded(path: Path) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(read_picture(path), format="rgb24")
