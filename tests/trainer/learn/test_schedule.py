import numpy as np
import pytest

from mainstream_trainer.learn.schedule import micro_steps, schedule
from mainstream_trainer.learn.variants import varied
from mainstream_trainer.settings import TrainingSettings

SETTINGS = TrainingSettings()


def test_the_more_is_trained_the_slower_it_learns():
    rates = [schedule(share, 300, SETTINGS).learning_rate for share in (0.0, 0.3, 0.6, 0.9)]
    assert rates == sorted(rates)
    assert rates[0] == SETTINGS.learning_rate
    assert schedule(1.0, 300, SETTINGS).learning_rate == 0


def test_the_learning_rate_rises_and_stays():
    plan = schedule(0.5, 300, SETTINGS)
    factors = [plan.factor(step) for step in range(40)]
    assert factors == sorted(factors)
    assert factors[0] < 0.2
    assert factors[-1] == 1


def test_how_long_follows_from_the_number_of_frames_alone():
    settings = SETTINGS.model_copy(update={"epochs": 8, "epochs_going_on": 3, "batch_frames": 16, "least_steps": 40})
    assert schedule(0.5, 320, settings).steps == 160
    assert schedule(0.5, 320, settings, goes_on=True).steps == 60
    assert schedule(0.5, 16, settings).steps == schedule(0.5, 16, settings, goes_on=True).steps == 40


def test_micro_heads_see_each_frame_less_often_the_more_there_are():
    assert [micro_steps(frames, SETTINGS) for frames in (100, 400, 10_000)] == [100, 200, 1000]


def test_a_variant_is_the_same_scene_in_other_light():
    rng = np.random.default_rng(0)
    frame = np.zeros((32, 32, 3), dtype=np.uint8)
    frame[:, 16:] = 200
    for _ in range(20):
        variant = varied(frame, SETTINGS, rng)
        assert variant.shape == frame.shape
        # Never mirrored, never moved further than the shift.
        assert variant[:, : 16 - SETTINGS.shift_pixels].mean() < 60
        assert variant[:, 16 + SETTINGS.shift_pixels :].mean() > 140


@pytest.mark.parametrize("seed", [0, 1])
def test_variants_depend_on_the_seed_alone(seed):
    frame = np.arange(32 * 32 * 3, dtype=np.uint8).reshape(32, 32, 3)
    one, two = (varied(frame, SETTINGS, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, varied(frame, SETTINGS, np.random.default_rng(seed + 2)))
