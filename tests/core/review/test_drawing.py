from collections import Counter

import numpy as np

from mainstream.review.drawing import FRAMES_PER_HOUR, FrameDrawer
from mainstream.review.objects import DrawnFrame, DrawnFrames, frames_object, key_of
from mainstream.review.strata import STRATA, stratum_of
from mainstream.times import HOUR_S, stamped

FAR = len(STRATA) - 1


def test_scores_fall_into_strata_by_their_distance_from_the_threshold() -> None:
    names = [STRATA[stratum_of(score, 0.5)].name for score in (1.0, 0.5, 0.4, 0.2, 0.05, 0.0)]
    assert names == ["above", "above", "near", "below", "far", "far"]


def test_every_frame_of_an_hour_is_as_likely_to_be_kept_as_any_other() -> None:
    counts: Counter[int] = Counter()
    for seed in range(4000):
        drawer = FrameDrawer(np.random.default_rng(seed))
        for number in range(20):
            drawer.draw(FAR, float(number), 0.1)
        (cell,) = drawer.end_hour()
        assert cell.seen == 20
        counts.update(int(each.at_s) for each in cell.kept)
    # 200 are expected of each, with a deviation of 14.
    assert len(counts) == 20
    assert max(abs(count - 200) for count in counts.values()) < 60


def test_a_day_of_frames_of_every_score_stays_within_its_bound() -> None:
    drawer = FrameDrawer(np.random.default_rng(1))
    kept = 0
    for second in range(0, 86400, 7):
        if drawer.ends_hour(float(second)):
            kept += sum(len(cell.kept) for cell in drawer.end_hour())
        drawer.draw(second % len(STRATA), float(second), 0.5)
    kept += sum(len(cell.kept) for cell in drawer.end_hour())
    assert kept == 24 * sum(FRAMES_PER_HOUR) == 96


def test_what_goes_for_a_frame_is_told_so_that_its_picture_can_go() -> None:
    drawer = FrameDrawer(np.random.default_rng(3))
    there: set[int] = set()
    for number in range(200):
        change = drawer.draw(FAR, float(number), 0.1)
        if change is not None:
            new, gone = change
            there.add(int(new.at_s))
            if gone is not None:
                there.remove(int(gone.at_s))
    (cell,) = drawer.end_hour()
    assert there == {int(each.at_s) for each in cell.kept}


def test_an_hour_ends_with_the_clock() -> None:
    drawer = FrameDrawer(np.random.default_rng(1))
    assert not drawer.ends_hour(HOUR_S)
    drawer.draw(FAR, HOUR_S - 1, 0.1)
    assert drawer.ends_hour(HOUR_S)
    assert not drawer.ends_hour(HOUR_S - 0.5)
    drawer.end_hour()
    assert drawer.end_hour() == []


def test_names_tell_the_time_and_lead_into_the_folder_of_their_day() -> None:
    frame = DrawnFrame(at_s=1795975000.125, score=0.4, stratum=1, chance=0.1, stands_for_s=60)
    assert frame.picture == "20261129T175640Z-125-near.frame.jpg"
    hour = frames_object(DrawnFrames(frames=(frame,)))
    assert key_of("plaza/crossing", hour) == "crossing/20261129/20261129T175640Z-125-near.frames.json"
    assert stamped(hour) == 1795975000.0
