"""What is measured of a stream's modes, from its packets alone."""

from pathlib import Path

import av
import pytest

from mainstream_runner.decoding import mode_meter
from mainstream_runner.decoding.mode_meter import KeyRate, MeasuredModes, ModeMeter, Turns


def metered(path: Path, meter: ModeMeter) -> list[tuple[int, MeasuredModes]]:
    """What was measured, each with the packet that it came with."""
    found: list[tuple[int, MeasuredModes]] = []
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        meter.opened()
        for number, packet in enumerate(packet for packet in container.demux(video) if packet.size):
            meter.packet(packet, video.codec_context, float(packet.dts * video.time_base), 0.001 * number)
            if meter.measured is not None and (not found or found[-1][1] is not meter.measured):
                found.append((number, meter.measured))
    return found


def test_each_mode_is_measured_with_what_it_costs_and_yields(make_clip) -> None:
    ((_, measured),) = metered(make_clip(between=2), ModeMeter())
    assert [mode.name for mode in measured.modes] == ["all", "reference", "keyframes"]
    whole, needed, keys = measured.modes
    assert whole.fps == pytest.approx(10.0, rel=0.01)
    assert 4.0 < needed.fps < 8.0
    assert keys.fps == pytest.approx(1.0, rel=0.01)
    assert measured.read_s == pytest.approx(0.01, rel=0.05)
    assert whole.used_s > needed.used_s > keys.used_s > measured.read_s


def test_a_mode_that_passes_nothing_over_is_none(make_clip) -> None:
    ((_, measured),) = metered(make_clip((1,)), ModeMeter())
    assert [mode.name for mode in measured.modes] == ["all"]


def test_seldom_key_frames_hold_nothing_up_and_are_told_as_they_come(make_clip) -> None:
    first, second = metered(make_clip((80,), frames=200), ModeMeter())
    assert [mode.name for mode in first[1].modes] == ["all"]
    assert first[0] == 50
    assert [mode.name for mode in second[1].modes] == ["all", "keyframes"]
    assert second[0] == 160
    assert second[1].modes[1].fps == pytest.approx(0.125, rel=0.01)


def test_other_groups_of_pictures_or_another_size_are_measured_anew(make_clip) -> None:
    meter = ModeMeter()
    (_, before), (number, after) = metered(make_clip((10, 10, 10, 10, 10, 20), frames=200), meter)
    assert (before.key_fps, after.key_fps) == (pytest.approx(1.0), pytest.approx(0.5))
    assert 50 < number < 150
    metered(make_clip((20,), frames=100), meter)
    assert meter.measured is after
    metered(make_clip((20,), frames=100, size=320), meter)
    assert meter.measured is not None
    assert meter.measured.size == (320, 240)


def test_one_stream_is_measured_at_a_time(make_clip) -> None:
    turns, other = Turns(), object()
    assert turns.take(other)
    assert metered(make_clip(), ModeMeter(turns)) == []
    turns.give_back(other)
    assert len(metered(make_clip(), ModeMeter(turns))) == 1
    assert turns.take(other)


def test_a_stream_that_ends_while_it_is_measured_holds_up_no_other(make_clip) -> None:
    turns = Turns()
    ending = ModeMeter(turns)
    assert metered(make_clip(frames=20), ending) == []
    assert not turns.take(object())
    ending.closed()
    assert turns.take(object())


def test_a_stream_whose_packets_cannot_be_decoded_beside_is_said_nothing_of(
    make_clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = mode_meter.decoder_beside

    def without_parameters(context: object) -> object:
        return av.CodecContext.create("h264", "r")

    monkeypatch.setattr(mode_meter, "decoder_beside", without_parameters)
    meter = ModeMeter()
    assert metered(make_clip(), meter) == []
    monkeypatch.setattr(mode_meter, "decoder_beside", blind)
    assert len(metered(make_clip(), meter)) == 1


def test_how_often_key_frames_come_is_known_after_three_intervals() -> None:
    keys = KeyRate()
    for time_s in (0.0, 2.0, 4.0):
        keys.note(time_s)
    assert not keys.differs_from(2.0)
    keys.note(6.0)
    assert keys.differs_from(2.0)
    assert keys.differs_from(0.0)
    assert not keys.differs_from(0.55)
