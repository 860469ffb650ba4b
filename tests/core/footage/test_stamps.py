"""One time line, whatever the clock behind the stamps did. Ticks are milliseconds here, frames 100 of them apart."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.footage.stamps import StampClock

MS = Fraction(1, 1000)


def placed(stamps: list[int], interval: int = 100) -> tuple[list[int], StampClock]:
    clock = StampClock(MS, interval)
    return [clock.place(stamp, stamp)[1] for stamp in stamps], clock


def test_stamps_that_go_forward_stay_as_they_are_however_uneven() -> None:
    stamps = [0, 119, 175, 340, 1340, 5000, 14_000, 14_100]
    line, clock = placed(stamps)
    assert line == stamps
    assert clock.jumps == 0


@pytest.mark.parametrize("shift", [-5000, -100, 3_600_000, -100_000_000])
def test_where_the_clock_is_set_the_line_goes_on_by_one_interval(shift: int) -> None:
    stamps = [i * 100 for i in range(100)] + [i * 100 + shift for i in range(100, 200)]
    line, clock = placed(stamps)
    assert line == [i * 100 for i in range(200)]
    assert clock.jumps == 1


def test_a_clock_that_stands_still_and_catches_up_costs_no_time() -> None:
    line, clock = placed([0, 100, 200, 200, 400, 500])
    assert line == [0, 100, 200, 300, 400, 500]
    assert clock.jumps == 1


def test_a_clock_that_stays_still_goes_on_by_one_interval_for_each_frame() -> None:
    line, clock = placed([0, 100, *[200] * 30])
    assert line == [i * 100 for i in range(32)]
    assert clock.jumps == 29


def test_frames_that_are_far_apart_by_design_are_no_jumps() -> None:
    line, clock = placed([0, 30_000, 60_000, 90_000], interval=30_000)
    assert line == [0, 30_000, 60_000, 90_000]
    assert clock.jumps == 0


def test_a_time_lapse_is_one_whatever_rate_is_told() -> None:
    line, clock = placed([0, 30_000, 60_000, 90_500, 150_000])
    assert [after - before for before, after in pairwise(line)] == [100, 30_000, 30_500, 59_500]
    assert clock.jumps == 1


def test_pauses_of_one_length_between_ordinary_steps_stay_jumps() -> None:
    line, clock = placed([0, 100, 60_100, 60_200, 120_200, 120_300])
    assert line == [0, 100, 200, 300, 400, 500]
    assert clock.jumps == 2


def test_presentation_keeps_its_distance_from_decoding() -> None:
    clock = StampClock(MS, 100)
    given_stamps = [(200, 0), (500, 100), (300, 200), (400, 300), (-4400, -4600), (-4500, -4500)]
    assert [clock.place(pts, dts) for pts, dts in given_stamps] == [
        (200, 0),
        (500, 100),
        (300, 200),
        (400, 300),
        (600, 400),
        (500, 500),
    ]


def test_a_packet_without_stamps_is_one_interval_after_the_one_before() -> None:
    clock = StampClock(MS, 100)
    clock.place(0, 0)
    assert clock.place(None, None) == (None, 100)
    assert clock.unstamped == 1


@given(st.lists(st.integers(-(2**33), 2**33), min_size=2, max_size=60))
def test_the_line_goes_forward_whatever_the_stamps(stamps: list[int]) -> None:
    line, _ = placed(stamps)
    assert all(later > earlier for earlier, later in pairwise(line))


def test_first_packets_without_a_stamp_are_placed_before_the_first_that_has_one() -> None:
    pytest.importorskip("av")
    from mainstream.footage.reading import stamped

    packets = [SimpleNamespace(pts=stamp, dts=stamp) for stamp in (None, None, 1000, 1100)]
    assert [packet.pts for packet in stamped(packets, StampClock(MS, 100))] == [800, 900, 1000, 1100]


@pytest.mark.parametrize("undecided", [(0, 1), (0, 2)])
def test_packets_that_only_say_when_they_are_shown_are_no_jumps(undecided: tuple[int, ...]) -> None:
    pytest.importorskip("av")
    from mainstream.footage.reading import stamped

    # Shown in another order than decoded, as B-frames in Matroska are; the first packets' decoding is not known.
    shown, decoded = [0, 400, 200, 100, 300, 800], [-200, -100, 0, 100, 200, 300]
    packets = [
        SimpleNamespace(pts=pts, dts=None if number in undecided else dts)
        for number, (pts, dts) in enumerate(zip(shown, decoded, strict=True))
    ]
    clock = StampClock(MS, 100)
    found = list(stamped(packets, clock))
    assert [packet.pts for packet in found] == shown
    assert all(after.dts > before.dts for before, after in pairwise(found))
    assert clock.jumps == 0


def test_a_stream_that_never_says_when_to_decode_waits_for_no_more_than_can_be_reordered() -> None:
    pytest.importorskip("av")
    from mainstream.footage.reading import stamped

    taken = 0

    def arriving() -> Iterator[SimpleNamespace]:
        nonlocal taken
        for number in range(40):
            taken += 1
            yield SimpleNamespace(pts=None if number < 2 else number * 100, dts=None)

    packets = stamped(arriving(), StampClock(MS, 100))
    first = next(packets)
    assert (first.pts, taken) == (0, 20)
    assert [packet.pts for packet in packets] == [number * 100 for number in range(1, 40)]
