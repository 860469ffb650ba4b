"""What a training leaves behind when it does not come to its end."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mainstream_trainer.work_folder import work_folder


def fail_in(parent: Path, *made: str) -> None:
    with pytest.raises(ZeroDivisionError), work_folder(parent, "view-1") as folder:
        fail_after(folder, made)


def fail_after(folder: Path, made: Sequence[str]) -> None:
    for name in made:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    raise ZeroDivisionError


def test_nothing_is_left_of_a_training_that_got_nowhere(tmp_path: Path) -> None:
    fail_in(tmp_path / "work", ".half-written", "below/.half-written")
    assert list(tmp_path.iterdir()) == []


def test_what_was_finished_is_kept_for_the_next_try(tmp_path: Path) -> None:
    fail_in(tmp_path / "work", "features")
    with work_folder(tmp_path / "work", "view-1") as folder:
        assert (folder / "features").read_text() == "x"
    assert list(tmp_path.iterdir()) == []


def test_another_trainings_folder_is_left_alone(tmp_path: Path) -> None:
    fail_in(tmp_path / "work", "features")
    with pytest.raises(ZeroDivisionError), work_folder(tmp_path / "work", "view-2") as folder:
        fail_after(folder, [])
    assert [each.name for each in (tmp_path / "work").iterdir()] == ["view-1"]
