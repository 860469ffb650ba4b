"""Clips as people have them: which frames there are, when they are, and which way up."""

import hashlib
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError
from mainstream_trainer.data.clip import ClipPart, check_undamaged, inspect_clip

EVENTS = [(20, 35), (60, 75), (100, 115), (140, 155), (170, 185)]
YELLOW = (240, 230, 40)


def yellow(pixels):
    """On which frames (n, h, w, 3) the bright box is there (n,)."""
    return np.abs(pixels.astype(int) - YELLOW).sum(axis=3).min(axis=(1, 2)) < 60


def read(path, part=None, crop=None, size=(240, 320)):
    clip = inspect_clip(path)
    return ClipPart(clip, part or (0, clip.frames)).read(crop, *size, lambda share: None)


@pytest.mark.parametrize(
    "name",
    [
        "clip.mp4",
        "clip.mkv",
        "clip.webm",
        "clip.ts",
        "frag.mp4",
        "cover.mp4",
        "jump_back.ts",
        "jump_ahead.ts",
        "jump_same.ts",
        "bframes.mp4",
        "bframes.avi",
        "ten.mp4",
        "mjpeg.avi",
        "gray.mp4",
        "odd.mp4",
        "longgop.mp4",
    ],
)
def test_events_are_where_they_are_in_time_whatever_the_container(cases: Path, name: str) -> None:
    clip = inspect_clip(cases / "data" / name)
    assert clip.fps == 10
    assert clip.frames in (200, 400)
    for start, end in EVENTS:
        assert clip.times.of((start, end)) == pytest.approx((start / 10, end / 10), abs=1e-3)
    pixels = read(cases / "data" / name, (0, 120))
    if name != "gray.mp4":
        shown = np.zeros(120, dtype=bool)
        for start, end in EVENTS[:3]:
            shown[start:end] = True
        np.testing.assert_array_equal(yellow(pixels), shown)


@pytest.mark.parametrize("name", ["vfr.mp4", "vfr.mkv"])
def test_of_a_variable_rate_times_are_those_of_the_stamps(cases: Path, name: str) -> None:
    clip = inspect_clip(cases / "data" / name)
    assert clip.times.of((100, 115)) == pytest.approx((10.5, 18.0))
    assert clip.fps == pytest.approx(200 / 60.5, rel=0.01)


def test_frames_in_another_order_and_at_a_variable_rate_are_where_they_are_in_matroska(tmp_path: Path) -> None:
    path = tmp_path / "reordered.mkv"
    stamps = [i * 100 for i in range(20)] + [2000 + i * 500 for i in range(1, 21)]
    with av.open(path, "w") as output:
        stream = output.add_stream("libx264", rate=10, options={"bf": "3", "g": "20"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for number, stamp in enumerate(stamps):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 6 * number, dtype=np.uint8), format="rgb24")
            frame.pts, frame.time_base = stamp, Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    clip = inspect_clip(path)
    np.testing.assert_allclose(clip.times.edges_s[:-1], np.array(stamps) / 1000)
    assert clip.index.jumps == 0
    brightness = read(path, size=(64, 64)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(brightness, np.arange(40) * 6, atol=4)


def test_jitter_moves_frames_and_changes_neither_their_number_nor_the_rate(cases: Path) -> None:
    clip = inspect_clip(cases / "data/jitter.mkv")
    assert (clip.frames, clip.fps) == (200, 10.0)
    assert clip.times.of((20, 35)) == pytest.approx((2.0, 3.5), abs=0.031)


def test_an_edit_list_hides_frames_and_those_that_are_shown_are_numbered(cases: Path) -> None:
    clip = inspect_clip(cases / "data/editlist.mp4")
    assert clip.frames == 150
    shown = np.zeros(150, dtype=bool)
    for start, end in EVENTS[1:]:
        shown[start - 50 : end - 50] = True
    np.testing.assert_array_equal(yellow(read(cases / "data/editlist.mp4")), shown)


def test_frames_ahead_of_the_first_key_frame_have_no_number(cases: Path) -> None:
    clip = inspect_clip(cases / "data/nokey.ts")
    assert clip.frames == 180
    assert yellow(read(cases / "data/nokey.ts", (0, 20))).tolist() == [True] * 15 + [False] * 5


def test_a_phones_video_is_upright_and_crops_are_in_shown_pixels(cases: Path) -> None:
    path = cases / "data/rotated.mp4"
    whole = read(path, (25, 26), size=(320, 240))[0]
    stored = read(cases / "data/clip.mp4", (25, 26))[0]
    np.testing.assert_array_equal(whole, np.rot90(stored, -1))
    part = read(path, (25, 26), Crop(x=60, y=80, width=100, height=120), (120, 100))[0]
    np.testing.assert_array_equal(part, whole[80:200, 60:160])
    with pytest.raises(InvalidInputError, match="picture of 240x320"):
        read(path, (25, 26), Crop(x=200, y=0, width=100, height=100))


def test_stamps_that_jump_are_told(cases: Path, caplog: pytest.LogCaptureFixture) -> None:
    inspect_clip(cases / "data/jump_back.ts")
    assert "time stamps jump or stand still 1 times" in caplog.text


@pytest.mark.parametrize("name", ["spoiled.mp4", "spoiled.ts"])
def test_damage_within_the_training_part_is_refused_naming_the_frame(cases: Path, name: str) -> None:
    clip = inspect_clip(cases / "data" / name)

    def train_on(part):
        check_undamaged(clip, part)
        ClipPart(clip, part).read(None, 24, 32, lambda share: None)

    with pytest.raises(InvalidInputError, match=r"at frame \d+.*repair it first.*--train-part 0:"):
        train_on((0, 150))
    check_undamaged(clip, (0, 40))
    assert ClipPart(clip, (0, 40)).read(None, 24, 32, lambda share: None).shape == (40, 24, 32, 3)


def test_a_clip_whose_packets_have_no_stamps_is_refused(cases: Path, tmp_path: Path) -> None:
    with av.open(str(cases / "data/clip.ts")) as source:
        content = b"".join(bytes(packet) for packet in source.demux(video=0))
    (tmp_path / "clip.h264").write_bytes(content)
    with pytest.raises(InvalidInputError, match="do not say when they are shown; give it times first"):
        inspect_clip(tmp_path / "clip.h264")


def test_a_clip_with_nothing_but_a_cover_picture_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as output:
        cover = output.add_stream("mjpeg", rate=1)
        cover.width = cover.height = 64
        cover.pix_fmt = "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        for packet in cover.encode(av.VideoFrame(64, 64, "yuvj420p")):
            output.mux(packet)
    with pytest.raises(InvalidInputError, match="has no moving pictures"):
        inspect_clip(path)


def test_labels_in_frames_become_events_in_seconds(cases: Path) -> None:
    from mainstream_trainer.data.preparation import Preparation
    from mainstream_trainer.request import TrainingRequest, VideoData
    from mainstream_trainer.settings import TrainingSettings

    data = cases / "data"
    assert json.loads((data / "own.json").read_text())["frames"] == 200
    settings = TrainingSettings(held_out_share=0.4)
    job = Preparation().prepare(
        TrainingRequest(VideoData(data / "vfr.mp4", data / "own.json"), "door", settings=settings)
    )
    spans = job.events.times.spans(job.events.runs)
    assert spans == [pytest.approx(each) for each in [(2.0, 3.5), (6.0, 7.5), (10.5, 18.0)]]
    # The mean length of the labelled runs.
    assert job.events.merge_gap_s == pytest.approx((1.5 + 1.5 + 7.5) / 3)


def test_a_clip_is_read_once_until_its_file_changes(cases: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes((cases / "data/clip.mp4").read_bytes())
    first = inspect_clip(path)
    assert inspect_clip(path) is first
    path.write_bytes((cases / "data/editlist.mp4").read_bytes())
    assert inspect_clip(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest() != first.sha256
