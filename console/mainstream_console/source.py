"""What the console of one machine shows: the folder of a `mainstream run`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.shelf import ReviewShelf
from mainstream.review.tally import KeptForReview
from mainstream.review.verdicts import Verdict

_CLIPS = "clips"
_PREDICTED = "predicted.json"
_MOST_BYTES = 1 << 20
Predicted = tuple[float, float, float]
"""F1, and the ends of its 90 % interval"""


class Shelf(Protocol):
    """Where what apps keep for review lies; see `ReviewShelf`."""

    def apps(self) -> list[str]: ...

    def kept(self, app: str) -> KeptForReview: ...

    def count(self, app: str) -> int: ...

    def picture(self, app: str, name: str) -> bytes: ...

    def say(self, app: str, verdict: Verdict) -> None: ...


@dataclass(frozen=True)
class ReviewSource:
    """A shelf, and what was predicted of its apps."""

    shelf: Shelf
    predicted: Callable[[str], Predicted | None] = lambda app: None


def source_of_run(folder: Path) -> ReviewSource:
    """Of the folder that a run left, or fills now; `predicted.json` there may say F1 and interval of each app."""
    if not (folder / _CLIPS).is_dir():
        raise InvalidInputError(
            "keeps nothing for review; name the folder of a `mainstream run --review`", field="--out", source=folder
        )
    return ReviewSource(ReviewShelf(FolderStore(folder / _CLIPS)), _predicted(folder / _PREDICTED).get)


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
