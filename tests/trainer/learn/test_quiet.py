"""Footage in which nothing happens: measured on, never trained on."""

from dataclasses import replace

import av
import numpy as np
import pytest

from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream.mpackage.event_statistics import known_false_alerts
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.data.app_events import AppEvents
from mainstream_trainer.learn.quiet import QuietScores
from mainstream_trainer.measure.evaluation import Evaluator, Scored
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.training import train_app

FRAMES = 48
RUNS = ((20, 30), (60, 70), (140, 150))
TIMES = FrameTimes.constant(200, 10.0)


SCORES = np.zeros(100)
"""of somebody who knows the events, and is wrong once in quiet footage"""
SCORES[10:20] = SCORES[50:60] = 1.0


def evaluator(quiet):
    present = np.zeros(200, dtype=bool)
    for start, end in RUNS:
        present[start:end] = True
    scored, settings = Scored(np.arange(10, 110), ((10, 110),)), TrainingSettings(threshold_min_events=2)
    return Evaluator(AppEvents(RUNS, (), TIMES), present, scored, settings, quiet)


def quiet_scores(seconds, wrong=()):
    scores = np.zeros(10 * seconds)
    scores[list(wrong)] = 1.0
    return QuietScores((FrameTimes.constant(10 * seconds, 10.0),), {"pooled-7": scores})


def measured(quiet):
    return evaluator(quiet).measure(SCORES, quiet.by_candidate["pooled-7"], seed=0)


def test_quiet_footage_counts_as_frames_outside_events_that_were_held_out():
    without, quiet = evaluator(QuietScores()).evaluation, evaluator(quiet_scores(60)).evaluation
    assert quiet.frames_other == without.frames_other + 600
    assert (quiet.frames_event, quiet.events) == (without.frames_event, without.events)
    assert quiet.quiet_s == pytest.approx(without.quiet_s + 60)
    assert quiet.quiet_footage_s == 60.0


def test_a_hit_in_quiet_footage_is_a_false_alert_of_the_replay():
    clean = measured(quiet_scores(60))
    wrong = measured(quiet_scores(60, wrong=[300]))

    def at_full_rate(measured):
        return next(each for each in measured.replayed if each.fps == 10 and each.votes == 1 and each.threshold > 0.5)

    assert at_full_rate(clean).false_share == 0.0
    assert at_full_rate(wrong).false_share > 0.0
    assert at_full_rate(wrong).recall == at_full_rate(clean).recall == 1.0


def test_more_quiet_footage_makes_e_surer():
    def widest(seconds):
        points = measured(quiet_scores(seconds)).operating_points
        return max(point.e_interval[1] - point.e_interval[0] for point in points if point.threshold > 0.5)

    assert widest(600) < widest(60) / 3


def write_clip(path, clip, frames=FRAMES, fps=10):
    """The first frames of a clip, at another rate where one is given."""
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 768, 576, "yuv420p"
        for _, picture in zip(range(frames), source.decode(video=0), strict=False):
            target.mux(
                stream.encode(
                    picture.reformat(format="yuv420p").from_ndarray(
                        picture.to_ndarray(format="yuv420p"), format="yuv420p"
                    )
                )
            )
        target.mux(stream.encode(None))
    return path


def test_a_package_knows_its_quiet_footage_and_its_weights_do_not(quick_request, trained, clip, tmp_path):
    without = next(each for each in trained[1] if each.name == "door")
    quiet = write_clip(tmp_path / "quiet.mp4", clip)
    manifest = train_app(replace(quick_request, quiet=(quiet,)), FolderStore(tmp_path / "store"))
    assert manifest.candidates[0].evaluation.quiet_footage_s == pytest.approx(FRAMES / 10)
    assert manifest.candidates[0].evaluation.frames_other == without.candidates[0].evaluation.frames_other + FRAMES
    assert [each.head for each in manifest.candidates] == [each.head for each in without.candidates]
    assert manifest.event_statistics.frequency == without.event_statistics.frequency
    assert manifest.training.data_digest != without.training.data_digest
    assert "an hour without events (train --quiet)" in known_false_alerts(without)
    assert "5 s of footage without events" in known_false_alerts(manifest)


def test_quiet_footage_of_a_lower_rate_is_refused(quick_request, clip, tmp_path):
    slow = write_clip(tmp_path / "slow.mp4", clip, fps=5)
    with pytest.raises(InvalidInputError, match="has 5 frames per second, the labelled footage 10") as caught:
        train_app(replace(quick_request, quiet=(slow,)), FolderStore(tmp_path / "store"))
    assert caught.value.field == "quiet"
