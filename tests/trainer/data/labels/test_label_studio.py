"""Exports of Label Studio in the shapes that its versions write, read as its own player shows them."""

import json
from pathlib import Path

import pytest

from mainstream.errors import InvalidInputError
from mainstream_trainer.data.clip import inspect_clip
from mainstream_trainer.data.labels import label_files
from mainstream_trainer.data.labels.label_files import read_label_file
from mainstream_trainer.label_options import LabelOptions

HERE = Path(__file__).parent / "exports"
EVENTS = ((20, 35), (60, 75), (100, 115), (140, 155), (170, 185))


def runs(labels):
    return {name: app.runs for name, app in labels.apps.items()}


@pytest.mark.parametrize("name", ["ls_time", "ls_fps8", "ls_fps25", "ls_min", "ls_choice", "ls_float", "ls_nolabel"])
def test_events_are_found_by_time_whatever_the_tools_rate(cases, case_clip, name):
    assert runs(read_label_file(cases / f"data/{name}.json", case_clip)) == {"door": EVENTS}


def test_a_rate_that_no_export_says_is_said_to_be_assumed_and_can_be_given(cases, case_clip, caplog):
    read_label_file(cases / "data/ls_time.json", case_clip)
    assert "taken as the video's 10 a second" in caplog.text
    assert "--label-fps" in caplog.text
    caplog.clear()
    at_20 = read_label_file(cases / "data/ls_time.json", case_clip, options=LabelOptions(fps=20.0))
    assert runs(at_20)["door"][:2] == ((10, 17), (30, 37))
    assert caplog.text == ""


def test_of_a_clip_of_variable_rate_the_tools_rate_has_to_be_known(cases):
    clip = inspect_clip(cases / "data/vfr.mp4")
    with pytest.raises(InvalidInputError, match=r"those of vfr\.mp4 are not equally far apart"):
        read_label_file(cases / "data/ls_time.json", clip)
    # At 10 a second frames 141 to 155 are 14.0 to 15.5 s: there a frame lasts half a second, the hundredth from 10.0 s.
    found = runs(read_label_file(cases / "data/ls_time.json", clip, options=LabelOptions(fps=10.0)))["door"]
    assert found[0] == (20, 35)
    assert clip.times.of(found[3]) == pytest.approx((14.0, 15.5), abs=0.26)


def test_a_rate_that_the_export_contradicts_is_refused(cases, case_clip):
    with pytest.raises(InvalidInputError, match="--label-fps: is 10, but the export counts 25 frames a second"):
        read_label_file(cases / "data/ls_fps25.json", case_clip, options=LabelOptions(fps=10.0))


def test_the_tasks_own_rate_counts_and_is_said(case_clip, tmp_path, caplog):
    def at_24(content):
        content[0]["annotations"] = content[0]["annotations"][:1]
        content[0]["data"]["fps"] = 24

    path = changed(tmp_path, "label-studio-1.13-two-annotators.json", at_24)
    # Frames 21 to 35 of 24 a second are .83 to 1.46 s.
    assert runs(read_label_file(path, case_clip)) == {"door": ((8, 15),)}
    assert "counts frames at the task's own fps, 24 a second" in caplog.text


def test_regions_without_a_label_are_left_out_and_counted(cases, case_clip, caplog):
    read_label_file(cases / "data/ls_nolabel.json", case_clip)
    assert "left out regions without a label: 1" in caplog.text


def test_one_frame_past_the_end_is_the_tools_rounding(cases, case_clip):
    assert runs(read_label_file(cases / "data/ls_past.json", case_clip))["door"][-1] == (189, 200)


def test_stretches_in_seconds_are_read_by_time(cases, case_clip):
    assert runs(read_label_file(cases / "data/ls_seconds.json", case_clip)) == {"door": ((20, 35),)}


def test_key_frames_show_as_in_the_player_at_the_tools_default_rate(case_clip):
    # Frames 49 to 84 of 24 a second are 2.0 to 3.5 s, frame 145 is 6.0 s; the last region goes on from 19.0 s.
    found = read_label_file(HERE / "label-studio-1.7-boxes-24fps.json", case_clip)
    assert runs(found) == {"door": ((20, 35), (60, 61)), "car": ((190, 200),)}


def test_whose_labels_to_take_is_asked_where_several_people_labelled(case_clip):
    path = HERE / "label-studio-1.13-two-annotators.json"
    with pytest.raises(InvalidInputError, match=r"annotations: holds annotations of 2 people \(1, 2\).*--annotator"):
        read_label_file(path, case_clip)
    assert runs(read_label_file(path, case_clip, options=LabelOptions(annotator="1"))) == {"door": ((20, 35),)}
    assert runs(read_label_file(path, case_clip, options=LabelOptions(annotator="2"))) == {
        "door": ((60, 75), (100, 101))
    }
    with pytest.raises(InvalidInputError, match=r"--annotator: labelled nothing here \(there are: 1, 2\)"):
        read_label_file(path, case_clip, options=LabelOptions(annotator="3"))


def changed(folder, name, change):
    content = json.loads((HERE / name).read_text())
    change(content)
    (folder / "a.json").write_text(json.dumps(content))
    return folder / "a.json"


def test_ground_truth_comes_first_and_that_others_were_left_out_is_said(case_clip, tmp_path, caplog):
    def mark(content):
        content[0]["annotations"][1]["ground_truth"] = True

    path = changed(tmp_path, "label-studio-1.13-two-annotators.json", mark)
    assert runs(read_label_file(path, case_clip)) == {"door": ((60, 75), (100, 101))}
    assert "took the annotation of 2 (4), left out others: 1" in caplog.text


def test_of_one_persons_annotations_the_last_one_counts(case_clip, tmp_path):
    def same(content):
        for each in content[0]["annotations"]:
            each["completed_by"] = 1

    path = changed(tmp_path, "label-studio-1.13-two-annotators.json", same)
    assert runs(read_label_file(path, case_clip)) == {"door": ((60, 75), (100, 101))}


def test_json_min_is_read_and_its_rows_are_annotations(case_clip, tmp_path):
    found = read_label_file(HERE / "label-studio-json-min.json", case_clip)
    assert runs(found) == {"door": ((20, 35), (100, 101)), "person": ((140, 155),)}

    def twice(content):
        content.append({**content[0], "annotator": 2, "annotation_id": 12})

    with pytest.raises(InvalidInputError, match="annotations of 2 people"):
        read_label_file(changed(tmp_path, "label-studio-json-min.json", twice), case_clip)


def test_of_several_tasks_that_of_the_clip_is_taken(case_clip, tmp_path):
    def more(content):
        other = json.loads(json.dumps(content[0]))
        other["file_upload"] = "aaaa-another.mp4"
        content.insert(0, other)

    path = changed(tmp_path, "label-studio-1.7-boxes-24fps.json", more)
    assert runs(read_label_file(path, case_clip))["door"] == ((20, 35), (60, 61))


def test_two_tasks_of_one_clip_are_refused(cases, case_clip):
    with pytest.raises(InvalidInputError, match="must hold the one task of this video"):
        read_label_file(cases / "data/ls_two.json", case_clip)


def test_one_task_as_cloud_storage_keeps_it_is_read(case_clip, tmp_path):
    task = json.loads((HERE / "label-studio-1.7-boxes-24fps.json").read_text())[0]
    annotation = {**task["annotations"][0], "task": {"id": 1, "data": task["data"]}}
    for content in (task, annotation):
        (tmp_path / "1").write_text(json.dumps(content))
        assert runs(read_label_file(tmp_path / "1", case_clip))["door"] == ((20, 35), (60, 61))


def values(content):
    return [each["value"] for each in content[0]["annotations"][0]["result"] if "value" in each]


def test_a_rate_is_read_from_the_times_of_key_frames_where_the_length_was_not_known(case_clip, tmp_path):
    def unknown(content):
        for value in values(content):
            value["duration"] = 0
            del value["framesCount"]

    path = changed(tmp_path, "label-studio-1.7-boxes-24fps.json", unknown)
    assert runs(read_label_file(path, case_clip)) == {"door": ((20, 35), (60, 61)), "car": ((190, 200),)}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"duration": 60.0, "framesCount": 1440}, "value.duration: is of a video of 60 s, but clip.mp4 lasts 20 s"),
        ({"framesCount": 1200}, "value.framesCount: counts frames at several rates \\(24, 60 a second\\)"),
    ],
)
def test_labels_of_another_video_or_rate_are_refused_by_their_field(case_clip, tmp_path, change, sentence):
    path = changed(tmp_path, "label-studio-1.7-boxes-24fps.json", lambda content: values(content)[0].update(change))
    with pytest.raises(InvalidInputError, match=sentence):
        read_label_file(path, case_clip)


def test_frames_beyond_the_video_are_refused_with_the_rate_and_the_way_out(case_clip, tmp_path):
    def later(content):
        content[0]["annotations"] = content[0]["annotations"][:1]
        values(content)[0]["ranges"] = [{"start": 400, "end": 430}]

    path = changed(tmp_path, "label-studio-1.13-two-annotators.json", later)
    with pytest.raises(
        InvalidInputError, match=r"at 10 a second, which is until 43 s, but .* after 20 s; .*--label-fps"
    ):
        read_label_file(path, case_clip)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"images": [], "categories": [], "annotations": []}', "is of the COCO format"),
        ("id,video,label\n1,clip.mp4,door\n", "is no label file that is known"),
        ('[{"annotations": []}]', "holds no labels"),
    ],
)
def test_other_formats_are_refused_by_name(case_clip, tmp_path, text, sentence):
    (tmp_path / "a").write_text(text)
    with pytest.raises(InvalidInputError, match=sentence):
        read_label_file(tmp_path / "a", case_clip)


def exported(tmp_path, results, **task):
    annotations = [{"id": 11, "completed_by": 1, "result": results}]
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"id": 1, "annotations": annotations, "data": {"video": "clip.mp4"}, **task}]))
    return path


def region(**value):
    sequence = [{"frame": 21, "enabled": True}, {"frame": 35, "enabled": False}]
    return {"id": "a", "value": {"framesCount": 200, "duration": 20.0, "sequence": sequence, **value}}


def test_a_label_may_stand_in_another_result_of_its_region(case_clip, tmp_path):
    path = exported(tmp_path, [region(), {"id": "a", "value": {"labels": ["door"]}}])
    assert runs(read_label_file(path, case_clip)) == {"door": ((20, 35),)}


def test_labels_that_do_not_say_when_they_are_there_are_left_out_and_counted(case_clip, tmp_path, caplog):
    instant = {"id": "b", "value": {"start": 2.0, "end": 2.0, "labels": ["door"]}}
    assert runs(read_label_file(exported(tmp_path, [region(labels=["door"]), instant]), case_clip))["door"]
    assert "left out labels that do not say when they are there: 1" in caplog.text


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        ({"annotations": [], "predictions": [{"result": [region(labels=["door"])]}]}, "there are 1 predictions"),
        ({"annotations": [], "drafts": [{"result": [region(labels=["door"])]}]}, "there are 1 drafts"),
        ({}, "the annotation of 1 is empty"),
    ],
)
def test_what_nobody_submitted_is_no_label_and_the_refusal_says_what_there_is(case_clip, tmp_path, task, sentence):
    with pytest.raises(InvalidInputError, match=rf"annotations: holds no labels.*{sentence}.*submit it"):
        read_label_file(exported(tmp_path, [], **task), case_clip)


def test_of_videos_whose_names_end_alike_the_clips_own_is_taken(case_clip, tmp_path):
    path = exported(tmp_path, [region(labels=["door"])])
    own = json.loads(path.read_text())[0]
    path.write_text(json.dumps([{**own, "id": 2, "annotations": [], "data": {"video": "my-clip.mp4"}}, own]))
    assert runs(read_label_file(path, case_clip)) == {"door": ((20, 35),)}


def test_one_export_of_several_clips_is_parsed_once(case_clip, tmp_path, monkeypatch):
    path = changed(
        tmp_path, "label-studio-1.13-two-annotators.json", lambda content: content[0].update(file_upload="x")
    )
    parsed = []
    tasks_of = label_files.tasks_of
    monkeypatch.setattr(label_files, "tasks_of", lambda content: parsed.append(content) or tasks_of(content))
    assert label_files.videos_of_export(path) == ["x"]
    for _ in range(2):
        read_label_file(path, case_clip, options=LabelOptions(annotator="1"))
    assert len(parsed) == 1
