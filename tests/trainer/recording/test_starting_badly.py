"""Recording cameras that start badly or whose clock jumps: what can be kept is kept, and said."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest
from scripted_camera import Picture, ScriptedCamera, pictures_of

from mainstream_trainer.recording.connection import CameraAddress
from mainstream_trainer.recording.footage_file import footage_path
from mainstream_trainer.recording.recorder import Recorder, Recording, RecordingTally

MAIN = "import sys; sys.argv[0] = 'mainstream'; from mainstream.cli.main import main; main()"
GROUP = 20
"""frames between key frames of clip.mp4"""


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.mkv"))


def record_file(path: Path, folder: Path) -> RecordingTally:
    return Recorder(Recording(CameraAddress(f"file:{path}"), "clip", folder)).run()


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Callable[..., tuple[RecordingTally, list[Path]]]]:
    """Records a scripted camera until its stream ends."""
    cameras = []

    def run(pictures: list[Picture], **options: bool) -> tuple[RecordingTally, list[Path]]:
        camera = ScriptedCamera(pictures, **options)
        cameras.append(camera)
        recorder = Recorder(Recording(CameraAddress(camera.url), "camera", tmp_path / "out"))
        recorder._wait = lambda pause_s: recorder.stop()  # type: ignore[method-assign]
        return recorder.run(), files(tmp_path / "out")

    yield run
    for camera in cameras:
        camera.close()


@pytest.mark.parametrize("name", ["jump_back.ts", "jump_same.ts", "jump_ahead.ts"])
def test_a_clip_whose_stamps_jump_is_recorded_whole_and_told(cases: Path, tmp_path: Path, name: str) -> None:
    tally = record_file(cases / "data" / name, tmp_path)
    assert (tally.frames, tally.files, tally.clock_jumps) == (200, 1, 1)
    assert times_of(files(tmp_path)[0]) == pytest.approx([i / 10 for i in range(200)], abs=0.002)


def test_a_variable_rate_is_kept(cases: Path, tmp_path: Path) -> None:
    record_file(cases / "data/vfr.mp4", tmp_path)
    times = times_of(files(tmp_path)[0])
    assert (times[100], times[115]) == pytest.approx((10.5, 18.0))


@pytest.mark.parametrize(("name", "frames"), [("spoiled.ts", 196), ("cover.mp4", 200), ("nokey.ts", 180)])
def test_what_can_be_kept_of_a_clip_is_kept_and_the_rest_counted(
    cases: Path, tmp_path: Path, name: str, frames: int
) -> None:
    tally = record_file(cases / "data" / name, tmp_path)
    assert tally.frames == frames
    assert (tally.unreadable > 0) is (name == "spoiled.ts")
    assert tally.skipped_frames == (13 if name == "nokey.ts" else 0)


@pytest.mark.parametrize("shift", [-450_000, -9_000, 90_000 * 3600])
def test_a_camera_whose_clock_is_set_is_recorded_on_and_told(cases: Path, record, shift: int) -> None:
    pictures = pictures_of(cases / "data/clip.mp4")
    jumping = [
        replace(each, stamp=each.stamp + 600_000 + (shift if i >= 100 else 0)) for i, each in enumerate(pictures)
    ]
    tally, (path,) = record(jumping)
    assert tally.frames == 200
    assert tally.clock_jumps == 1
    times = times_of(path)
    assert len(times) == 200
    assert times == pytest.approx([i / 10 for i in range(200)], abs=0.15)


def test_parameter_sets_that_the_description_lacks_are_taken_from_a_key_frame(cases: Path, record) -> None:
    pictures = pictures_of(cases / "data/clip.mp4")[GROUP - 5 : 3 * GROUP]
    tally, (path,) = record(pictures, describes_sets=False)
    assert tally.skipped_frames == 5
    assert len(times_of(path)) == tally.frames == 2 * GROUP
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.extradata


def test_a_camera_without_a_key_frame_leaves_no_file(cases: Path, record) -> None:
    tally, kept = record(pictures_of(cases / "data/clip.mp4")[1:GROUP], describes_sets=False)
    assert (tally.frames, tally.files, tally.skipped_frames) == (0, 0, GROUP - 1)
    assert kept == []


def test_names_are_in_order_whatever_the_camera_says_of_the_time(tmp_path: Path) -> None:
    first = footage_path(tmp_path, 1_790_000_000.0)
    first.touch()
    later = footage_path(tmp_path, 1_789_999_990.0, first.name)
    assert later.name == "20260921T141320.001Z.mkv"
    assert sorted([later, first]) == [first, later]


def test_a_camera_with_long_groups_of_pictures_keeps_its_first_key_frame(
    cases: Path, tmp_path: Path, real_camera: Callable[[Path], str]
) -> None:
    line = [sys.executable, "-c", MAIN, "record", real_camera(cases / "data/longgop.mp4"), "--out", str(tmp_path)]
    said = subprocess.run([*line, "--duration", "4"], capture_output=True, text=True, check=True, timeout=60)
    assert "0 frames skipped before a key frame" in said.stdout.replace("\n", " ")
    (path,) = files(tmp_path)
    assert len(times_of(path)) >= 25
