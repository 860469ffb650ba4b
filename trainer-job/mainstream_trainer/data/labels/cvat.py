"""Exports of CVAT: "CVAT for video 1.1" (tracks) and "CVAT for images 1.1" (tags and shapes of single frames).

A label is shown on a frame if any track, shape or tag of that name is. Format: docs.cvat.ai, "XML annotation format";
what a task, a job and a project write is decided in CVAT's `dataset_manager`.

Shapes carry the video's own numbers whatever part of it a task or a job holds, and `start_frame` is such a number;
`size` counts the frames that were listed, and of a task with a frame filter each of them stands for `step` frames. A
track lists every frame that it is on; where it ends, or is away for a while, comes a key frame with `outside`. A
skeleton has no `outside` of its own: it is away where all its points are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException, ElementTree

from mainstream.errors import InvalidInputError
from mainstream.footage.labels import Run
from mainstream_trainer.data.labels.labelled_frames import LabelledFrames

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NO_SHAPES = frozenset({"attribute", "tag"})
"""what a track or an image may hold beside shapes, of which later versions of CVAT may know more"""
_YES = ("1", "true", "yes")


@dataclass(frozen=True)
class _Listed:
    """The frames of a video that a task or a job holds: `size` of them, `step` apart, from `start` on."""

    start: int
    step: int
    size: int

    @property
    def part(self) -> Run:
        """All frames that they stand for."""
        return self.start, self.start + self.size * self.step

    def frame(self, text: str, field: str, path: Path) -> int:
        """A number of a frame; `InvalidInputError` where the frame filter lists no such frame."""
        number = _whole(text, field, path)
        if (number - self.start) % self.step:
            raise InvalidInputError(
                f"{number} is none of the frames that were listed (from {self.start} on, {self.step} apart), so that "
                "nobody knows how frames are counted here; export it anew from CVAT",
                field=field,
                source=path,
            )
        return number


def read_cvat(content: bytes, path: Path, frames: int) -> LabelledFrames:
    """Runs of frames by label; `frames` are those of the video, `path` is where the content comes from."""
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise InvalidInputError(f"is not XML that can be used ({error})", source=path) from error
    if root.tag != "annotations":
        raise InvalidInputError("is not an export of CVAT: it has no <annotations>", source=path)
    meta, where = _meta(root, path)
    listed = _listed(meta, where, path)
    _check_numbering(meta, where, listed, frames, path)
    runs: dict[str, list[Run]] = {
        name: []
        for label in root.iterfind("meta//labels/label")
        if label.findtext("parent") is None and (name := label.findtext("name"))
    }
    for label, run in (*_tracks(root, listed, path), *_images(root, listed, path)):
        runs.setdefault(label, []).append(run)
    video = root.findtext("meta/source") or meta.findtext("source") or meta.findtext("name")
    return LabelledFrames(video or path.name, listed.part, runs, listed.step)


def _meta(root: "Element", path: Path) -> "tuple[Element, str]":
    """The task or the job that was exported, and its name in messages."""
    for name in ("task", "job"):
        if (found := root.find(f"meta/{name}")) is not None:
            return found, f"meta.{name}"
    tasks = root.findall("meta/project/tasks/task")
    if len(tasks) == 1:
        return tasks[0], "meta.project.tasks.task"
    if tasks:
        raise InvalidInputError(
            f"holds {len(tasks)} tasks, whose frames are counted on from one to the next; export the task of this "
            "video alone",
            field="meta.project.tasks",
            source=path,
        )
    raise InvalidInputError(
        "does not say how many frames there are; export a task or a job", field="meta.task.size", source=path
    )


def _listed(meta: "Element", where: str, path: Path) -> _Listed:
    texts = {name: (meta.findtext(name) or "").strip() for name in ("size", "start_frame", "frame_filter")}
    if not texts["size"]:
        raise InvalidInputError(
            "does not say how many frames there are; export a task or a job", field=f"{where}.size", source=path
        )
    size = _whole(texts["size"], f"{where}.size", path)
    start = _whole(texts["start_frame"] or "0", f"{where}.start_frame", path)
    filtered = texts["frame_filter"]
    if filtered and not filtered.replace(" ", "").startswith("step="):
        raise InvalidInputError(
            f"{filtered!r} is not step=N; label the video itself", field=f"{where}.frame_filter", source=path
        )
    step = _whole(filtered.replace(" ", "").removeprefix("step=") or "1", f"{where}.frame_filter", path)
    if step < 1 or start < 0 or size < 1:
        raise InvalidInputError("counts no frames", field=where, source=path)
    return _Listed(start, step, size)


def _check_numbering(meta: "Element", where: str, listed: _Listed, frames: int, path: Path) -> None:
    """Pictures that were taken out of a video are numbered on their own: of none of them is it known when it was."""
    of_pictures = meta.findtext("mode") == "annotation" and meta.find("source") is None
    if of_pictures and listed.part != (0, frames):
        raise InvalidInputError(
            f"is a task of {listed.size} pictures, and nobody knows which of the video's {frames} frames they are; "
            "label the video itself",
            field=f"{where}.mode",
            source=path,
        )


def _tracks(root: "Element", listed: _Listed, path: Path) -> Iterator[tuple[str, Run]]:
    for track in root.iterfind("track"):
        label = track.get("label", "")
        at = sorted((_frame(shape, listed, path), not _is_away(shape)) for shape in _shapes(track))
        if not at or _is_outside(track):
            continue
        # A frame that was deleted in the tool is not listed: a track that is there before and after was there.
        for (frame, there), (then, _) in pairwise([*at, (at[-1][0] + listed.step, False)]):
            if there and then > frame:
                yield label, (frame, then)


def _images(root: "Element", listed: _Listed, path: Path) -> Iterator[tuple[str, Run]]:
    """Tags and shapes of single frames; of tags that stand outside of images too, as some versions write them."""
    shown = {
        listed.frame(image.get("id", ""), "image.id", path): {
            each.get("label", "") for each in image if each.tag == "tag" or (_is_shape(each) and not _is_away(each))
        }
        for image in root.iterfind("image")
    }
    # CVAT lists an image without labels too, so one that is not there was deleted: as with tracks, what is there before
    # and after was there.
    frames = sorted(shown)
    for frame, then in pairwise([*frames, frames[-1] + listed.step] if frames else []):
        for label in shown[frame]:
            yield label, (frame, then if label in shown.get(then, ()) else frame + listed.step)
    for tag in root.iterfind("tag"):
        frame = _frame(tag, listed, path)
        yield tag.get("label", ""), (frame, frame + listed.step)


def _shapes(track: "Element") -> "Iterator[Element]":
    return (each for each in track if _is_shape(each))


def _is_shape(element: "Element") -> bool:
    return element.tag not in _NO_SHAPES


def _is_away(shape: "Element") -> bool:
    """Whether a shape is out of the picture: it says so, or all of its parts do."""
    parts = list(_shapes(shape))
    return _is_outside(shape) or (bool(parts) and all(_is_away(part) for part in parts))


def _is_outside(element: "Element") -> bool:
    return element.get("outside", "0").strip().lower() in _YES


def _frame(element: "Element", listed: _Listed, path: Path) -> int:
    return listed.frame(element.get("frame", ""), f"{element.tag}.frame", path)


def _whole(text: str, field: str, path: Path) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is not a whole number", field=field, source=path) from None
