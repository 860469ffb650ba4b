"""Labels of a video: for each app the runs of frames on which its event is there.

The form of examples/plaza/labels.json. Frames are counted from 0; a run or a part is `[first, after the last]`.
"""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from mainstream.files.documents import read_document

Frame = Annotated[int, Field(ge=0)]
Run = tuple[Frame, Frame]
"""first frame, frame after the last"""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Split(_Part):
    """Which frames train, and which are never looked at before the app is judged on them."""

    train: Run
    test: Run


class AppLabels(_Part):
    """One app's events."""

    event: str
    """what happens, in words"""
    runs: tuple[Run, ...]

    @model_validator(mode="after")
    def _runs_are_apart(self) -> Self:
        for start, end in self.runs:
            if start >= end:
                raise ValueError(f"run [{start}, {end}] is empty")
        for (_, end), (start, later_end) in pairwise(self.runs):
            if start < end:
                raise ValueError(f"run [{start}, {later_end}] overlaps, repeats or comes before the one ahead of it")
        return self


class Labels(_Part):
    """Everything that was labelled in one video."""

    video: str
    """which video this is, in words"""
    frames: int = Field(ge=1)
    split: Split
    event_runs: str = ""
    """how runs were made, in words"""
    group: str = ""
    """the person, camera or day that it is of, where several videos are learnt from: what is measured on one group is
    measured by models that never saw it"""
    apps: dict[str, AppLabels] = Field(min_length=1)

    @model_validator(mode="after")
    def _inside(self) -> Self:
        for name, (start, end) in (("train", self.split.train), ("test", self.split.test)):
            if not start < end <= self.frames:
                raise ValueError(f"split.{name} [{start}, {end}] is empty or ends after frame {self.frames}")
        if max(self.split.train[0], self.split.test[0]) < min(self.split.train[1], self.split.test[1]):
            raise ValueError("split.train and split.test overlap")
        for name, app in self.apps.items():
            if app.runs and app.runs[-1][1] > self.frames:
                raise ValueError(f"apps.{name}.runs end at frame {app.runs[-1][1]}, after the last of {self.frames}")
        return self


def read_labels(path: Path) -> Labels:
    """Read a labels file; `InvalidInputError` names the file and the field."""
    return read_document(Labels, path, way_out="its form is that of examples/plaza/labels.json")


def runs_within(runs: tuple[Run, ...], part: Run) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The runs that lie wholly in `part`, and the pieces inside of those that its borders cut."""
    whole = tuple(run for run in runs if part[0] <= run[0] and run[1] <= part[1])
    touching = (run for run in runs if run not in whole and run[0] < part[1] and part[0] < run[1])
    return whole, tuple((max(start, part[0]), min(end, part[1])) for start, end in touching)


def event_mask(runs: tuple[Run, ...], frames: int) -> NDArray[np.bool_]:
    """On which of the first `frames` frames the event is there, (frames,)."""
    mask = np.zeros(frames, dtype=np.bool_)
    for start, end in runs:
        mask[start:end] = True
    return mask


def runs_of(mask: NDArray[np.bool_]) -> tuple[Run, ...]:
    """The maximal runs of true frames of a mask (frames,), in order."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return tuple((int(start), int(end)) for start, end in edges.reshape(-1, 2))
