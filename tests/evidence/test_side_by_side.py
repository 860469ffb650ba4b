"""Work that is not timed runs on all cores, and an error in it is seen."""

import os
from pathlib import Path

import pytest

from evidence.side_by_side import side_by_side


def _leave(folder: Path, name: str) -> None:
    (folder / name).write_text(str(os.getpid()))


def _fail(number: int) -> None:
    if number == 2:
        raise ValueError("two")


def test_every_item_is_done_elsewhere(tmp_path: Path) -> None:
    side_by_side("left", _leave, [(tmp_path, str(number)) for number in range(5)])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["0", "1", "2", "3", "4"]
    assert str(os.getpid()) not in {each.read_text() for each in tmp_path.iterdir()}


def test_the_first_error_is_raised() -> None:
    with pytest.raises(ValueError, match="two"):
        side_by_side("tried", _fail, [(number,) for number in range(4)])
