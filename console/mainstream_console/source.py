"""What the console of one machine shows: the folder of a `mainstream run`."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.store import Piece
from mainstream.review.predicted import PREDICTED_FILE, read_predicted
from mainstream.review.shelf import ReviewShelf
from mainstream.review.tally import KeptForReview
from mainstream.review.verdicts import Verdict

_CLIPS = "clips"
Predicted = tuple[float, float, float]
"""F1, and the ends of its 90 % interval"""


class Shelf(Protocol):
    """Where what apps keep for review lies; see `ReviewShelf`."""

    def apps(self) -> list[str]: ...

    def kept(self, app: str) -> KeptForReview: ...

    def count(self, app: str) -> int: ...

    def picture(self, app: str, name: str) -> bytes: ...

    def last_picture(self, app: str) -> str | None: ...

    def clip(self, app: str, name: str, start: int = 0) -> Piece: ...

    def say(self, app: str, verdict: Verdict) -> None: ...


@dataclass(frozen=True)
class ReviewSource:
    """A shelf, and what was predicted of its apps."""

    shelf: Shelf
    predicted: Callable[[str], Predicted | None] = lambda app: None


def source_of_run(folder: Path) -> ReviewSource:
    """Of the folder that a run left, or fills now; `predicted.json` there says what its plan predicts."""
    if not (folder / _CLIPS).is_dir():
        raise InvalidInputError(
            "keeps nothing for review; name the folder of a `mainstream run --review`", field="--out", source=folder
        )
    return ReviewSource(ReviewShelf(FolderStore(folder / _CLIPS)), _predicted(folder).get)


def _predicted(folder: Path) -> dict[str, Predicted]:
    told = read_predicted(folder / PREDICTED_FILE)
    return {} if told is None else {app.replace("/", "."): f1 for app, f1 in told.apps.items()}
