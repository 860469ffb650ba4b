"""Which folders are classes and which files are pictures, among what systems and tools leave beside them."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mainstream.errors import InvalidInputError
from mainstream.footage.picture_files import is_picture

_MAX_PICTURES = 1_000_000
_LEFTOVERS = frozenset(
    {
        *("__macosx", "icon\r", "network trash folder", "temporary items"),
        *("$recycle.bin", "desktop.ini", "ehthumbs.db", "ehthumbs_vista.db", "recycler", "system volume information"),
        *("thumbs.db", "@eadir", "@recycle", "#recycle", "@tmp", "#snapshot", "lost+found", "__pycache__"),
    }
)
"""of macOS, Windows and file servers, in lower case; besides, whatever begins with a dot, and Hadoop's marks"""


@dataclass(frozen=True)
class FoundClass:
    """A folder that holds pictures."""

    name: str
    pictures: tuple[Path, ...]
    """in the order of their names"""


@dataclass(frozen=True)
class FoundClasses:
    """What a folder of pictures holds."""

    classes: tuple[FoundClass, ...]
    """in the order of their names"""
    passed_over: tuple[str, ...]
    """everything else, relative to the folder; of a folder its name alone"""


def is_leftover(name: str) -> bool:
    """Whether a file or a folder of this name is a system's own, whatever it holds."""
    return name.startswith(".") or name.endswith("_$folder$") or name.lower() in _LEFTOVERS


def one_spelling(name: str) -> str:
    """A name as it is compared: macOS writes an umlaut as two characters, keyboards as one."""
    return unicodedata.normalize("NFC", name)


def find_classes(folder: Path) -> FoundClasses:
    """Look through the folders of a folder, not deeper; `InvalidInputError` where that cannot be done."""
    classes: list[FoundClass] = []
    passed_over: list[str] = []
    for path in _listed(folder):
        pictures = () if is_leftover(path.name) or not path.is_dir() else _pictures(path, folder, passed_over)
        if not pictures:
            passed_over.append(path.name)
        elif len(pictures) > _MAX_PICTURES:
            raise InvalidInputError(f"holds more than {_MAX_PICTURES} pictures", source=path)
        else:
            classes.append(FoundClass(one_spelling(path.name), pictures))
    return FoundClasses(tuple(classes), tuple(passed_over))


def _pictures(path: Path, folder: Path, passed_over: list[str]) -> tuple[Path, ...]:
    pictures = []
    for each in _listed(path):
        if not is_leftover(each.name) and each.is_file() and is_picture(each):
            pictures.append(each)
        else:
            passed_over.append(each.relative_to(folder).as_posix())
    return tuple(pictures)


def _listed(folder: Path) -> list[Path]:
    with _reading(folder):
        return sorted(folder.iterdir(), key=lambda path: one_spelling(path.name))


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", field="pictures", source=folder) from error
