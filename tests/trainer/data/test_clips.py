"""Several clips in one training: labels, start and rate of each are its own."""

import json
from dataclasses import replace

import numpy as np
import pytest

from mainstream.alerts.merging import merged_events
from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import TrainedView
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.data.event_statistics import packed_statistics
from mainstream_trainer.data.preparation import Preparation
from mainstream_trainer.request import ClipsData, TrainingRequest, VideoData
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.training import train_app

QUICK = TrainingSettings(variants=1, prune=False, epochs=1, least_steps=1, frozen_epochs=2, heads=())
RUNS = [[20, 35], [60, 75], [100, 115], [140, 155], [170, 185]]
PARTS = ((0, 150), (150, 200))


def labels(folder, name, runs, train=(0, 200), test=(200, 201), app="door"):
    path = folder / f"{name}.json"
    split = {"train": train, "test": test}
    apps = {app: {"event": "box", "runs": runs}}
    path.write_text(json.dumps({"video": name, "frames": max(train[1], test[1]), "split": split, "apps": apps}))
    return path


@pytest.fixture
def request_of(cases, tmp_path):
    """A request for clips of the cases with their labels."""

    def make(*clips, **change):
        parts = tuple(VideoData(cases / f"data/{name}", path) for name, path in clips)
        return TrainingRequest(
            ClipsData(parts), "door", base="efficientnet-lite0-96", branch_points=(0, 14, 15), settings=QUICK, **change
        )

    return make


def test_events_of_all_clips_are_at_the_times_of_their_own_clips(request_of, tmp_path):
    # Of 100 frames at 10 a second and 100 at 2 a second the fifth event is 45.0 to 52.5 s.
    first = labels(tmp_path, "a", RUNS, train=(0, 150), test=(150, 200))
    second = labels(tmp_path, "b", RUNS, train=(50, 190), test=(0, 50))
    job = Preparation().prepare(request_of(("clip.mp4", first), ("vfr.mp4", second)))
    assert job.source.frames == 150 + 140
    lengths_s = [round(end - start, 3) for start, end in job.events.times.spans(job.events.runs)]
    assert lengths_s == [1.5, 1.5, 1.5, 1.5, 7.5, 7.5, 7.5]
    assert job.events.cut == ((140, 150),)
    assert job.events.runs[3] == (150 + 10, 150 + 25)
    assert np.flatnonzero(job.present)[-1] == 150 + 134


def test_no_event_goes_on_from_one_clip_to_the_next_whatever_gap_is_asked_for(request_of, tmp_path):
    first = labels(tmp_path, "a", [[20, 35], [140, 150]], train=(0, 150), test=(150, 200))
    second = labels(tmp_path, "b", [[50, 60], [100, 115]], train=(50, 190), test=(0, 50))
    events = Preparation().prepare(request_of(("clip.mp4", first), ("clip.mkv", second))).events
    assert events.runs == ((20, 35), (140, 150), (150, 160), (200, 215))
    assert events.merged[0] == events.runs
    assert events.statistics.seams_s == (15.0,)
    merged = merged_events(replace(events.statistics, merge_gap_s=1000.0))
    assert [len(event.pieces_s) for event in merged.events] == [2, 2]
    packed = packed_statistics(events.statistics, 0.0)
    assert statistics_of(packed).seams_s == (15.0,)


def test_pixels_come_from_all_clips_in_the_order_in_which_they_are_named(request_of, tmp_path):
    first = labels(tmp_path, "a", RUNS, train=(15, 40), test=(150, 200))
    job = Preparation().prepare(request_of(("clip.mp4", first), ("clip.mkv", first)))
    told = []
    pixels = job.source.read(None, 48, 64, told.append)
    assert pixels.shape == (50, 48, 64, 3)
    shown = pixels[:, 20:28, 22:30].mean(axis=(1, 2))[:, 0] > 200
    assert shown.tolist() == ([False] * 5 + [True] * 15 + [False] * 5) * 2
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_clip_whose_labels_do_not_know_the_app_shows_what_is_not_the_event(request_of, tmp_path):
    other = labels(tmp_path, "b", [[0, 10]], train=(0, 100), test=(150, 200), app="gate")
    first = labels(tmp_path, "a", RUNS, train=(0, 150), test=(150, 200))
    job = Preparation().prepare(request_of(("clip.mp4", first), ("clip.mkv", other)))
    assert not job.present[150:].any()
    with pytest.raises(InvalidInputError, match=r"apps: has no app 'door' \(it has: gate\)"):
        Preparation().prepare(request_of(("clip.mkv", other)))


def test_one_crop_of_two_resolutions_is_refused_before_anything_is_trained(request_of, tmp_path):
    first = labels(tmp_path, "a", RUNS, train=(0, 150), test=(150, 200))
    crop = Crop(x=0, y=0, width=160, height=120)
    with pytest.raises(InvalidInputError, match=r"video: has pictures of 240x320 pixels, but .*320x240"):
        Preparation().prepare(request_of(("clip.mp4", first), ("rotated.mp4", first), crop=crop))


def test_a_crop_outside_the_picture_is_refused_before_anything_is_trained(request_of, tmp_path):
    first = labels(tmp_path, "a", RUNS, train=(0, 150), test=(150, 200))
    with pytest.raises(InvalidInputError, match=r"rotated.mp4: crop: reaches out of the picture of 240x320 pixels"):
        Preparation().prepare(request_of(("rotated.mp4", first), crop=Crop(x=100, y=0, width=160, height=120)))


def test_a_package_of_two_clips_with_one_event_each_holds_its_view(request_of, tmp_path, caplog):
    first = labels(tmp_path, "a", RUNS[:1], train=(0, 50), test=(50, 100))
    crop = Crop(x=40, y=40, width=240, height=160)
    request = request_of(("clip.mp4", first), ("clip.mkv", first), crop=crop)
    manifest = train_app(request, FolderStore(tmp_path / "store"))
    assert manifest.training.view == TrainedView(width=320, height=240, crop=crop)
    assert manifest.event_statistics.length_s.value == 1.5
    assert manifest.candidates[0].evaluation.events == 1
    assert "of 2 events in the training part 2 are measured on" in caplog.text
    assert "recall may be as low as 0.16" in caplog.text
    assert train_app(replace(request), FolderStore(tmp_path / "store")).digest == manifest.digest


def of_group(path, group):
    path.write_text(json.dumps({**json.loads(path.read_text()), "group": group}))
    return path


def test_blocks_hold_whole_groups_of_clips_that_labels_name(request_of, tmp_path):
    first = of_group(labels(tmp_path, "a", RUNS, train=(0, 150), test=(150, 200)), "monday")
    second = of_group(labels(tmp_path, "b", RUNS, train=(50, 190), test=(0, 50)), "tuesday")
    clips = (("clip.mp4", first), ("clip.mkv", second))
    job = Preparation().prepare(request_of(*clips))
    assert job.folds.fold_of.tolist() in ([0] * 150 + [1] * 140, [1] * 150 + [0] * 140)
    assert job.folds.note == "2 blocks instead of 5: with more of them one would hold no event"
    # Fine-tuned candidates are measured on a group that they never saw, too.
    assert job.held_out.frames.tolist() == np.flatnonzero(job.folds.fold_of == 0).tolist()
    apart = tmp_path / "groups.csv"
    apart.write_text("clip.mp4,tuesday\nclip.mkv,monday\n")
    other = Preparation().prepare(request_of(*clips, grouped_by=apart))
    assert other.data_digest != job.data_digest


def test_groups_that_some_clips_lack_or_that_divide_nothing_are_refused(request_of, tmp_path):
    first = of_group(labels(tmp_path, "a", RUNS, *PARTS), "monday")
    second = labels(tmp_path, "b", RUNS, *PARTS)
    with pytest.raises(InvalidInputError, match=r"b.json: group: is missing, and other clips' labels name one"):
        Preparation().prepare(request_of(("clip.mp4", first), ("clip.mkv", second)))
    with pytest.raises(InvalidInputError, match=r"groups: leave blocks without the event, .* the 1 of them"):
        Preparation().prepare(request_of(("clip.mp4", first), ("clip.mkv", of_group(second, "monday"))))
    tuesday = of_group(labels(tmp_path, "c", RUNS, *PARTS), "tuesday")
    with pytest.raises(InvalidInputError, match=r"common_stem: has apps hold out the same frames, and groups divide"):
        Preparation().prepare(request_of(("clip.mp4", first), ("clip.mkv", tuesday), common_stem=14))
