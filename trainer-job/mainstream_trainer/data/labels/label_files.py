"""Label files of several tools, read as the one form that the trainer knows (`mainstream.footage.labels`).

An export says which frames show what, not which of them train: without a split of one's own the first three quarters
train and the rest is the test, as with pictures.
"""

import io
import json
import logging
import zipfile
from codecs import BOM_UTF8
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np
from pydantic import ValidationError

from mainstream.errors import InvalidInputError
from mainstream.files.documents import MAX_BYTES, all_problems
from mainstream.footage.labels import AppLabels, Labels, Run, Split, read_labels, runs_of
from mainstream_trainer.data.clip import Clip
from mainstream_trainer.data.labels.cvat import read_cvat
from mainstream_trainer.data.labels.label_studio import VideoClock, read_label_studio
from mainstream_trainer.data.labels.label_studio_export import Task, tasks_of
from mainstream_trainer.data.labels.labelled_frames import LabelledFrames
from mainstream_trainer.data.picture_folders import is_leftover
from mainstream_trainer.label_options import NOTHING_SAID, LabelOptions

DEFAULT_TRAIN_SHARE = 0.75
_WAY_OUT = "give labels as in examples/plaza/labels.json, a CVAT export (XML) or a Label Studio export (JSON)"
_ZIPPED = "annotations.xml"
"""what CVAT calls it in the ZIP file that it hands out"""
_NAMED = 5
_KNOWN_EXPORTS = 4
"""that are kept parsed: one export may be of many clips"""
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class FoundLabels:
    """What a label file says of a clip."""

    labels: Labels
    notes: tuple[str, ...] = ()
    """what was left out or assumed, one sentence each"""
    labelled: Run | None = None
    """the part of the clip that was labelled, where that may be less than all of it"""


def read_label_file(path: Path, clip: Clip, split: Split | None = None, options: LabelOptions = NOTHING_SAID) -> Labels:
    """As `find_labels`; what was left out or assumed is logged."""
    found = find_labels(path, clip, split, options)
    for note in found.notes:
        _LOGGER.warning("%s: %s", path, note)
    return found.labels


def find_labels(
    path: Path, clip: Clip, split: Split | None = None, options: LabelOptions = NOTHING_SAID
) -> FoundLabels:
    """Labels of a clip from our own JSON, an export of CVAT (XML, or the ZIP with it) or of Label Studio (JSON).

    A `split` replaces the file's own.
    Raises `InvalidInputError` with the file, the place in it, and the way out.
    """
    content = _content(path)
    start = content[:64].decode("utf-8-sig", errors="replace").lstrip()
    if start.startswith("<"):
        found = _as_labels(read_cvat(content, path, clip.frames), clip, path)
    elif start.startswith(("[", "{")):
        tasks = _label_studio_tasks(content, path)
        clock = VideoClock(clip.path.name, clip.times)
        found = (
            _own(read_labels(path), clip)
            if tasks is None
            else _as_labels(read_label_studio(tasks, path, clock, options), clip, path)
        )
    else:
        raise InvalidInputError(f"is no label file that is known; {_WAY_OUT}", source=path)
    return found if split is None else replace(found, labels=_split_anew(found, split, path))


def _own(labels: Labels, clip: Clip) -> FoundLabels:
    if labels.frames >= clip.frames:
        return FoundLabels(labels)
    note = f"counts {labels.frames} frames, {clip.path.name} has {clip.frames}: taken as its first ones"
    return FoundLabels(labels, (note,))


def videos_of_export(path: Path) -> list[str]:
    """Names or addresses of the videos of a Label Studio export; none of other label files."""
    content = _content(path)
    try:
        tasks = _label_studio_tasks(content, path) or ()
    except InvalidInputError:
        return []
    return [task.video for task in tasks if task.video is not None]


def _split_anew(found: FoundLabels, split: Split, path: Path) -> Labels:
    labelled, (first, end) = found.labelled, split.train
    if labelled is not None and not labelled[0] <= first < end <= labelled[1]:
        raise InvalidInputError(
            f"[{first}, {end}] reaches out of the labelled part [{labelled[0]}, {labelled[1]}]: nobody said what is on "
            "those frames",
            field="split.train",
            source=path,
        )
    try:
        return Labels.model_validate({**found.labels.model_dump(), "split": split.model_dump()})
    except ValidationError as error:
        raise InvalidInputError(all_problems(error)[1], field="split") from error


def _as_labels(found: LabelledFrames, clip: Clip, path: Path) -> FoundLabels:
    """Two people in one place are one event: runs of a label that overlap or touch are joined.

    Three quarters of what was labelled train.
    """
    frames = clip.frames
    first, end = found.labelled or (0, frames)
    if first >= frames or end - found.step >= frames:
        raise InvalidInputError(
            f"is of frames {first} to {end - 1}, but {clip.path} has only {frames}; label this very clip",
            field="frames",
            source=path,
        )
    end = min(end, frames)
    apps = {}
    for name, runs in found.runs.items():
        shown = np.zeros(frames, dtype=np.bool_)
        for start, after in runs:
            if not first <= start < end or start >= after:
                raise InvalidInputError(
                    f"has {name!r} on frames {start} to {after - 1}, but there are only frames {first} to {end - 1}",
                    source=path,
                )
            shown[start : min(after, end)] = True
        apps[name] = AppLabels(event=name, runs=runs_of(shown))
    if not apps:
        raise InvalidInputError(f"has no labels; {_WAY_OUT}", source=path)
    border = first + round(DEFAULT_TRAIN_SHARE * (end - first))
    labels = Labels(video=found.video, frames=frames, split=Split(train=(first, border), test=(border, end)), apps=apps)
    notes = found.notes
    if (first, end) != (0, frames):
        part = f"labels frames {first} to {end - 1} of {frames}; the others neither train nor test"
        notes = (*notes, part)
    return FoundLabels(labels, notes, (first, end))


@lru_cache(maxsize=_KNOWN_EXPORTS)
def _label_studio_tasks(content: bytes, path: Path) -> tuple[Task, ...] | None:
    """Tasks of an export of Label Studio, parsed once for all of its clips; None where an object is something else.

    An object is one task or one annotation, as cloud storage keeps it.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        if content.lstrip(BOM_UTF8 + b" \t\r\n").startswith(b"{"):
            return None  # whoever reads our own form says what is wrong with it
        raise InvalidInputError(f"is not JSON ({error})", source=path) from error
    if isinstance(found, dict):
        if "images" in found and "categories" in found:
            raise InvalidInputError(
                f"is of the COCO format, which does not say when a frame was; {_WAY_OUT}", source=path
            )
        if "apps" in found or not ("annotations" in found or "result" in found):
            return None
    try:
        return tuple(tasks_of(found))
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInputError(first["msg"], field=".".join(map(str, first["loc"])), source=path) from error


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"larger than {MAX_BYTES} bytes", source=path)
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror}); {_WAY_OUT}", source=path) from error
    return _unzipped(content, path) if content.startswith(b"PK\x03\x04") else content


def _unzipped(content: bytes, path: Path) -> bytes:
    """The one `annotations.xml`, at whatever depth: people unpack an export and zip its folder again."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = [each for each in archive.infolist() if _is_annotations(each.filename)]
            if len(found) != 1:
                named = f" ({', '.join(each.filename for each in found[:_NAMED])})" if found else ""
                raise InvalidInputError(
                    f"must hold one {_ZIPPED}, and holds {len(found)}{named}; {_WAY_OUT}", source=path
                )
            if found[0].file_size > MAX_BYTES:
                raise InvalidInputError(f"holds an {_ZIPPED} of more than {MAX_BYTES} bytes", source=path)
            with archive.open(found[0]) as file:
                return file.read(MAX_BYTES)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise InvalidInputError(f"is a ZIP file that cannot be read ({error}); {_WAY_OUT}", source=path) from error


def _is_annotations(name: str) -> bool:
    *folders, file = PurePosixPath(name).parts
    return file == _ZIPPED and not any(is_leftover(folder) for folder in folders)
