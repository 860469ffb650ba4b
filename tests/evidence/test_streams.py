"""Streams of photos hold the events that were asked for, as alike as was asked for."""

import numpy as np
import pytest

from mainstream_trainer.measure.picture_streams import PictureStream
from photos.streams import ClassRuns, make_stream

LIMITS_S = (0.3, 3.0)
PHOTOS = {label: np.arange(label * 50, label * 50 + 50) for label in range(6)}


def stream_of(correlation: float = 0.3, runs: int = 200) -> PictureStream:
    each = ClassRuns(length_s=0.8, spread=1.3, runs=runs, correlation=correlation)
    return make_stream(dict.fromkeys(PHOTOS, each), PHOTOS, 14.0, LIMITS_S, seed=3)


def test_every_class_has_as_many_events_as_were_asked_for_and_of_the_lengths_allowed() -> None:
    stream = stream_of()
    for label in PHOTOS:
        lengths_s = [(end - start) / stream.fps for start, end in stream.events([label])]
        assert len(lengths_s) >= 198  # two runs may touch where no place was left for the last ones
        assert min(lengths_s) >= 0.8 / 1.3 - 1 / stream.fps
        assert np.median(lengths_s) == pytest.approx(0.8, rel=0.1)


def test_every_frame_shows_a_photo_of_its_class() -> None:
    stream = stream_of()
    assert all(
        set(stream.pictures[stream.classes == label].tolist()) <= set(photos.tolist())
        for label, photos in PHOTOS.items()
    )


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("distance", [1, 5])
def test_two_frames_of_an_event_show_the_same_photo_as_often_as_the_correlation_says(
    correlation: float, distance: int
) -> None:
    stream = stream_of(correlation, runs=600)
    same = np.concatenate(
        [
            stream.pictures[start : end - distance] == stream.pictures[start + distance : end]
            for label in PHOTOS
            for start, end in stream.events([label])
            if end - start > distance
        ]
    )
    # Two draws out of 50 photos are the same one in 50 times, whatever the correlation.
    assert same.mean() == pytest.approx(correlation + (1 - correlation) / 50, abs=0.03)


def test_the_same_seed_gives_the_same_stream() -> None:
    assert np.array_equal(stream_of().pictures, stream_of().pictures)
