"""What the console of one machine shows: the folder of a `mainstream run`."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.shelf import ReviewShelf

_CLIPS = "clips"
_PREDICTED = "predicted.json"
_MOST_BYTES = 1 << 20
Predicted = tuple[float, float, float]
"""F1, and the ends of its 90 % interval"""


@dataclass(frozen=True)
class ReviewSource:
    """A shelf, and what was predicted of its apps."""

    shelf: ReviewShelf
    predicted: dict[str, Predicted] = field(default_factory=dict)


def source_of_run(folder: Path) -> ReviewSource:
    """Of the folder that a run left, or fills now; `predicted.json` there may say F1 and interval of each app."""
    if not (folder / _CLIPS).is_dir():
        raise InvalidInputError(
            "keeps nothing for review; name the folder of a `mainstream run --review`", field="--out", source=folder
        )
    return ReviewSource(ReviewShelf(FolderStore(folder / _CLIPS)), _predicted(folder / _PREDICTED))


def _predicted(path: Path) -> dict[str, Predicted]:
    try:
        told = json.loads(path.read_bytes()[:_MOST_BYTES])
        return {app.replace("/", "."): (f1, low, high) for app, (f1, low, high) in told.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InvalidInputError(
            "is damaged; write {app: [F1, low, high]}, or remove it", field=_PREDICTED, source=path
        ) from error
