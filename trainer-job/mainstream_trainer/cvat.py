"""Exports of CVAT: "CVAT for video 1.1" (tracks) and "CVAT for images 1.1" (tags and shapes of single frames).

A label is shown on a frame if any track, shape or tag of that name is. Format: docs.cvat.ai, "XML annotation format".
"""

from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException, ElementTree

from mainstream.errors import InvalidInputError
from mainstream.labels import Run
from mainstream_trainer.labelled_frames import LabelledFrames

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read_cvat(path: Path) -> LabelledFrames:
    """Runs of frames by label."""
    try:
        root = ElementTree.parse(path).getroot()
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise InvalidInputError(f"is not XML that can be used ({error})", source=path) from error
    if root is None or root.tag != "annotations":
        raise InvalidInputError("is not an export of CVAT: it has no <annotations>", source=path)
    size = root.findtext("meta/task/size") or root.findtext("meta/job/size")
    if size is None:
        raise InvalidInputError(
            "does not say how many frames there are; export a task or a job, not a project",
            field="meta.task.size",
            source=path,
        )
    runs: dict[str, list[Run]] = {
        name: [] for name in (label.findtext("name") for label in root.iterfind("meta/*/labels/label")) if name
    }
    for track in root.iterfind("track"):
        # Every frame that a track is on is listed; where it leaves the picture, `outside` says so.
        for shape in track:
            if shape.get("frame") is not None and shape.get("outside", "0") == "0":
                frame = _number(shape, "frame", path)
                runs.setdefault(track.get("label", ""), []).append((frame, frame + 1))
    for image in root.iterfind("image"):
        frame = _number(image, "id", path)
        for shape in image:
            runs.setdefault(shape.get("label", ""), []).append((frame, frame + 1))
    video = root.findtext("meta/source") or root.findtext("meta/task/source") or root.findtext("meta/task/name")
    return LabelledFrames(video or path.name, _whole(size, "meta.task.size", path), runs)


def _number(element: "Element", name: str, path: Path) -> int:
    return _whole(element.get(name, ""), f"{element.tag}.{name}", path)


def _whole(text: str, field: str, path: Path) -> int:
    try:
        return int(text)
    except ValueError:
        raise InvalidInputError(f"{text!r} is not a whole number", field=field, source=path) from None
