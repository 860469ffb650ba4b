"""Real H.264: what each mode shows, and that a change of mode leaves out and spoils nothing."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from mainstream_runner.decoding import mode_decoder
from mainstream_runner.decoding.mode_decoder import ModeDecoder, OwnMode


def pixels(path: Path) -> dict[int, int]:
    """A sum over each picture, decoded as a player would, by its stamp."""
    with av.open(str(path)) as container:
        return {frame.pts: total(frame) for frame in container.decode(video=0)}


def total(frame: av.VideoFrame) -> int:
    return int(frame.to_ndarray().sum(dtype=np.int64))


def played(path: Path, modes: Iterable[OwnMode]) -> Iterator[tuple[int, OwnMode, list[av.VideoFrame]]]:
    """Number of each packet, the mode in force with it, and its pictures; the last mode goes on."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_type, video.thread_count = "NONE", 1
        decoder = ModeDecoder(video.codec_context, shows_corrupt=False)
        asked, mode = iter(modes), None
        for number, packet in enumerate(packet for packet in container.demux(video) if packet.size):
            mode = next(asked, mode)
            assert mode is not None
            pictures = list(decoder.pictures(packet, mode))
            yield number, decoder.in_force, pictures
        yield number + 1, decoder.in_force, list(decoder.rest())
        assert decoder.errors == 0


def stamps(path: Path, modes: Iterable[OwnMode]) -> list[int]:
    """Of all pictures; those that differ from what a player shows fail."""
    right, shown = pixels(path), []
    for _, _, pictures in played(path, modes):
        for picture in pictures:
            assert total(picture) == right[picture.pts]
            shown.append(picture.pts)
    return shown


@pytest.mark.parametrize("between", [0, 2])
def test_key_frames_come_with_their_packets_and_nothing_else_does(make_clip, between: int) -> None:
    path = make_clip(between=between)
    with_pictures = [number for number, _, pictures in played(path, ["keyframes"]) if pictures]
    assert with_pictures == [0, 10, 20, 30, 40, 50]
    assert len(stamps(path, ["keyframes"])) == 6


def test_frames_that_no_other_needs_are_passed_over(make_clip) -> None:
    path = make_clip(between=2)
    everything = sorted(pixels(path))
    needed = stamps(path, ["reference"])
    assert needed == sorted(needed)
    assert 20 <= len(needed) < 50
    assert set(needed) < set(everything)


@pytest.mark.parametrize("between", [0, 2])
@pytest.mark.parametrize("switch", [13, 19, 20, 27])
def test_from_key_frames_to_all_every_later_frame_comes_at_once_and_whole(make_clip, between: int, switch: int) -> None:
    path = make_clip(between=between)
    before, after = [], []
    right = pixels(path)
    for number, mode, pictures in played(path, ["keyframes"] * switch + ["all"]):
        assert mode == ("keyframes" if number < switch else "all")
        assert all(total(picture) == right[picture.pts] for picture in pictures)
        (before if number < switch else after).extend(picture.pts for picture in pictures)
    assert not set(before) & set(after)
    assert after == [pts for pts in sorted(right) if pts >= after[0]]
    assert len(after) >= 60 - switch - between


@pytest.mark.parametrize("between", [0, 2])
def test_from_all_to_key_frames_all_goes_on_to_the_next_key_frame(make_clip, between: int) -> None:
    path = make_clip(between=between)
    shown = stamps(path, ["all"] * 13 + ["keyframes"])
    everything = sorted(pixels(path))
    assert shown == [*everything[:20], *everything[20::10]]


def test_packets_alone_bring_nothing_and_can_be_gone_on_from(make_clip) -> None:
    path = make_clip()
    shown = stamps(path, ["keyframes", *["packets"] * 24, "all"])
    everything = sorted(pixels(path))
    assert shown == [everything[0], *everything[25:]]


def test_of_a_group_that_is_too_long_to_keep_the_next_key_frame_is_waited_for(
    make_clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mode_decoder, "_KEPT_BYTES", 100)
    path = make_clip()
    shown = stamps(path, ["keyframes"] * 13 + ["all"])
    everything = sorted(pixels(path))
    assert shown == [everything[0], everything[10], *everything[20:]]
