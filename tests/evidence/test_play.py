"""What is played is what feeder, sampler and voter would do frame by frame."""

import numpy as np
import pytest

from mainstream.alerts.measured import score_alerts
from mainstream.laws.sampling import NestedSampler
from mainstream.laws.voting import Voter
from mainstream_trainer.data.event_statistics import in_seconds
from mainstream_trainer.measure.picture_replay import due_frames
from mainstream_trainer.measure.picture_streams import PictureStream
from photos.play import NOTHING, Choice, play_app

FPS = 14.0


def stream(classes: list[int]) -> PictureStream:
    """Photo 0 shows class 0, photo 1 class 1."""
    shown = np.array(classes)
    return PictureStream(FPS, shown, shown)


@pytest.mark.parametrize("rates", [{1.0}, {14.0, 5.0, 3.0, 0.5}, {13.0, 11.0, 7.0, 2.0, 0.1}])
def test_repeated_sampling_is_what_the_sampler_does_frame_by_frame(rates: set[float]) -> None:
    frames = 14 * 60
    sampler = NestedSampler()
    expected: dict[float, list[int]] = {rate: [] for rate in rates}
    for index in range(frames):
        for rate in sampler.due(index / FPS, rates):
            expected[rate].append(index)
    found = due_frames(rates, stream([0] * frames))
    assert {rate: each.tolist() for rate, each in found.items()} == expected


def test_scores_become_hits_votes_and_counts_as_in_the_feeder() -> None:
    rng = np.random.default_rng(0)
    shown = stream(np.repeat(rng.integers(0, 2, 300), 4).tolist())
    scores = np.array([0.2, 0.8])
    analysed = due_frames([5.0], shown)[5.0]
    voter = Voter(2)
    decided = [frame for frame in analysed.tolist() if voter.decide(bool(scores[shown.pictures[frame]] >= 0.5))]
    events = shown.events([1])
    counts = play_app(Choice(0.5, 2, scores), analysed, shown, events, merge_gap_s=0.1).alerts
    times_s = [(frame + 0.5) / FPS for frame in decided]
    expected = score_alerts(times_s, in_seconds(events, FPS), (0.0, shown.seconds), merge_gap_s=0.1)
    assert counts == expected
    assert 0 < len(counts.found) < counts.events


def test_an_app_that_did_not_fit_finds_nothing() -> None:
    shown = stream([0] * 20 + [1] * 20 + [0] * 20)
    played = play_app(NOTHING, np.empty(0, dtype=np.int64), shown, shown.events([1]), merge_gap_s=1.0)
    assert (played.alerts.events, len(played.alerts.found), played.alerts.f1) == (1, 0, 0.0)
    assert (played.f1_windowed, played.open_share) == (0.0, 0.0)
