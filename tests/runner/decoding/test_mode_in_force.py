"""When a stream is decoded otherwise than was planned, and when no longer."""

from collections.abc import Iterable

from mainstream_runner.decoding.mode_decoder import OwnMode
from mainstream_runner.decoding.mode_in_force import ModeInForce


def played(modes: ModeInForce, keys_s: Iterable[float], start_s: float, end_s: float) -> list[tuple[float, OwnMode]]:
    """Ten packets a second, each of which brings what its mode promises; the changes of mode."""
    keys = {round(10 * key_s) for key_s in keys_s}
    changes: list[tuple[float, OwnMode]] = []
    for tick in range(round(10 * start_s), round(10 * end_s)):
        mode = modes.at(tick / 10, key=tick in keys)
        if mode == "all" or tick in keys:
            modes.shown(tick / 10)
        if not changes or changes[-1][1] != mode:
            changes.append((tick / 10, mode))
    return changes


def test_what_is_planned_is_in_force_while_it_brings_pictures() -> None:
    modes = ModeInForce("keyframes", 0.5)
    assert played(modes, range(0, 60, 2), 0, 60) == [(0.0, "keyframes")]
    assert modes.problem is None
    assert modes.in_force == "keyframes"


def test_without_key_frames_for_a_minute_all_is_decoded_after_three_looks_until_they_are_regular_again() -> None:
    modes = ModeInForce("keyframes", 2.0)
    keys = [0.5 * k for k in range(20)] + [70 + 0.5 * k for k in range(10)]
    assert played(modes, keys, 0, 70) == [(0.0, "keyframes"), (11.1, "all")]
    assert modes.in_force == "all"
    assert modes.problem == (
        "the camera has sent no key frame for 1.6 s, and apps look 2 times a second; all frames are decoded instead"
    )
    assert played(modes, keys, 70, 75) == [(70.0, "all"), (71.5, "keyframes")]
    assert modes.problem is None


def test_key_frames_that_come_too_seldom_now_are_not_gone_back_to() -> None:
    modes = ModeInForce("keyframes", 2.0)
    keys = [*(0.5 * k for k in range(10)), *range(10, 100, 10)]
    assert [mode for _, mode in played(modes, keys, 0, 100)] == ["keyframes", "all"]


def test_a_slow_app_waits_as_long_as_it_looks_seldom() -> None:
    modes = ModeInForce("keyframes", 0.1)
    assert [mode for _, mode in played(modes, range(0, 100, 25), 0, 100)] == ["keyframes"]


def test_another_plan_begins_anew() -> None:
    modes = ModeInForce("keyframes", 2.0)
    played(modes, [0], 0, 10)
    assert modes.problem is not None
    modes.ask("keyframes", 2.0)
    assert modes.problem is not None
    modes.ask("all", 5.0)
    assert (modes.problem, modes.in_force) == (None, "all")
    modes.ask("keyframes", 2.0)
    assert modes.at(10.1, key=False) == "keyframes"


def test_frames_that_others_need_are_tried_again_after_a_minute() -> None:
    modes = ModeInForce("reference", 5.0)
    assert modes.at(0.0, key=True) == "reference"
    assert modes.at(1.5, key=False) == "all"
    modes.shown(1.5)
    assert modes.at(60.0, key=False) == "all"
    assert modes.at(62.0, key=False) == "reference"


def test_a_pause_of_the_connection_is_no_change_as_its_times_begin_anew() -> None:
    modes = ModeInForce("keyframes", 2.0)
    modes.at(100.0, key=True)
    modes.shown(100.0)
    modes.opened()
    assert modes.at(0.0, key=True) == "keyframes"
    assert modes.problem is None
