"""Label files of several tools, read as the one form that the trainer knows (`mainstream.labels`).

An export says which frames show what, not which of them train: without a split of one's own the first three quarters
train and the rest is the test, as with pictures.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from mainstream.documents import MAX_BYTES
from mainstream.errors import InvalidInputError
from mainstream.labels import AppLabels, Labels, Run, Split, read_labels
from mainstream_trainer.clip import Clip
from mainstream_trainer.cvat import read_cvat
from mainstream_trainer.label_studio import read_label_studio
from mainstream_trainer.labelled_frames import LabelledFrames

DEFAULT_TRAIN_SHARE = 0.75
_WAY_OUT = "give labels as in examples/plaza/labels.json, a CVAT export (XML) or a Label Studio export (JSON)"


def read_label_file(path: Path, clip: Clip, split: Split | None = None) -> Labels:
    """Labels of a clip from our own JSON, an export of CVAT (XML) or of Label Studio (JSON).

    A `split` replaces the file's own. Raises `InvalidInputError` with the file, the place in it, and the way out.
    """
    start = _start(path)
    if start.startswith("<"):
        labels = _as_labels(read_cvat(path), clip, path)
    elif start.startswith("["):
        labels = _as_labels(read_label_studio(path, clip.fps), clip, path)
    else:
        labels = read_labels(path)
    if split is None:
        return labels
    try:
        return Labels.model_validate({**labels.model_dump(), "split": split.model_dump()})
    except ValidationError as error:
        raise InvalidInputError(error.errors()[0]["msg"].removeprefix("Value error, "), field="split") from error


def runs_of(shown: NDArray[np.bool_]) -> list[Run]:
    """Runs of true frames of `shown` (frames,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shown, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _as_labels(found: LabelledFrames, clip: Clip, path: Path) -> Labels:
    """Two people in one place are one event: runs of a label that overlap or touch are joined."""
    frames = found.frames or clip.frames
    if frames is None:
        raise InvalidInputError(f"does not say how many frames there are, nor does {clip.path}", source=path)
    apps = {}
    for name, runs in found.runs.items():
        shown = np.zeros(frames, dtype=np.bool_)
        for start, end in runs:
            if not 0 <= start < end <= frames:
                raise InvalidInputError(
                    f"has {name!r} on frames {start} to {end - 1}, but there are only frames 0 to {frames - 1}",
                    source=path,
                )
            shown[start:end] = True
        apps[name] = AppLabels(event=name, runs=tuple(runs_of(shown)))
    if not apps:
        raise InvalidInputError(f"has no labels; {_WAY_OUT}", source=path)
    border = round(DEFAULT_TRAIN_SHARE * frames)
    return Labels(
        video=found.video,
        frames=frames,
        split=Split(train=(0, border), test=(border, frames)),
        apps=apps,
    )


def _start(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidInputError(f"larger than {MAX_BYTES} bytes", source=path)
        with path.open("rb") as file:
            return file.read(64).decode("utf-8-sig", errors="replace").lstrip()
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror}); {_WAY_OUT}", source=path) from error
