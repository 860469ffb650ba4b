import numpy as np
import pytest

from mainstream_trainer.learn.schedule import schedule
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


def test_looks_come_at_equal_shares_of_an_epoch():
    settings = SETTINGS.model_copy(update={"look_epochs": 0.5, "epochs": 10, "batch_frames": 16})
    plan = schedule(0.5, 320, settings)
    assert (plan.steps_per_look, plan.looks) == (10, 20)


def test_who_goes_on_waits_less_and_never_less_than_one_look_with_nothing_frozen_costs():
    def looks(share, goes_on):
        return schedule(share, 300, SETTINGS, goes_on=goes_on).patience_looks

    assert looks(0.0, goes_on=True) == SETTINGS.patience_looks_going_on < looks(0.0, goes_on=False)
    assert looks(0.75, goes_on=True) == 4
    assert looks(0.99, goes_on=True) == looks(0.99, goes_on=False)


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
