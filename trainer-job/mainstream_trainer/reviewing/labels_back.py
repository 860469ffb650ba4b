"""Labels of frames as Label Studio (JSON, JSON-MIN) and CVAT (for images 1.1) export them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import defusedxml.ElementTree as ElementTree
from defusedxml.common import DefusedXmlException

from mainstream.errors import InvalidInputError
from mainstream.review.objects import FRAME_PICTURE
from mainstream_trainer.reviewing.label_queue import EVENT, NOTHING

_MOST_BYTES = 64 << 20


def read_labels_of_frames(path: Path) -> dict[str, bool]:
    """Whether an event was under way, by the name of the frame; frames that were skipped are left out.

    Raises `InvalidInputError` where the file is of no such tool, or says both of one frame.
    """
    content = _content(path)
    found = _of_cvat(content, path) if content.lstrip()[:1] == b"<" else _of_label_studio(content, path)
    labels: dict[str, bool] = {}
    for frame, words in found:
        said = {word for word in words if word in (EVENT, NOTHING)}
        if len(said) > 1:
            raise InvalidInputError(f"says both {EVENT} and {NOTHING}; leave one", field=frame, source=path)
        if said:
            labels[frame] = EVENT in said
    if not labels:
        raise InvalidInputError(f"labels no frame as {EVENT} or {NOTHING}; export what was labelled", source=path)
    return labels


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", field="LABELS", source=path) from error
    if len(content) > _MOST_BYTES:
        raise InvalidInputError(f"is larger than {_MOST_BYTES} bytes", field="LABELS", source=path)
    return content


def _of_cvat(content: bytes, path: Path) -> Iterator[tuple[str, list[str]]]:
    try:
        root = ElementTree.fromstring(content)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise InvalidInputError("is no XML that CVAT exports; choose CVAT for images 1.1", source=path) from error
    for image in root.iterfind("image"):
        frame = _frame_of(str(image.get("name", "")))
        if frame:
            yield frame, [str(tag.get("label", "")) for tag in image.iterfind("tag")]


def _of_label_studio(content: bytes, path: Path) -> Iterator[tuple[str, list[str]]]:
    try:
        tasks = json.loads(content)
    except ValueError as error:
        raise InvalidInputError("is no JSON that Label Studio exports", source=path) from error
    for task in tasks if isinstance(tasks, list) else []:
        if isinstance(task, dict):
            frame = _name_in(task.get("data", task))
            if frame:
                yield frame, list(_choices(task))


def _name_in(data: Any) -> str:
    if not isinstance(data, dict):
        return ""
    given = data.get("frame")
    return given if isinstance(given, str) else _frame_of(str(data.get("image", "")))


def _choices(task: dict[str, Any]) -> Iterator[str]:
    """Of the last annotation that was not cancelled, or of JSON-MIN, where a task holds the choice itself."""
    flat = task.get("under-way")
    if isinstance(flat, str):
        yield flat
    annotations = task.get("annotations")
    there = [each for each in (annotations if isinstance(annotations, list) else []) if isinstance(each, dict)]
    valid = [each for each in there if not each.get("was_cancelled")]
    results = valid[-1].get("result") if valid else []
    for result in results if isinstance(results, list) else []:
        value = result.get("value") if isinstance(result, dict) else None
        choices = value.get("choices") if isinstance(value, dict) else None
        if isinstance(choices, list):
            yield from map(str, choices)


def _frame_of(picture: str) -> str:
    """The frame's name, of a path or URL that ends with its picture; nothing of other pictures."""
    name = picture.rpartition("/")[2]
    return name.removesuffix(FRAME_PICTURE) if name.endswith(FRAME_PICTURE) else ""
