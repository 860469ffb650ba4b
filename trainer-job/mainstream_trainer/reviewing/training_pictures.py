"""What people labelled, as a folder of pictures to train from: one folder a class, and the day of each picture."""

import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.store import MissingKeyError
from mainstream.review.objects import day_of
from mainstream.review.shelf import ReviewShelf
from mainstream.review.tally import KeptForReview
from mainstream.review.verdicts import AlertVerdict, FrameLabel, that_count
from mainstream_trainer.reviewing.label_queue import EVENT, NOTHING

DAYS = "days.csv"


@dataclass(frozen=True)
class WrittenPictures:
    """How many of each class, of how many days."""

    events: int
    nothing: int
    days: int
    gone: int
    """whose picture is kept no more"""


def write_training_pictures(app: str, shelf: ReviewShelf, kept: KeptForReview, folder: Path) -> WrittenPictures:
    """Pictures of alerts with a verdict and of frames with a label; `days.csv` is what `--grouped-by` takes.

    Raises `InvalidInputError` where nothing was said, or where the folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInputError("is not empty; name a new folder", field="--to", source=folder)
    labelled = dict(_labelled(kept))
    if not labelled:
        raise InvalidInputError("nobody has said anything yet: label frames first", field="APP", source=app)
    written: list[tuple[str, str]] = []
    for picture, is_event in labelled.items():
        try:
            content = shelf.picture(app, picture)
        except MissingKeyError:
            continue
        name = f"{EVENT if is_event else NOTHING}/{picture.removesuffix('.jpg').replace('.', '-')}.jpg"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        written.append((name, day_of(picture)))
    if not written:
        shutil.rmtree(folder, ignore_errors=True)
        raise InvalidInputError("no picture of what was labelled is kept any more", field="APP", source=app)
    with (folder / DAYS).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(written)
    events = sum(name.startswith(f"{EVENT}/") for name, _ in written)
    return WrittenPictures(
        events, len(written) - events, len({day for _, day in written}), len(labelled) - len(written)
    )


def _labelled(kept: KeptForReview) -> Iterator[tuple[str, bool]]:
    """Names of pictures, and whether they show the event. What was said of stretches says nothing of one picture."""
    alerts = {each.alert.id: each.alert.picture for each in kept.alerts}
    frames = {frame.name: frame.picture for frame in kept.frames}
    for verdict in that_count(kept.verdicts):
        if isinstance(verdict, AlertVerdict):
            picture = alerts.get(verdict.alert)
            if picture is not None:
                yield picture, verdict.is_right
        elif isinstance(verdict, FrameLabel) and verdict.frame in frames:
            yield frames[verdict.frame], verdict.is_event
