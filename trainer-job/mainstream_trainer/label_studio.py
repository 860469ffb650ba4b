"""Exports of Label Studio (JSON): timeline labels, and boxes of the video object tracking template.

Timeline labels: `ranges` of frames counted from 1, both ends included. Boxes: a `sequence` of key frames counted from 1
with `enabled`, each holding until the next one (labelstud.io, tags TimelineLabels and VideoRectangle).
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from mainstream.errors import InvalidInputError
from mainstream.labels import Run
from mainstream_trainer.labelled_frames import LabelledFrames

_Count = Annotated[int, Field(ge=1)]


class _Range(BaseModel):
    start: _Count
    end: _Count


class _KeyFrame(BaseModel):
    frame: _Count
    enabled: bool = True


class _Value(BaseModel):
    timelinelabels: list[str] = []
    ranges: list[_Range] = []
    labels: list[str] = []
    sequence: list[_KeyFrame] = []
    framesCount: _Count | None = None  # noqa: N815 - as Label Studio spells it
    duration: float | None = None


class _Result(BaseModel):
    type: str = ""
    value: _Value | None = None


class _Annotation(BaseModel):
    result: list[_Result] = []
    was_cancelled: bool = False


class _Task(BaseModel):
    annotations: list[_Annotation] = []
    data: dict[str, Any] = {}
    file_upload: str | None = None


def read_label_studio(path: Path, fps: float) -> LabelledFrames:
    """Runs of frames by label, of the one video that was exported; `fps` turns its duration into frames."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"is not JSON ({error})", source=path) from error
    if not isinstance(content, list) or len(content) != 1:
        raise InvalidInputError("must hold the one task of this video; export it alone", source=path)
    try:
        task = _Task.model_validate(content[0])
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInputError(first["msg"], field=".".join(map(str, first["loc"])), source=path) from error
    values = [
        result.value
        for annotation in task.annotations
        if not annotation.was_cancelled
        for result in annotation.result
        if result.value is not None
    ]
    runs: dict[str, list[Run]] = {}
    for value in values:
        for name in (*value.timelinelabels, *value.labels):
            runs.setdefault(name, []).extend(_runs(value))
    counts = {value.framesCount for value in values if value.framesCount}
    durations_s = {value.duration for value in values if value.duration}
    frames = max(counts, default=round(max(durations_s) * fps) if durations_s else None)
    video = task.file_upload or next((each for each in task.data.values() if isinstance(each, str)), path.name)
    return LabelledFrames(video, frames, runs)


def _runs(value: _Value) -> Iterator[Run]:
    for each in value.ranges:
        yield each.start - 1, each.end
    keys = sorted(value.sequence, key=lambda key: key.frame)
    for key, after in pairwise([*keys, None]):
        if key is None or not key.enabled:
            continue
        if after is not None:
            yield key.frame - 1, after.frame - 1
        # The last key frame, still enabled, holds to the end of the video.
        elif value.framesCount:
            yield key.frame - 1, value.framesCount
        else:
            yield key.frame - 1, key.frame
