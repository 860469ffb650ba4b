"""Files as people have them, played by the source that `mainstream run` and a pod have in common."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scripted_camera import ScriptedCamera, pictures_of

from mainstream.footage.frames import upright_rgb
from mainstream.footage.shown import shown_size
from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.feeder.source import CapturedFrame, Source

PLAYED = """clip.mp4 clip.mkv clip.webm clip.ts frag.mp4 cover.mp4 jump_back.ts jump_ahead.ts jump_same.ts bframes.mp4
bframes.avi ten.mp4 mjpeg.avi gray.mp4 odd.mp4 trunc.mp4"""
CORNER = (slice(80, 160), slice(90, 150))
"""where the bright box is in the picture"""


@pytest.fixture
def played(cases: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[list[CapturedFrame], Source]]:
    """Plays a file without waiting, and gives its frames."""
    monkeypatch.setattr("mainstream_runner.feeder.source.time.sleep", lambda seconds: None)

    def play(name: str, fps: float = 10.0, **options: int) -> tuple[list[CapturedFrame], Source]:
        stream = RunnerStream(name="s", url=f"file:{cases / 'data' / name}", fps=fps, crops={"full": None})
        source = Source(stream, positions=True, **options)
        frames = list(source.frames(time.monotonic()))
        source.close()
        return frames, source

    return play


def bright(frame: CapturedFrame) -> bool:
    return bool(upright_rgb(frame.picture)[CORNER][..., 0].mean() > 150)


@pytest.mark.parametrize("name", PLAYED.split())
def test_a_file_plays_every_frame_at_its_own_time(played, name: str) -> None:
    frames, _ = played(name)
    assert [frame.index for frame in frames] == list(range(200))
    assert [frame.captured_s for frame in frames] == pytest.approx([i / 10 for i in range(200)], abs=0.002)
    if name != "gray.mp4":
        assert [bright(frame) for frame in frames[15:40]] == [20 <= i < 35 for i in range(15, 40)]


@pytest.mark.parametrize("name", ["vfr.mp4", "vfr.mkv"])
def test_of_a_variable_rate_the_third_event_is_from_10_5_to_18_s(played, name: str) -> None:
    frames, _ = played(name)
    assert (frames[100].captured_s, frames[115].captured_s) == pytest.approx((10.5, 18.0))
    assert frames[-1].due_s - frames[0].due_s == pytest.approx(60.0)


def test_a_declared_rate_changes_no_time(played) -> None:
    frames, _ = played("fps30.mp4", fps=10.0)
    assert len(frames) == 600
    assert frames[300].captured_s == pytest.approx(10.0)
    assert frames[300].due_s - frames[0].due_s == pytest.approx(10.0)


def test_a_part_of_a_file_keeps_the_files_times(played) -> None:
    frames, _ = played("vfr.mp4", start_frame=100, end_frame=110)
    assert [frame.index for frame in frames] == list(range(100, 110))
    assert frames[0].captured_s == pytest.approx(10.5)
    assert frames[-1].due_s - frames[0].due_s == pytest.approx(4.5)


def test_a_phones_video_is_upright(played) -> None:
    frames, _ = played("rotated.mp4")
    stored, _ = played("clip.mp4")
    assert shown_size(frames[25].picture) == (240, 320)
    np.testing.assert_array_equal(upright_rgb(frames[25].picture), np.rot90(upright_rgb(stored[25].picture), -1))


@pytest.mark.parametrize(("name", "least"), [("spoiled.mp4", 199), ("spoiled.ts", 190)])
def test_damage_is_passed_over_and_counted_and_what_follows_keeps_its_time(played, name: str, least: int) -> None:
    frames, source = played(name)
    assert source.decode_errors >= 1
    assert least <= len(frames) < 200
    assert frames[-1].captured_s == pytest.approx(19.9)


def test_jumps_of_the_stamps_are_counted(played) -> None:
    assert played("jump_back.ts")[1].clock_jumps == 1
    assert played("clip.ts")[1].clock_jumps == 0


def test_frames_ahead_of_the_first_key_frame_are_not_shown(played) -> None:
    frames, _ = played("nokey.ts")
    assert len(frames) == 180
    assert frames[-1].captured_s == pytest.approx(17.9)


@pytest.mark.parametrize("shift", [-450_000, -9_000, 90_000 * 3600])
def test_a_camera_whose_clock_is_set_goes_on_and_its_frames_are_due_as_they_come(cases: Path, shift: int) -> None:
    pictures = pictures_of(cases / "data/clip.mp4")[:160]
    jumping = [replace(each, stamp=each.stamp // 5 + (shift if i >= 80 else 0)) for i, each in enumerate(pictures)]
    camera = ScriptedCamera(jumping, fps=50.0)
    source = Source(RunnerStream(name="s", url=camera.url, fps=50.0, crops={"full": None}))
    frames = list(source.frames(time.monotonic()))
    source.close()
    camera.close()
    assert len(frames) == 160
    assert source.clock_jumps == 1
    assert frames[-1].due_s - frames[0].due_s == pytest.approx(159 / 50, abs=0.3)
    assert frames[-1].captured_s == pytest.approx(time.time(), abs=1.0)


def test_parameter_sets_come_with_the_first_key_frame_where_the_description_lacks_them(cases: Path) -> None:
    said: list[str] = []
    camera = ScriptedCamera(pictures_of(cases / "data/clip.mp4")[5:60], describes_sets=False, fps=10.0)
    stream = RunnerStream(name="s", url=camera.url, fps=10.0, crops={"full": None})
    source = Source(stream, say_waiting=said.append)
    frames = list(source.frames(time.monotonic()))
    source.close()
    camera.close()
    assert len(frames) == 40
    assert source.delivered.width == 320
    assert "waits for the camera's next key frame" in said[-1]
