"""Frames go to Label Studio and CVAT and come back as labels; what was labelled trains, with days as groups."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[2] / "console"))

from review_pages import APP, keep_alert, keep_frames

from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.objects import DrawnFrames
from mainstream.review.shelf import ReviewShelf
from mainstream.review.verdicts import AlertVerdict, FrameLabel
from mainstream_trainer.cli.options import TrainOptions
from mainstream_trainer.cli.train_inputs import training_requests
from mainstream_trainer.data.labels.groups import groups_of_pictures
from mainstream_trainer.data.picture_folders import find_classes
from mainstream_trainer.request import PictureData
from mainstream_trainer.reviewing.labels_back import read_labels_of_frames

DAY_S = 86400.0


@pytest.fixture
def drawn(tmp_path: Path) -> DrawnFrames:
    keep_alert(tmp_path / "kept", 1, 10.0)
    return keep_frames(tmp_path / "kept", [2.0, 20.0, DAY_S + 5.0, DAY_S + 30.0])


def _run(*words: str) -> str:
    result = CliRunner().invoke(command, ["review", *words], catch_exceptions=False, standalone_mode=False)
    return result.output


def _label_studio(path: Path, opinions: dict[str, str]) -> Path:
    """As Label Studio 1.x exports: the task's data, annotations, of which one was cancelled."""
    tasks = [
        {
            "id": number,
            "data": {"image": f"/data/local-files/?d=pictures/{frame}.frame.jpg", "frame": frame},
            "annotations": [
                {"was_cancelled": True, "result": [{"value": {"choices": ["event"]}}]},
                {"was_cancelled": False, "result": [{"type": "choices", "value": {"choices": [said]}}]},
            ],
        }
        for number, (frame, said) in enumerate(opinions.items())
    ]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


def _cvat(path: Path, opinions: dict[str, str]) -> Path:
    """CVAT for images 1.1."""
    images = "".join(
        f'<image id="{number}" name="pictures/{frame}.frame.jpg" width="640" height="480">'
        f'<tag label="{said}" source="manual"></tag></image>'
        for number, (frame, said) in enumerate(opinions.items())
    )
    path.write_text(f'<?xml version="1.0"?><annotations><version>1.1</version>{images}</annotations>', encoding="utf-8")
    return path


def test_the_frames_that_wait_are_written_with_tasks_and_labels(drawn: DrawnFrames, tmp_path: Path) -> None:
    output = _run("export", APP, "--review", str(tmp_path / "kept"), "--to", str(tmp_path / "queue"), "--most", "3")
    assert "3 frames to label" in output
    tasks = json.loads((tmp_path / "queue/label-studio.json").read_text())
    pictures = {path.name for path in (tmp_path / "queue/pictures").iterdir()}
    assert {f"{task['data']['frame']}.frame.jpg" for task in tasks} == pictures
    assert len(pictures) == 3
    assert [each["name"] for each in json.loads((tmp_path / "queue/cvat-labels.json").read_text())] == [
        "event",
        "nothing",
    ]


@pytest.mark.parametrize("write", [_label_studio, _cvat])
def test_labels_come_back_as_they_were_given(write: object, drawn: DrawnFrames, tmp_path: Path) -> None:
    assert callable(write)
    names = [frame.name for frame in drawn.frames]
    file = write(tmp_path / "labels", dict(zip(names, ("event", "nothing", "event", "unsure"), strict=True)))
    output = _run("import", APP, str(file), "--review", str(tmp_path / "kept"), "--who", "ada")
    assert "3 labels kept" in output
    said = ReviewShelf(FolderStore(tmp_path / "kept")).kept(APP).verdicts
    labels = {each.frame: each.is_event for each in said if isinstance(each, FrameLabel)}
    assert labels == {names[0]: True, names[1]: False, names[2]: True}


def test_json_min_is_read_too(drawn: DrawnFrames, tmp_path: Path) -> None:
    name = drawn.frames[0].name
    path = tmp_path / "min.json"
    path.write_text(json.dumps([{"image": f"/x/{name}.frame.jpg", "under-way": "nothing"}]), encoding="utf-8")
    assert read_labels_of_frames(path) == {name: False}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "no JSON that Label Studio exports"),
        ("<annotations", "no XML that CVAT exports"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>', "no XML that CVAT exports"),
        ("[]", "labels no frame"),
        ('[{"image": "/x/19700101T000002Z-000-near.frame.jpg", "annotations": 5}]', "labels no frame"),
        (
            '<annotations><image name="19700101T000002Z-000-near.frame.jpg"><tag label="event"/><tag label="nothing"/>'
            "</image></annotations>",
            "says both",
        ),
    ],
)
def test_a_file_that_is_no_export_is_told(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError, match=says):
        read_labels_of_frames(path)


def test_labels_of_another_apps_frames_are_refused_and_none_is_kept(drawn: DrawnFrames, tmp_path: Path) -> None:
    file = _cvat(tmp_path / "labels", {drawn.frames[0].name: "event", "19700101T000000Z-000-far": "event"})
    with pytest.raises(InvalidInputError, match="name the app that was exported"):
        _run("import", APP, str(file), "--review", str(tmp_path / "kept"))
    assert ReviewShelf(FolderStore(tmp_path / "kept")).kept(APP).verdicts == ()


def test_what_was_labelled_is_a_folder_to_train_from_with_the_day_of_each_picture(
    drawn: DrawnFrames, tmp_path: Path
) -> None:
    shelf = ReviewShelf(FolderStore(tmp_path / "kept"))
    for number, frame in enumerate(drawn.frames):
        shelf.say(APP, FrameLabel(app=APP, who="ada", at_s=number, frame=frame.name, is_event=number % 2 == 0))
    shelf.say(APP, AlertVerdict(app=APP, who="ada", at_s=9, alert="a1", is_right=False))
    output = _run("pictures", APP, "--review", str(tmp_path / "kept"), "--to", str(tmp_path / "training"))
    assert "2 pictures of events and 3 of nothing, of 2 days" in output
    classes = find_classes(tmp_path / "training").classes
    assert {each.name: len(each.pictures) for each in classes} == {"event": 2, "nothing": 3}
    groups = groups_of_pictures([path for each in classes for path in each.pictures], tmp_path / "training/days.csv")
    assert set(groups) == {"19700101", "19700102"}
    with pytest.raises(InvalidInputError, match="not empty"):
        _run("pictures", APP, "--review", str(tmp_path / "kept"), "--to", str(tmp_path / "training"))


def test_without_a_label_there_is_nothing_to_train_from(drawn: DrawnFrames, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="label frames first"):
        _run("pictures", APP, "--review", str(tmp_path / "kept"), "--to", str(tmp_path / "training"))


def test_a_training_takes_first_pictures_and_what_was_labelled_with_days_as_groups(
    drawn: DrawnFrames, tmp_path: Path
) -> None:
    shelf = ReviewShelf(FolderStore(tmp_path / "kept"))
    for number, frame in enumerate(drawn.frames):
        shelf.say(APP, FrameLabel(app=APP, who="ada", at_s=number, frame=frame.name, is_event=number % 2 == 0))
    picture = next((tmp_path / "kept").rglob("*.jpg"))
    for name in ("person", "empty"):
        (tmp_path / "first" / name).mkdir(parents=True)
        for number in range(3):
            shutil.copy(picture, tmp_path / "first" / name / f"{number}.jpg")
    options = _options(tmp_path)
    with training_requests(options) as (request,):
        assert isinstance(request.data, PictureData)
        classes = find_classes(request.data.folder).classes
        assert request.grouped_by is not None
        groups = groups_of_pictures([path for each in classes for path in each.pictures], request.grouped_by)
    labelled = len(drawn.frames)
    found = {each.name: len(each.pictures) for each in classes}
    assert found == {"empty": 3, "nothing": labelled // 2, "person": 3 + labelled - labelled // 2}
    assert {each for each in groups if each.startswith("day")} == {"day 19700101", "day 19700102"}
    assert len({each for each in groups if each.startswith("first person")}) == 3
    with pytest.raises(InvalidInputError, match="one --app"), training_requests(_options(tmp_path, app=())):
        pass


def _options(tmp_path: Path, **given: Any) -> TrainOptions:
    statistics = {"event_length": 2.0, "event_frequency": 0.1, "event_correlation": 0.3}
    asked = {"app": (APP,), "event_class": ("person",), "review": str(tmp_path / "kept"), **statistics, **given}
    return TrainOptions(data=str(tmp_path / "first"), **asked)
