"""First pictures and what people labelled since, as one folder to train from, with days as groups."""

import csv
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream_trainer.data.labels.groups import read_groups
from mainstream_trainer.data.picture_folders import find_classes
from mainstream_trainer.reviewing.label_queue import EVENT, NOTHING
from mainstream_trainer.reviewing.training_pictures import DAYS

GROUPS = "groups.csv"
_RUNS = 10
"""of the first pictures of a class, by name: neighbours are of one group where nobody says of which"""


def join_pictures(first: Path, labelled: Path, event: str, grouped_by: Path | None, target: Path) -> Path:
    """A folder `target` with the pictures of both; the file that names the group of each.

    `event` is the class of the first pictures that shows the event; what shows nothing is a class of its own, or one of
    the first. `labelled` is as `write_training_pictures` leaves it. Raises `InvalidInputError`.
    """
    if event == NOTHING:
        raise InvalidInputError(f"{NOTHING!r} is the class of labels that show no event", field="--event-class")
    groups = {} if grouped_by is None else read_groups(grouped_by)
    lines = [*_first(first, groups, grouped_by, target), *_labelled(labelled, event, target)]
    with (target / GROUPS).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    return target / GROUPS


def _first(first: Path, groups: Mapping[str, str], grouped_by: Path | None, target: Path) -> Iterator[tuple[str, str]]:
    for each in find_classes(first).classes:
        for number, picture in enumerate(each.pictures):
            key = f"{each.name}/{picture.name}"
            if grouped_by is not None and key not in groups:
                raise InvalidInputError(f"names no group of {key}; add a line", field="--grouped-by", source=grouped_by)
            _copy(picture, target / each.name / picture.name)
            yield key, groups.get(key, f"first {each.name} {number * _RUNS // len(each.pictures)}")


def _labelled(labelled: Path, event: str, target: Path) -> Iterator[tuple[str, str]]:
    for key, day in read_groups(labelled / DAYS).items():
        kind, _, name = key.partition("/")
        # Another name than any that was there: what is labelled goes after it.
        joined = f"{event if kind == EVENT else NOTHING}/reviewed-{name}"
        _copy(labelled / key, target / joined)
        yield joined, f"day {day}"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
