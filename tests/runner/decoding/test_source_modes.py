"""Sources and cameras that pass frames over: numbers, times and clips stay those of the whole stream."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from scripted_camera import Picture, ScriptedCamera, pictures_of

from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.feeder.camera import Camera
from mainstream_runner.feeder.source import CapturedFrame, Source

TICKS = 1800
"""from one of fifty frames a second to the next"""


def wait_for(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[CapturedFrame], Source]]:
    """Plays a file without waiting; its frames, and how long it would have taken."""
    monkeypatch.setattr("mainstream_runner.feeder.source.time.sleep", lambda seconds: None)

    def play(path: Path, mode: str, **options: object) -> tuple[list[CapturedFrame], Source]:
        stream = RunnerStream(name="s", url=f"file:{path}", fps=10.0, crops={}, decode=mode)
        source = Source(stream, positions=True, **options)
        return list(source.frames(time.monotonic())), source

    return play


@pytest.mark.parametrize("between", [0, 2])
def test_frames_of_a_file_keep_their_numbers_and_times_whatever_is_passed_over(played, make_clip, between: int) -> None:
    path = make_clip(between=between)
    whole = {frame.index: frame.captured_s for frame in played(path, "all")[0]}
    assert len(whole) == 60
    keys, _ = played(path, "keyframes")
    assert [frame.index for frame in keys] == [0, 10, 20, 30, 40, 50]
    needed, _ = played(path, "reference")
    assert len(needed) < 50 if between else len(needed) == 60
    for frame in (*keys, *needed):
        assert frame.captured_s == pytest.approx(whole[frame.index])


def test_a_part_of_a_file_begins_and_ends_when_the_whole_does(played, make_clip, monkeypatch) -> None:
    slept: list[float] = []
    frames, _ = played(make_clip(), "keyframes", start_frame=15, end_frame=38)
    assert [frame.index for frame in frames] == [20, 30]
    monkeypatch.setattr("mainstream_runner.feeder.source.time.sleep", slept.append)
    stream = RunnerStream(name="s", url=f"file:{make_clip()}", fps=10.0, crops={}, decode="keyframes")
    start_s = time.monotonic()
    frames = list(Source(stream, start_frame=15, end_frame=38).frames(start_s))
    assert [frame.due_s - start_s for frame in frames] == pytest.approx([0.5, 1.5])
    assert slept[-1] == pytest.approx(2.3, abs=0.2)


def test_all_packets_are_kept_for_clips_whatever_is_decoded(played, make_clip) -> None:
    ring = PacketRing()
    ring.want(True)
    frames, _ = played(make_clip(), "keyframes", ring=ring)
    assert len(frames) == 6
    assert len(ring.between(0.0, time.monotonic())) == 60


@pytest.fixture
def camera(make_clip) -> "Iterator[Callable[..., tuple[Camera, list[CapturedFrame]]]]":
    """Plays a clip as a camera at fifty frames a second; each group is .2 s long where nothing else is said."""
    opened: list[tuple[Camera, ScriptedCamera]] = []

    def play(mode: str, *groups: int, frames: int = 1000) -> tuple[Camera, list[CapturedFrame]]:
        pictures = [
            Picture(each.units, 9 * each.stamp // 45) for each in pictures_of(make_clip(groups or (10,), frames=frames))
        ]
        device, taken = ScriptedCamera(pictures), []
        stream = RunnerStream(name="s", url=device.url, fps=50.0, crops={}, decode=mode)
        camera = Camera(stream, None, lambda _, frame: taken.append(frame))
        opened.append((camera, device))
        wait_for(lambda: bool(taken))
        return camera, taken

    yield play
    for each, device in opened:
        each.stop()
        device.close()
        each.join()


def test_a_camera_is_switched_without_being_opened_anew_and_leaves_out_no_frame(camera) -> None:
    playing, taken = camera("keyframes")
    for count in range(2, 6):
        wait_for(lambda count=count: len(taken) >= count)
    playing.modes.ask("all", 25.0)
    wait_for(lambda: len(taken) >= 40)
    ticks = [late.picture.pts - early.picture.pts for early, late in pairwise(taken)]
    # Ten frames are a group; none is missing from the one on at which it was asked for.
    switched = next(number for number, each in enumerate(ticks) if each != 10 * TICKS)
    assert ticks[:switched] == [10 * TICKS] * switched
    assert 0 < ticks[switched] < 10 * TICKS
    assert set(ticks[switched + 1 :]) == {TICKS}
    report = playing.report()
    assert (report.state, report.reconnects, report.decode_errors, report.decode) == ("decoding", 0, 0, "all")


def test_a_camera_of_which_key_frames_are_decoded_tells_the_rate_at_which_frames_arrive(camera) -> None:
    playing, taken = camera("keyframes")
    wait_for(lambda: playing.report().fps is not None)
    report = playing.report()
    assert report.fps == pytest.approx(50.0, rel=0.2)
    assert report.decode == "keyframes"
    assert report.captured == len(taken) < 20
    assert report.stale_s is not None
    assert report.stale_s < 0.2


def test_a_camera_whose_key_frames_stay_away_is_decoded_whole_and_says_so(camera) -> None:
    playing, taken = camera("keyframes", *[10] * 5, 1000)
    playing.modes.ask("keyframes", 3.0)
    wait_for(lambda: playing.report().decode_problem is not None)
    known = len(taken)
    wait_for(lambda: len(taken) >= known + 20)
    report = playing.report()
    assert (report.state, report.decode, report.reconnects, report.decode_errors) == ("decoding", "all", 0, 0)
    assert report.decode_problem is not None
    assert report.decode_problem.startswith("the camera has sent no key frame for 1.")


def test_a_camera_that_brings_no_picture_for_long_ends_at_once_when_it_is_told_to(camera) -> None:
    playing, _ = camera("keyframes", 1000)
    playing.modes.ask("packets", 1.0)
    start_s = time.monotonic()
    decoding = playing._decoder.thread
    playing.stop()
    decoding.join(2.0)
    assert not decoding.is_alive()
    assert time.monotonic() - start_s < 1.0
