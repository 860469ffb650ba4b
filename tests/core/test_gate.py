"""The gate on a view: what it takes for the same picture, and what it does not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mainstream.laws.gate import LEAST_LEVEL, MOST_LEVEL, Gate, changed, grey, level, threshold

SIZE = 160
APPS = ("fast", "slow")
Pixels = NDArray[np.uint8]


def scene() -> Pixels:
    """Something with tones, the same each time."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    brightness = 110 + 50 * np.sin(rows / 17) + 40 * np.cos(columns / 11)
    return np.repeat(brightness[:, :, np.newaxis], 3, axis=2).astype(np.uint8)


def noisy(picture: Pixels, seed: int, deviation: float = 4.0) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, deviation, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def with_person(picture: Pixels, x: int, y: int = 80) -> Pixels:
    shown = picture.copy()
    shown[y : y + 17, x : x + 8] = 20
    return shown


def settled(seed: int = 0) -> Gate:
    """A gate that has seen the noise of a quiet scene, and both apps' scores are of its last picture, at 30 s."""
    gate = Gate()
    for second in range(31):
        gate.passes(grey(noisy(scene(), seed + second)), float(second), APPS)
    gate.begin()
    gate.passes(grey(noisy(scene(), seed + 99)), 30.0, APPS)
    return gate


def test_greys_are_the_mean_brightness_of_blocks() -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    picture[:8, :8] = (10, 20, 30)
    picture[8:16, 16:24] = 200
    greys = grey(picture)
    assert greys.shape == (2, 3)
    assert greys[0, 0] == pytest.approx(20, abs=1e-4)
    assert greys[1, 2] == pytest.approx(200, abs=1e-3)
    assert greys[0, 1] == 0


def test_scores_stand_while_nothing_but_noise_changes() -> None:
    gate = settled()
    passed = [gate.passes(grey(noisy(scene(), 500 + look)), 30.0 + look / 5, APPS) for look in range(1, 100)]
    assert not any(passed)


def test_somebody_who_walks_in_passes_on_every_look() -> None:
    gate = settled()
    for look in range(1, 15):
        shown = noisy(with_person(scene(), 8 * look), 500 + look)
        assert gate.passes(grey(shown), 30.0 + look / 5, APPS) == APPS


@pytest.mark.parametrize(("gain", "offset"), [(1.3, 0.0), (0.7, 5.0), (1.0, 40.0), (1.6, 0.0)])
def test_exposure_that_moves_every_pixel_changes_nothing(gain: float, offset: float) -> None:
    brighter = np.clip(scene() * gain + offset, 0, 255).astype(np.uint8)
    assert np.abs(grey(brighter) - grey(scene())).mean() > 10
    assert not settled().passes(grey(noisy(brighter, 7)), 30.2, APPS)


def test_somebody_who_walks_in_while_the_exposure_changes_passes() -> None:
    brighter = np.clip(scene() * 1.3, 0, 255).astype(np.uint8)
    assert settled().passes(grey(noisy(with_person(brighter, 60), 7)), 30.2, APPS) == APPS


def test_a_soft_shadow_changes_nothing() -> None:
    rows, columns = np.mgrid[0:SIZE, 0:SIZE]
    shade = 25 * np.exp(-((rows - 60) ** 2 + (columns - 70) ** 2) / (2 * 35**2))
    shaded = np.clip(scene() - shade[:, :, np.newaxis], 0, 255).astype(np.uint8)
    assert np.abs(grey(shaded) - grey(scene())).max() > 20
    assert not settled().passes(grey(noisy(shaded, 7)), 30.2, APPS)


def test_what_stands_is_said_of_a_picture_at_rest_not_of_the_last_that_moved() -> None:
    gate = settled()
    looks = [*(with_person(scene(), x) for x in (40, 60, 80)), *[with_person(scene(), 80)] * 6]
    times_s = [30.0 + look / 10 for look in range(1, 10)]
    passed = [bool(gate.passes(grey(each), at_s, ["fast"])) for each, at_s in zip(looks, times_s, strict=True)]
    assert passed == [True] * 5 + [False] * 4


def test_each_app_is_held_against_the_picture_that_it_saw_itself() -> None:
    gate = settled()
    there = grey(with_person(scene(), 60))
    assert gate.passes(there, 30.2, ("fast",)) == ("fast",)
    assert gate.passes(there, 31.0, APPS) == ("slow",)


def test_what_did_not_run_after_all_runs_on_its_next_look() -> None:
    gate = settled()
    gate.forget(["slow"])
    assert gate.passes(grey(scene()), 30.2, APPS) == ("slow",)


def test_nothing_stands_for_longer_than_half_a_minute() -> None:
    gate = settled()
    assert not gate.passes(grey(scene()), 59.9, APPS)
    assert gate.passes(grey(scene()), 60.0, APPS) == APPS


def test_in_a_noisy_view_nothing_stands_before_its_noise_is_known() -> None:
    gate = Gate()
    passed = [bool(gate.passes(grey(noisy(scene(), second, 12.0)), float(second), ["app"])) for second in range(20)]
    assert passed == [True] * 10 + [False] * 10


def test_a_picture_of_another_size_is_another_picture() -> None:
    gate = settled()
    assert gate.passes(grey(scene()[:80]), 30.2, APPS) == APPS


def test_the_threshold_follows_quiet_times_within_bounds() -> None:
    assert threshold([2.0] * 9) == LEAST_LEVEL
    assert threshold([0.1] * 50) == LEAST_LEVEL
    assert threshold([2.0] * 30 + [90.0] * 70) == pytest.approx(5.0)
    assert threshold([90.0] * 100) == MOST_LEVEL


def test_a_change_of_one_block_alone_counts_a_ninth() -> None:
    before, now = grey(scene()), grey(scene())
    now[3, 4] += 60
    assert level(changed(before, now)) == pytest.approx(60 / 9, abs=1)
    now[9, 9] += 50
    assert level(changed(before, now)) == pytest.approx(50 * 8 / 9, abs=1)


def test_a_running_clock_is_told_as_the_part_that_never_rests() -> None:
    gate = Gate()
    for second in range(90):
        shown = noisy(scene(), second)
        shown[8:24, 120:152] = 255 * (second % 2)
        assert gate.passes(grey(shown), float(second), APPS)
    assert str(gate.restless) == "70% to 100% of its width, 0% to 20% of its height"
    assert settled().restless is None


def test_a_view_in_which_everything_moves_has_no_part_that_never_rests() -> None:
    gate = Gate()
    for second in range(90):
        gate.passes(grey(np.random.default_rng(second).integers(0, 255, (SIZE, SIZE, 3), np.uint8)), second, APPS)
    assert gate.restless is None
