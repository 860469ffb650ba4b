"""Exports of CVAT in the shapes that its versions write (docs.cvat.ai, "XML annotation format"; `dataset_manager`)."""

import zipfile
from pathlib import Path

import pytest

from mainstream.errors import InvalidInputError
from mainstream.footage.labels import Split
from mainstream_trainer.data.labels.label_files import read_label_file

HERE = Path(__file__).parent / "exports"
EVENTS = ((20, 35), (60, 75), (100, 115), (140, 155), (170, 185))


def runs(labels):
    return {name: app.runs for name, app in labels.apps.items()}


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("cvat_plain", EVENTS),
        ("cvat_skeleton", EVENTS),
        ("cvat_step5", EVENTS),
        ("cvat_step2", ((10, 24), (40, 54), (70, 84))),
        ("cvat_job1", EVENTS[:2]),
        ("cvat_job2", EVENTS[2:]),
        ("cvat_empty", ()),
    ],
)
def test_tasks_jobs_filters_and_skeletons_give_the_events_of_the_video(cases, case_clip, name, events):
    assert runs(read_label_file(cases / f"data/{name}.xml", case_clip)) == {"door": events}


def test_what_lies_outside_a_job_neither_trains_nor_tests(cases, case_clip):
    path = cases / "data/cvat_job2.xml"
    assert read_label_file(path, case_clip).split == Split(train=(100, 175), test=(175, 200))
    with pytest.raises(InvalidInputError, match=r"split.train: \[0, 150\] reaches out of .* \[100, 200\]"):
        read_label_file(path, case_clip, Split(train=(0, 150), test=(150, 200)))


def test_a_track_is_away_from_its_outside_frame_on_and_there_through_deleted_frames(case_clip):
    found = read_label_file(HERE / "cvat-2020-task.xml", case_clip)
    assert found.video == "clip.mp4"
    assert runs(found) == {"door": ((20, 24), (30, 31)), "car": ((199, 200),)}


def test_a_job_of_a_filtered_task_counts_in_frames_of_the_video(case_clip):
    found = read_label_file(HERE / "cvat-2-job-filtered-skeleton.xml", case_clip)
    assert runs(found) == {"person": ((113, 119), (167, 170))}
    assert found.split == Split(train=(110, 155), test=(155, 170))


def test_cvat_for_images_of_a_video_counts_tags_masks_and_skeletons(case_clip):
    found = read_label_file(HERE / "cvat-2-images-of-video.xml", case_clip)
    assert runs(found) == {"open door": ((20, 30),), "person": ((25, 30),)}


def test_the_zip_file_that_cvat_hands_out_is_read_as_it_is(case_clip, tmp_path):
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.write(HERE / "cvat-2020-task.xml", "annotations.xml")
    assert "door" in read_label_file(tmp_path / "task.zip", case_clip).apps


META = "<meta><task><size>{size}</size>{more}</task></meta>"


def written(folder, more="", body="", size=200):
    path = folder / "a.xml"
    path.write_text(f"<annotations>{META.format(size=size, more=more)}{body}</annotations>")
    return path


@pytest.mark.parametrize("outside", ['<box frame="25" outside="true"/>', '<box frame="25" outside="1"></box>'])
def test_outside_is_understood_however_it_is_spelled(case_clip, tmp_path, outside):
    body = f'<track label="door"><box frame="20" outside="0"/>{outside}<box frame="30" outside="0"/></track>'
    assert runs(read_label_file(written(tmp_path, body=body), case_clip)) == {"door": ((20, 25), (30, 31))}


def test_a_task_may_end_before_its_video_and_that_is_said(case_clip, tmp_path, caplog):
    body = '<track label="door"><box frame="20" outside="0"/></track>'
    found = read_label_file(written(tmp_path, size=80, body=body), case_clip)
    assert found.split == Split(train=(0, 60), test=(60, 80))
    assert "labels frames 0 to 79 of 200; the others neither train nor test" in caplog.text


@pytest.mark.parametrize(
    ("more", "size", "sentence"),
    [
        ("<frame_filter>name=a*</frame_filter>", 200, "meta.task.frame_filter: 'name=a\\*' is not step=N"),
        ("<frame_filter>step=x</frame_filter>", 200, "meta.task.frame_filter: 'x' is not a whole number"),
        ("<frame_filter>step=0</frame_filter>", 200, "counts no frames"),
        ("<start_frame>ten</start_frame>", 200, "meta.task.start_frame: 'ten' is not a whole number"),
        ("", 400, "frames: is of frames 0 to 399, but .* has only 200"),
        ("<mode>annotation</mode>", 40, "meta.task.mode: is a task of 40 pictures"),
    ],
)
def test_a_numbering_that_is_not_the_videos_is_refused_by_its_field(case_clip, tmp_path, more, size, sentence):
    with pytest.raises(InvalidInputError, match=sentence):
        read_label_file(written(tmp_path, more, size=size), case_clip)


def test_a_project_is_read_where_it_is_of_one_task_and_refused_where_it_is_of_more(case_clip, tmp_path):
    one = "<task><size>200</size><mode>interpolation</mode></task>"
    path = tmp_path / "a.xml"
    track = '<track label="door"><box frame="20" outside="0"/></track>'
    path.write_text(f"<annotations><meta><project><tasks>{one}</tasks></project></meta>{track}</annotations>")
    assert runs(read_label_file(path, case_clip)) == {"door": ((20, 21),)}
    path.write_text(f"<annotations><meta><project><tasks>{one}{one}</tasks></project></meta>{track}</annotations>")
    with pytest.raises(InvalidInputError, match=r"meta\.project\.tasks: holds 2 tasks"):
        read_label_file(path, case_clip)


def test_a_frame_that_was_deleted_shows_what_is_there_before_and_after_it(case_clip, tmp_path):
    shown = {frame for start, end in EVENTS for frame in range(start, end)}
    tags = dict.fromkeys(shown, '<tag label="door"><attribute name="open">true</attribute></tag>')
    images = "".join(f'<image id="{i}">{tags.get(i, "")}</image>' for i in range(200) if i not in (25, 26, 35, 65))
    assert runs(read_label_file(written(tmp_path, body=images), case_clip)) == {"door": EVENTS}


def test_shapes_that_a_later_version_may_bring_are_shapes(case_clip, tmp_path):
    track = '<track label="door"><hexagon frame="20" outside="0"/><hexagon frame="35" outside="1"/></track>'
    assert runs(read_label_file(written(tmp_path, body=track), case_clip)) == {"door": ((20, 35),)}


@pytest.mark.parametrize(
    "body", ['<image id="21"><tag label="door"/></image>', '<track label="door"><box frame="21" outside="0"/></track>']
)
def test_a_frame_that_the_filter_does_not_list_is_refused(case_clip, tmp_path, body):
    path = written(tmp_path, size=40, more="<frame_filter>step=5</frame_filter>", body=body)
    with pytest.raises(InvalidInputError, match=r"21 is none of the frames that were listed .from 0 on, 5 apart."):
        read_label_file(path, case_clip)


def test_an_export_that_was_unpacked_and_zipped_again_is_read(cases, case_clip, tmp_path):
    path = tmp_path / "again.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("export/annotations.xml", (cases / "data/cvat_plain.xml").read_bytes())
        archive.writestr("__MACOSX/export/annotations.xml", b"of macOS")
    assert runs(read_label_file(path, case_clip)) == {"door": EVENTS}
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other/annotations.xml", b"")
    with pytest.raises(InvalidInputError, match=r"holds 2 .export/annotations.xml, other/annotations.xml"):
        read_label_file(path, case_clip)
