"""When frames are due: by presentation stamps, whatever the network and the stamps do."""

from itertools import pairwise

import pytest

from mainstream.errors import MainstreamError
from mainstream_runner.feeder.frame_clock import ArrivalClock, FilePosition
from mainstream_runner.feeder.key_frame_wait import LONGEST_GROUP_S, STALL_S, KeyFrameWait, StalledError


def test_positions_of_a_file_are_its_stamps_from_the_first_frame_on() -> None:
    position = FilePosition(0.1)
    assert [position.of(stamp) for stamp in (6.6, 6.7, 7.2, 7.7)] == pytest.approx([0.0, 0.1, 0.6, 1.1])
    assert position.end_s == pytest.approx(1.6)


def test_frames_without_stamps_are_one_interval_apart() -> None:
    position = FilePosition(0.25)
    assert [position.of(None) for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]


def test_positions_never_go_back() -> None:
    position = FilePosition(0.1)
    line = [position.of(stamp) for stamp in (0.0, 0.1, 0.1, 0.05, None, 0.6)]
    assert line == sorted(set(line))


def test_frames_that_arrive_in_bursts_are_due_as_far_apart_as_their_stamps_say() -> None:
    clock = ArrivalClock()
    # Ten frames a second that the network delivers five at a time, at the moment of the last of them.
    due = [clock.due(i / 10, 100.0 + (i // 5 * 5 + 4) / 10) for i in range(50)]
    steps = [later - earlier for earlier, later in pairwise(due[10:])]
    assert steps == pytest.approx([0.1] * 39, abs=0.01)
    assert all(moment <= 100.0 + (i // 5 * 5 + 4) / 10 for i, moment in enumerate(due))


def test_a_camera_whose_clock_runs_slowly_falls_behind_at_no_time() -> None:
    clock = ArrivalClock()
    late = [i / 10 - clock.due(i / 10 * 0.9995, i / 10) for i in range(36_000)]
    assert max(late) < 0.1
    assert min(late) >= 0.0


def test_after_a_pause_of_the_network_frames_are_due_when_they_come() -> None:
    clock = ArrivalClock()
    clock.due(0.0, 10.0)
    assert clock.due(0.1, 13.0) == pytest.approx(13.0)
    assert clock.due(0.2, 13.1) == pytest.approx(13.1, abs=0.01)


def test_a_key_frame_is_waited_for_as_long_as_a_group_can_be_and_said() -> None:
    said: list[str] = []
    wait = KeyFrameWait(said.append)
    wait.begin(0.0)
    for second in range(20):
        wait.packet(float(second), key=False)
    assert "19 s so far" in said[-1]
    assert "shorten its key frame interval" in said[-1]
    with pytest.raises(StalledError, match="no key frame for 121 s; shorten"):
        wait.packet(LONGEST_GROUP_S + 1, key=False)


def test_a_camera_whose_key_frames_cannot_be_decoded_is_opened_anew() -> None:
    wait = KeyFrameWait(lambda said: None)
    wait.begin(0.0)
    wait.packet(1.0, key=True)
    wait.packet(1.0 + STALL_S, key=True)
    with pytest.raises(MainstreamError, match="nothing that can be decoded"):
        wait.packet(1.1 + STALL_S, key=False)
