"""`mainstream train` as a data scientist types it, on footage and labels as people have them."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from mainstream.cli.main import app as mainstream
from mainstream.errors import MainstreamError
from mainstream.mpackage.reading import open_package
from mainstream.mpackage.reference import Reference
from mainstream.mpackage.stores.folder_store import FolderStore

EVENTS = [[20, 35], [60, 75], [100, 115], [140, 155], [170, 185]]


@pytest.fixture
def train(cases, tmp_path, monkeypatch):
    """Type a command in the folder of the cases; returns what it printed."""
    monkeypatch.chdir(cases)

    def typed(*words):
        command = ["train", *words, "--store", str(tmp_path / "store"), "--branch-points", "0,14,15"]
        done = CliRunner().invoke(mainstream, command, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return typed


@pytest.fixture
def refused(train, tmp_path):
    """The same of a command that is refused before anything is trained; returns the sentence."""

    def typed(*words):
        with pytest.raises(MainstreamError) as raised:
            train(*words)
        assert not (tmp_path / "store").exists()
        return str(raised.value)

    return typed


@pytest.fixture
def trained(monkeypatch):
    """What the command asks the trainer for, without training."""
    asked = []

    def train_apps(requests, *_, **__):
        from mainstream_trainer.data.preparation import Preparation

        preparation = Preparation()
        asked.extend(preparation.prepare(request) for request in requests)
        return []

    monkeypatch.setattr("mainstream_trainer.training.train_apps", train_apps)
    return asked


def test_labels_that_no_package_can_be_called_are_told_before_anything_is_trained(refused):
    said = refused("data/clip.mp4", "data/cvat_upper.xml")
    for option in ("--name 'Person walking=person-walking'", "--name 'Tür_offen=tur-offen'", "--name '人=NAME'"):
        assert option in said


def test_a_label_is_trained_under_the_name_that_was_given(train, trained):
    train("data/clip.mp4", "data/cvat_upper.xml", "--app", "人", "--name", "人=person")
    assert [(job.request.app, len(job.events.runs)) for job in trained] == [("person", 3)]


@pytest.mark.parametrize(
    "clip", ["clip.mkv", "clip.webm", "frag.mp4", "cover.mp4", "clip.ts", "rotated.mp4", "ten.mp4"]
)
@pytest.mark.parametrize("labels", ["cvat_step5.xml", "ls_fps25.json"])
def test_events_of_an_export_are_at_their_times_in_every_container(train, trained, clip, labels):
    train(f"data/{clip}", f"data/{labels}")
    (job,) = trained
    spans_s = [(round(start, 1), round(end, 1)) for start, end in job.events.times.spans(job.events.runs)]
    assert spans_s == [(2.0, 3.5), (6.0, 7.5), (10.0, 11.5)]


def test_pictures_of_a_folder_whose_name_is_no_packages_need_a_name(train, trained, refused, monkeypatch):
    words = ["pictures/names", "--event-class", "Halt! ü", "--event-length", "2", "--event-frequency", "0.1"]
    words += ["--event-correlation", "0.3"]
    assert "--name 'halt! ü=halt-u'" in refused(*words)
    train(*words, "--name", "Halt! ü=halt")
    (job,) = trained
    assert job.request.app == "halt"
    assert [each.name for each in job.source.classes] == ["Halt! ü", "empty"]
    assert job.source.passed_over == ("leer",)


def test_more_clips_train_with_labels_of_their_own(train, trained):
    train("data/clip.mp4", "data/own.json", "--clip", "data/clip.mkv=data/ls_time.json", "--label-fps", "clip.mkv=10")
    (job,) = trained
    assert job.source.frames == 300
    assert len(job.events.runs) == 6


def test_a_folder_of_recordings_trains_with_the_labels_of_their_names(cases, train, trained, tmp_path, caplog):
    folder = tmp_path / "footage"
    folder.mkdir()
    for name in ("20261129T063400.000Z", "20261129T063420.000Z", "20261129T063440.000Z"):
        shutil.copy(cases / "data/clip.mkv", folder / f"{name}.mkv")
        (folder / f"{name}.json").write_text(json.dumps({"file": name, "stream": "gate", "times": []}))
    shutil.copy(cases / "data/cvat_plain.xml", folder / "20261129T063400.000Z.xml")
    shutil.copy(cases / "data/ls_fps8.json", folder / "20261129T063440.000Z.mkv.json")
    train(str(folder), str(folder))
    (job,) = trained
    assert job.source.frames == 300
    assert len(job.events.runs) == 6
    assert "passed over clips without labels: 1 (20261129T063420.000Z.mkv)" in caplog.text


def test_one_export_of_a_label_studio_project_serves_a_folder_of_clips(cases, train, trained, tmp_path):
    folder = tmp_path / "footage"
    folder.mkdir()
    tasks = []
    for index, name in enumerate(("monday.mp4", "tuesday.mp4")):
        shutil.copy(cases / "data/clip.mp4", folder / name)
        task = json.loads((cases / "data/ls_fps25.json").read_text())[0]
        tasks.append({**task, "id": index, "file_upload": f"0a1b2c3d-{name}"})
    (tmp_path / "project.json").write_text(json.dumps(tasks))
    train(str(folder), str(tmp_path / "project.json"))
    assert len(trained[0].events.runs) == 6


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["data/clip.mp4", "data/own.json", "--name", "gate=gate"], "--name: there is no label 'gate'"),
        (["data/clip.mp4", "data/own.json", "--name", "gate"], "--name: write LABEL=NAME"),
        (["data/clip.mp4", "data/own.json", "--clip", "a.mp4"], "--clip: write CLIP=LABELS"),
        (["data/clip.mp4", "data/own.json", "--label-fps", "fast"], "--label-fps: write RATE or CLIP=RATE"),
        (["data/clip.mp4", "data/own.json", "--crop", "300,0,100,100"], "crop: reaches out of the picture of 320x240"),
        (["data/clip.mp4", "data/own.json", "--version", "Version 1"], "version: 'Version 1' cannot be in"),
        (["data/clip.mp4", "data/own.json", "--head", "none"], "head: head 'none' is not installed"),
        (["data/clip.mp4", "data/own.json", "--train-part", "5:5"], "--train-part: write FIRST:END, two frames, the"),
        (["data/clip.mp4", "data/ls_two.json"], "must hold the one task of this video"),
        (
            ["data/clip.mp4", "data/own.json", "--clip", "data/clip.mkv=data/own.json", "--train-part", "0:9"],
            "--train-part: is for one clip",
        ),
        (["data", "pictures"], "DATA: holds"),
    ],
)
def test_what_can_be_known_before_training_is_said_before_it(refused, words, sentence):
    assert sentence in refused(*words)


def test_a_package_of_a_filtered_task_holds_its_events_and_its_view(train, tmp_path):
    said = train("data/clip.mp4", "data/cvat_step5.xml", "--crop", "40,40,240,160")
    assert "door@1  sha256:" in said
    manifest = open_package(FolderStore(tmp_path / "store"), Reference("door", "1", None))
    assert manifest.event_statistics.length_s.value == pytest.approx(1.5)
    assert manifest.training.view.crop.width == 240
    words = ["package", "inspect", "door@1", "--store", str(tmp_path / "store")]
    printed = CliRunner().invoke(mainstream, words, catch_exceptions=False).output
    assert "trained on 40,40,240,160 of a video of 320x240 pixels" in printed
