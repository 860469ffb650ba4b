"""Micro-heads: slots learn apart from each other, and nothing that is counted has a part in what it is counted on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mainstream.nn.heads.kinds import make_head
from mainstream.nn.heads.map_shape import MapShape
from mainstream_trainer.data.folds import folds_of_pictures
from mainstream_trainer.forms import MicroForm, default_branch_points, default_taps
from mainstream_trainer.learn.micro import MicroLesson, train_micro_heads
from mainstream_trainer.learn.slots import SlotHeads
from mainstream_trainer.settings import TrainingSettings

SHAPE = MapShape(6, 4, 3)
KINDS = ("flat", "pooled", "flat-dw", "pooled-dw")
FRAMES = 60
SETTINGS = TrainingSettings(variants=1, micro_steps=12)
CLASSES = np.repeat([0, 1], FRAMES // 2)


class Maps:
    """Feature maps that were made up: the event is a bright channel at one place."""

    device = torch.device("cpu")

    def __init__(self, present):
        self._maps = torch.from_numpy(np.random.default_rng(5).standard_normal((FRAMES, *SHAPE)).astype(np.float32))
        self._maps[present, 2, 1, 1] += 6.0

    def batch(self, tap, rows):
        return self._maps[rows]


def lesson(present=CLASSES == 1, learnt=None, app="door"):
    folds = folds_of_pictures(CLASSES, CLASSES == 1, 5, 0)
    return MicroLesson(app, Maps(present), present if learnt is None else learnt, folds, SETTINGS, 0)


def forms(kinds=KINDS, width=8):
    return [MicroForm(kind, width, 9, SHAPE) for kind in kinds]


def trained(given, kinds=KINDS):
    return train_micro_heads(forms(kinds), given, lambda _: None, lambda: None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [8, 16])
def test_a_slot_says_what_its_head_says(kind, width):
    slots = SlotHeads(MicroForm(kind, width, 9, SHAPE), 3, 1)
    with torch.no_grad():
        for tensor in slots.parameters():
            tensor.add_(torch.randn_like(tensor))
    maps = torch.randn(5, *SHAPE)
    logits = slots(maps.permute(0, 2, 3, 1).flatten(1, 2))
    for slot in range(3):
        assert torch.allclose(logits[:, slot], slots.head(slot)(maps), atol=1e-4)


def test_heads_find_what_there_is_to_find():
    for candidate in trained(lesson(), ("flat", "flat-dw")):
        hits = candidate.scores >= 0.5
        assert (hits == (CLASSES == 1)).mean() > 0.8
        assert candidate.half
        assert candidate.name == f"{candidate.form.kind}-9"


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_a_block_have_no_part_in_what_it_is_scored(kind):
    """What stops, thresholds or weighs on frames that are counted fails here."""
    given = lesson()
    block = given.folds.fold_of == 2
    other = np.where(block, ~given.present, given.present)
    (before,), (after,) = trained(given, [kind]), trained(replace(given, present=other), [kind])
    assert np.array_equal(before.scores[block], after.scores[block])
    assert not np.array_equal(before.scores[~block], after.scores[~block])


def test_a_head_is_the_same_whichever_others_are_made_beside_it():
    alone, beside = trained(lesson(), ["flat"])[0], trained(lesson())[0]
    assert alone.head.state_dict().keys() == beside.head.state_dict().keys()
    for name, tensor in alone.head.state_dict().items():
        assert torch.equal(tensor, beside.head.state_dict()[name])
    assert np.array_equal(alone.scores, beside.scores)


def test_what_ships_scores_as_it_is_stored():
    (candidate,) = trained(lesson(), ["flat"])
    fresh = make_head("flat", SHAPE)
    fresh.load_state_dict({name: tensor.half().float() for name, tensor in candidate.head.state_dict().items()})
    maps = lesson().features.batch(9, np.arange(FRAMES))
    assert torch.allclose(fresh(maps), candidate.head(maps), atol=1e-3)


def test_taps_and_branch_points_follow_from_what_the_network_costs(lite0):
    assert default_taps(lite0) == (5, 9, 13)
    assert default_branch_points(lite0) == (0, 7, 15)


@pytest.fixture(scope="module")
def lite0():
    from mainstream.nn.registry import load_base_network

    return load_base_network("efficientnet-lite0")
