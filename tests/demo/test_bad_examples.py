"""Examples that cannot be run: one sentence that names file and field, before anything is trained."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mainstream.cli.main import app as command
from mainstream.errors import MainstreamError

PLAZA = Path(__file__).parents[2] / "examples" / "plaza"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PLAZA, tmp_path / "plaza"))


def edit_labels(example: Path, edit: Callable[[dict[str, dict[str, object]]], object]) -> None:
    path = example / "labels.json"
    labels = json.loads(path.read_text())
    edit(labels["apps"])
    path.write_text(json.dumps(labels))


def refusal(example: Path) -> str:
    """What the demo says; it may leave no package and no report."""
    out = example.parent / "out"
    with pytest.raises(MainstreamError) as caught:
        CliRunner().invoke(command, ["demo", "--example", str(example), "--out", str(out)], catch_exceptions=False)
    assert not list(out.rglob("manifest.json"))
    assert not list(out.rglob("report.json"))
    return str(caught.value)


def test_where_the_example_is_not_at_hand_it_is_said_where_to_find_it(tmp_path: Path) -> None:
    assert "lie in the repository, not in the package; clone it" in refusal(tmp_path / "plaza")


def test_a_clip_that_cannot_be_decoded_is_named(example: Path) -> None:
    (example / "plaza.mp4").write_bytes(b"not a video" * 1000)
    assert "plaza.mp4" in refusal(example)


def test_a_missing_clip_is_named(example: Path) -> None:
    (example / "plaza.mp4").unlink()
    assert "plaza.mp4" in refusal(example)


def test_labels_past_the_end_are_named(example: Path) -> None:
    edit_labels(example, lambda apps: apps["crossing"].update(runs=[[6, 15], [790, 9000]]))
    message = refusal(example)
    assert "labels.json" in message
    assert "crossing" in message
    assert "9000" in message


def test_an_app_without_positive_frames_is_named(example: Path) -> None:
    edit_labels(example, lambda apps: apps["lamp-post"].update(runs=[[500, 520]]))
    message = refusal(example)
    assert "labels.json" in message
    assert "lamp-post" in message


def test_an_app_that_was_not_labelled_is_named(example: Path) -> None:
    edit_labels(example, lambda apps: apps.pop("path-left"))
    message = refusal(example)
    assert "labels.json" in message
    assert "path-left" in message


def test_a_view_that_the_stream_does_not_have_is_named(example: Path) -> None:
    stream = example / "stream.yaml"
    stream.write_text(stream.read_text().replace("walkways", "rooftops"))
    assert "spec.stream.view" in refusal(example)


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "plaza").mkdir()
    assert "no *.yaml, *.yml or *.json in this folder" in refusal(tmp_path / "plaza")
