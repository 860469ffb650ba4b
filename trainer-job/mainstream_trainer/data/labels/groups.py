"""Which person, camera or day each picture or clip is of, as whoever trains says it."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from mainstream.errors import InvalidInputError

_MOST_BYTES = 64 << 20
_FIELD = "--grouped-by"


def read_groups(path: Path) -> Mapping[str, str]:
    """Groups by name, of a CSV file of lines `NAME,GROUP`; `InvalidInputError` names the line that is none."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InvalidInputError(f"larger than {_MOST_BYTES} bytes", source=path)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no UTF-8"
        raise InvalidInputError(f"cannot be read ({reason})", field=_FIELD, source=path) from error
    groups: dict[str, str] = {}
    for number, line in enumerate(csv.reader(text.splitlines()), start=1):
        if not line:
            continue
        name, group = (*(each.strip() for each in line), "", "")[:2]
        if len(line) != 2 or not name or not group:
            raise InvalidInputError(f"write NAME,GROUP, not {','.join(line)!r}", field=f"line {number}", source=path)
        if groups.setdefault(name, group) != group:
            raise InvalidInputError(f"says two groups of {name}; name one", field=f"line {number}", source=path)
    return groups


def groups_of_pictures(pictures: Sequence[Path], grouped_by: Path) -> tuple[str, ...]:
    """The group of each, by its folder and its name; `InvalidInputError` names one that has none."""
    return _groups_of_names([f"{path.parent.name}/{path.name}" for path in pictures], grouped_by)


def groups_of_clips(clips: Sequence[tuple[str, str, Path]], grouped_by: Path | None) -> tuple[str, ...] | None:
    """The group of each clip: by its name in a file, or else as its labels say. Clips are name, group and labels.

    None where nobody names any, or where labels say that of one clip alone, which there is nothing to hold against.
    """
    if grouped_by is not None:
        return _groups_of_names([name for name, _, _ in clips], grouped_by)
    if len(clips) == 1 or not any(group for _, group, _ in clips):
        return None
    without = next((labels for _, group, labels in clips if not group), None)
    if without is not None:
        raise InvalidInputError("is missing, and other clips' labels name one; add it", field="group", source=without)
    return tuple(group for _, group, _ in clips)


def _groups_of_names(names: Sequence[str], path: Path) -> tuple[str, ...]:
    groups = read_groups(path)
    missing = [name for name in names if name not in groups]
    if missing:
        raise InvalidInputError(
            f"says no group of {missing[0]}{f' and {len(missing) - 1} more' if len(missing) > 1 else ''}; "
            "add a line NAME,GROUP for each",
            field=_FIELD,
            source=path,
        )
    return tuple(groups[name] for name in names)
