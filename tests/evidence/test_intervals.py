"""Intervals and corrected p-values say what chance could have done."""

import numpy as np
import pytest

from photos.intervals import (
    difference_interval,
    gain_interval,
    holm,
    mean_interval,
    probability_of_no_loss,
)


def test_a_mean_lies_in_its_interval_which_narrows_with_more_workloads() -> None:
    values = np.random.default_rng(0).normal(0.5, 0.1, 100)
    few, many = mean_interval(values[:10]), mean_interval(values)
    assert many.low < many.mean < many.high
    assert many.high - many.low < few.high - few.low


def test_pairs_that_all_gain_alike_have_a_certain_gain() -> None:
    theirs = np.random.default_rng(0).uniform(0.3, 0.6, 30)
    gain = gain_interval(2 * theirs, theirs)
    assert (gain.low, gain.mean, gain.high) == pytest.approx((1.0, 1.0, 1.0))


def test_pairing_takes_out_what_workloads_have_in_common() -> None:
    theirs = np.random.default_rng(0).uniform(0.1, 0.9, 30)
    difference = difference_interval(theirs + 0.01, theirs)
    assert difference.low == pytest.approx(0.01)


def test_only_a_loss_has_a_small_p_value() -> None:
    rng = np.random.default_rng(1)
    theirs = rng.uniform(0.4, 0.6, 20)
    noise = rng.normal(0.0, 0.01, 20)
    assert probability_of_no_loss(theirs - 0.05 + noise, theirs) < 0.001
    assert probability_of_no_loss(theirs + 0.05 + noise, theirs) > 0.999
    assert probability_of_no_loss(theirs, theirs) == 1.0


def test_holm_multiplies_the_lowest_by_their_number_and_keeps_the_order() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
