"""The interval of a prediction holds what held-out photos leave open."""

import numpy as np
import pytest

from predictive import believed

LABELS = np.repeat([0, 1, 2], 30)


def test_a_class_is_believed_to_be_what_was_counted_and_its_share_of_two_observations_at_chance() -> None:
    hits = LABELS == 1
    belief = believed(hits, LABELS, [1])
    # p = 1 and e = 0: chance is 1/2. The event has one class, the rest has two.
    assert belief.hits.tolist() == pytest.approx([0.5, 31.0, 0.5])
    assert belief.misses.tolist() == pytest.approx([30.5, 1.0, 30.5])


def test_the_fewer_photos_were_held_out_the_wider_shares_are_drawn() -> None:
    spread = []
    for photos in (10, 1000):
        labels = np.repeat([0, 1], photos)
        hits = (labels == 1) ^ (np.arange(len(labels)) % 10 == 0)
        belief, rng = believed(hits, labels, [1]), np.random.default_rng(0)
        shown = np.ones(10_000, dtype=np.int64)
        spread.append(np.std([belief.draw(shown, rng).mean() for _ in range(50)]))
    assert spread[0] > 3 * spread[1]


def test_photos_of_one_class_share_one_draw() -> None:
    labels = np.repeat([0, 1], 4)
    belief, rng = believed(np.arange(8) % 2 == 0, labels, [1]), np.random.default_rng(0)
    shares = [belief.draw(np.repeat([0, 1], 5000), rng).reshape(2, -1).mean(axis=1) for _ in range(20)]
    assert np.std(shares, axis=0).min() > 0.05
