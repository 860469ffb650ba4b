"""`mainstream verdict`: over the folder of a run and over a bucket."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[2] / "console"))

from review_pages import APP, keep_alert, keep_frames

from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.shelf import ReviewShelf


def _say(folder: Path, *words: str) -> str:
    result = CliRunner().invoke(command, ["verdict", APP, "--review", str(folder), *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    keep_alert(tmp_path, 1, 10.0)
    keep_frames(tmp_path, [2.0, 20.0])
    return tmp_path


def test_a_verdict_is_kept_beside_the_alert_and_what_is_measured_is_shown(kept: Path) -> None:
    assert "Nothing is measured yet" in _say(kept, "--alert", "a1", "--right", "--who", "ada")
    output = _say(kept, "--nothing", "0", "8")
    assert output.startswith("kept\n")
    assert "Measured F1" in output
    said = ReviewShelf(FolderStore(kept)).kept(APP).verdicts
    assert sorted(each.kind for each in said) == ["alert", "stretch"]


def test_where_no_frame_can_be_labelled_a_stretch_is_asked_for(tmp_path: Path) -> None:
    keep_alert(tmp_path, 1, 10.0)
    assert "What lacks most: verdicts on alerts" in _say(tmp_path)
    assert "What lacks most: a stretch of time" in _say(tmp_path, "--alert", "a1", "--right")


def test_a_verdict_that_is_said_anew_counts_instead_of_the_first(kept: Path) -> None:
    _say(kept, "--nothing", "0", "8")
    right = _say(kept, "--alert", "a1", "--right")
    assert right.partition("precision")[2] > _say(kept, "--alert", "a1", "--wrong").partition("precision")[2]


def test_without_a_verdict_the_quality_is_shown_and_nothing_is_kept(kept: Path) -> None:
    assert "kept\n" not in _say(kept)
    assert ReviewShelf(FolderStore(kept)).kept(APP).verdicts == ()


def test_a_place_where_nothing_is_kept_says_which_place_to_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="nothing is kept there; name the prefix"):
        _say(tmp_path)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--alert", "a9", "--right"], "no alert 'a9' is kept; the last one is a1"),
        (["--alert", "a1"], "goes with --right or --wrong"),
        (["--right"], "goes with --right or --wrong"),
        (["--missed", "1", "2", "--nothing", "1", "2"], "one thing at a time"),
        (["--missed", "soon", "2"], "'soon' is no time"),
        (["--missed", "5", "2"], "ends after it begins"),
        (["--missed", "1", "2", "--note", "x" * 1001], "--note"),
    ],
)
def test_what_is_no_verdict_is_told_with_its_option(kept: Path, words: list[str], says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        CliRunner().invoke(
            command, ["verdict", APP, "--review", str(kept), *words], catch_exceptions=False, standalone_mode=False
        )
    assert ReviewShelf(FolderStore(kept)).kept(APP).verdicts == ()


def test_an_app_of_which_nothing_is_kept_is_told_with_those_that_are_there(kept: Path) -> None:
    with pytest.raises(InvalidInputError, match="there are: crossing"):
        CliRunner().invoke(
            command, ["verdict", "door", "--review", str(kept)], catch_exceptions=False, standalone_mode=False
        )
