"""The plaza labels as CVAT and Label Studio export them give the same labels as our own file."""

import json
from pathlib import Path

import pytest

from mainstream.errors import InvalidInputError
from mainstream.footage.labels import Split, read_labels
from mainstream_trainer.data.clip import inspect_clip
from mainstream_trainer.data.labels.label_files import read_label_file

HERE = Path(__file__).parent / "exports"
PLAZA = Path(__file__).parents[4] / "examples/plaza"
CLIP = inspect_clip(PLAZA / "plaza.mp4")


def joined(runs):
    """Runs that touch are one run in an export."""
    result = []
    for start, end in runs:
        if result and result[-1][1] == start:
            start = result.pop()[0]
        result.append((start, end))
    return tuple(result)


@pytest.mark.parametrize(
    "name", ["cvat-for-video.xml", "cvat-for-images.xml", "label-studio-timeline.json", "label-studio-boxes.json"]
)
def test_an_export_holds_the_same_runs_as_our_own_labels(name):
    own = read_labels(PLAZA / "labels.json")
    found = read_label_file(HERE / name, CLIP)
    assert found.frames == own.frames
    assert {app: each.runs for app, each in found.apps.items()} == {
        app: joined(each.runs) for app, each in own.apps.items()
    }
    assert found.split.train == (0, 596)


def test_our_own_labels_are_read_as_they_are():
    assert read_label_file(PLAZA / "labels.json", CLIP) == read_labels(PLAZA / "labels.json")


def test_labels_of_fewer_frames_than_the_clip_has_are_said_to_be_of_its_first(tmp_path, caplog):
    content = json.loads((PLAZA / "labels.json").read_text())
    content["frames"] = 700
    content["split"] = {"train": [0, 350], "test": [350, 700]}
    for app in content["apps"].values():
        app["runs"] = [run for run in app["runs"] if run[1] <= 700]
    read_label_file(write(tmp_path / "a.json", content), CLIP)
    assert "counts 700 frames, plaza.mp4 has 795: taken as its first ones" in caplog.text


def test_the_mark_that_windows_editors_begin_a_file_with_is_let_be(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + (PLAZA / "labels.json").read_bytes())
    assert read_label_file(tmp_path / "a.json", CLIP) == read_labels(PLAZA / "labels.json")


def test_a_split_of_ones_own_replaces_that_of_the_file():
    split = Split(train=(0, 397), test=(397, 795))
    assert read_label_file(HERE / "cvat-for-video.xml", CLIP, split).split == split
    with pytest.raises(InvalidInputError, match="ends after frame 795"):
        read_label_file(HERE / "cvat-for-video.xml", CLIP, Split(train=(0, 397), test=(397, 900)))


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def studio(**value):
    return [{"annotations": [{"result": [{"type": "timelinelabels", "value": value}]}]}]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.xml", "<annotations><track", "is not XML that can be used"),
        ("a.xml", "<html></html>", "is not an export of CVAT"),
        ("a.xml", "<annotations></annotations>", "meta.task.size: does not say how many frames"),
        (
            "a.xml",
            '<!DOCTYPE a [<!ENTITY b "c">]><annotations><version>&b;</version></annotations>',
            "is not XML that can be used",
        ),
        (
            "a.xml",
            "<annotations><meta><task><size>9</size></task></meta>"
            '<track label="door"><box frame="9" outside="0"/></track></annotations>',
            "has 'door' on frames 9 to 9, but there are only frames 0 to 8",
        ),
        ("a.json", "[{", "is not JSON"),
        ("a.json", [], "must hold the one task"),
        ("a.json", [{"annotations": [{"result": [{"value": {"ranges": [{"start": 0, "end": 4}]}}]}]}], "greater than"),
        ("a.json", studio(timelinelabels=["door"], ranges=[{"start": 7, "end": 3}]), "has 'door' on frames 6 to 2"),
        ("a.json", studio(timelinelabels=["door"], ranges=[{"start": 790, "end": 999}]), "has 'door' on frames 789"),
        ("a.json", [{"annotations": []}], "holds no labels"),
    ],
)
def test_an_export_that_cannot_be_used(tmp_path, name, content, sentence):
    with pytest.raises(InvalidInputError) as raised:
        read_label_file(write(tmp_path / name, content), CLIP)
    assert f"{name}: " in str(raised.value)
    assert sentence in str(raised.value)
