"""Clips that are cut from a camera's packets, and their bounds."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from packets import filled_ring

from mainstream.footage.frames import view_pixels
from mainstream.footage.orientation import UPRIGHT, Orientation
from mainstream.footage.shown import orientation_of
from mainstream_runner.clips.packet_ring import PacketRing
from mainstream_runner.clips.recorder import ClipLimits, ClipRecorder
from mainstream_runner.clips.remux import write_clip, write_picture
from mainstream_runner.file_names import clip_names


@pytest.fixture
def ring(clip: Path) -> Iterator[PacketRing]:
    with filled_ring(clip, 100) as filled:
        yield filled


def test_a_clip_begins_with_a_key_frame_and_plays_without_having_been_encoded(ring: PacketRing, tmp_path: Path) -> None:
    packets = ring.between(0.0, time.monotonic())
    write_clip(packets, UPRIGHT, tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as written:
        stream = written.streams.video[0]
        frames = list(written.decode(stream))
        assert (stream.codec_context.name, frames[0].width, frames[0].height) == ("h264", 768, 576)
    assert len(frames) == len(packets) == 100
    assert frames[0].key_frame
    assert frames[-1].time - frames[0].time == pytest.approx(9.9)
    size = (tmp_path / "clip.mp4").stat().st_size
    assert size < 1.1 * sum(len(packet.content) for packet in packets) + 20_000


def test_the_picture_of_an_event_is_a_jpeg_of_bounded_width(ring: PacketRing, tmp_path: Path) -> None:
    write_picture(ring.between(0.0, time.monotonic()), UPRIGHT, time.monotonic(), tmp_path / "picture.jpg")
    assert (tmp_path / "picture.jpg").read_bytes().startswith(b"\xff\xd8")
    with av.open(str(tmp_path / "picture.jpg")) as picture:
        frame = next(picture.decode(video=0))
        assert (frame.width, frame.height) == (640, 480)


@pytest.mark.parametrize("turn", [Orientation(swapped=True, columns_reversed=True), Orientation(rows_reversed=True)])
def test_clip_and_picture_of_a_turned_stream_are_shown_the_same_way_up(
    ring: PacketRing, tmp_path: Path, turn: Orientation
) -> None:
    packets = ring.between(0.0, time.monotonic())
    write_clip(packets, turn, tmp_path / "clip.mp4")
    with av.open(str(tmp_path / "clip.mp4")) as written:
        frame = next(written.decode(video=0))
        assert orientation_of(frame) == turn
        shown = view_pixels(frame, None, *turn.size(96, 128))
    write_picture(packets, turn, packets[0].read_s - 1, tmp_path / "picture.jpg")
    with av.open(str(tmp_path / "picture.jpg")) as picture:
        jpeg = next(picture.decode(video=0))
        assert (jpeg.width, jpeg.height) == ((576, 768) if turn.swapped else (640, 480))
        pictured = view_pixels(jpeg, None, *turn.size(96, 128))
    assert np.abs(pictured.astype(int) - shown).mean() < 8


def test_packets_of_another_connection_never_share_a_clip(ring: PacketRing, clip: Path) -> None:
    ring.begin()
    with av.open(str(clip)) as again:
        for count, packet in enumerate(again.demux(video=0)):
            if count == 10:
                break
            ring.put(packet)
        assert len(ring.between(0.0, time.monotonic())) == 10


def test_nothing_is_kept_until_somebody_wants_clips(clip: Path) -> None:
    ring = PacketRing()
    with av.open(str(clip)) as container:
        ring.put(next(container.demux(video=0)))
        assert ring.between(0.0, time.monotonic()) == []


def test_an_event_gets_clip_and_picture_once_what_follows_it_was_read(ring: PacketRing, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    recorder = ClipRecorder(tmp_path, lambda _: ring, ClipLimits(pre_roll_s=1.0, post_roll_s=0.2))
    recorder.start(lambda *each: told.append(each))
    clip, picture = clip_names("an-event", 1_700_000_000.0)
    now_s = time.monotonic()
    recorder.begin("a", "s", picture, clip, now_s)
    recorder.end(clip, now_s)
    deadline_s = time.monotonic() + 10
    while len(told) < 2 and time.monotonic() < deadline_s:
        time.sleep(0.02)
    recorder.close()
    assert clip == "20231114T221320Z-an-event.mp4"
    assert told == [("a", picture), ("a", clip)]
    assert all((tmp_path / "a" / name).stat().st_size > 0 for name in (picture, clip))
    assert recorder.failed == 0


def test_a_picture_is_there_while_the_alert_is_still_open_and_alone_where_no_clip_is_wanted(
    ring: PacketRing, tmp_path: Path
) -> None:
    told: list[str] = []
    recorder = ClipRecorder(tmp_path, lambda _: ring)
    recorder.start(lambda _app, name: told.append(name))
    recorder.begin("a", "s", "1.jpg", None, time.monotonic())
    deadline_s = time.monotonic() + 10
    while not told and time.monotonic() < deadline_s:
        time.sleep(0.02)
    recorder.close()
    assert told == ["1.jpg"]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["1.jpg"]


def test_a_clip_that_cannot_be_made_is_counted_and_leaves_nothing(tmp_path: Path) -> None:
    recorder = ClipRecorder(tmp_path, lambda _: PacketRing(), ClipLimits(post_roll_s=0.0))
    recorder.begin("a", "s", "1.jpg", "1.mp4", time.monotonic())
    recorder.end("1.mp4", time.monotonic())
    deadline_s = time.monotonic() + 10
    while recorder.failed < 2 and time.monotonic() < deadline_s:
        time.sleep(0.02)
    recorder.close()
    assert recorder.failed == 2
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize("limits", [ClipLimits(total_bytes=250), ClipLimits(longest_kept_s=2.5 * 86400)])
def test_of_clips_beyond_their_bounds_the_oldest_go_and_are_counted(tmp_path: Path, limits: ClipLimits) -> None:
    now_s = time.time()
    (tmp_path / "a").mkdir()
    for age in range(5):
        (tmp_path / "a" / f"{age}.mp4").write_bytes(b"x" * 100)
        os.utime(tmp_path / "a" / f"{age}.mp4", (now_s - age * 86400, now_s - age * 86400))
    recorder = ClipRecorder(tmp_path, lambda _: None, limits)
    recorder._make_room()
    kept = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert kept == (["0.mp4", "1.mp4"] if limits.total_bytes == 250 else ["0.mp4", "1.mp4", "2.mp4"])
    assert recorder.evicted == 5 - len(kept)


def test_a_picture_that_goes_while_room_is_made_does_not_end_the_recorder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.frame.jpg").symlink_to("gone")  # listed, and not there
    (tmp_path / "a" / "2.frame.jpg").write_bytes(b"x" * 100)
    recorder = ClipRecorder(tmp_path, lambda _: None, ClipLimits(total_bytes=50))
    recorder._make_room()
    assert recorder.evicted == 1


def test_a_picture_that_is_discarded_while_it_is_made_is_not_kept(ring: PacketRing, tmp_path: Path) -> None:
    begun, discarded = threading.Event(), threading.Event()

    def ring_of(stream: str) -> PacketRing:
        begun.set()
        assert discarded.wait(10.0)
        return ring

    recorder, there = ClipRecorder(tmp_path, ring_of), []
    recorder.start(lambda app, name: there.append(name))
    recorder.begin("plaza/crossing", "s", "19700101T000001Z-000-near.frame.jpg", None, time.monotonic())
    assert begun.wait(10.0)
    recorder.discard("plaza/crossing", "19700101T000001Z-000-near.frame.jpg")
    discarded.set()
    recorder.close()
    assert there == []
    assert list(tmp_path.rglob("*.jpg")) == []
