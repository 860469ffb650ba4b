import copy
import gc
import itertools
import weakref

import pytest
import torch
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.nn.branch_points import find_cuts, thin
from mainstream.nn.heads.pool_linear import PoolLinear
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import next_prefix_hash
from mainstream.nn.preprocessing import Preprocessing
from mainstream.nn.registry import installed_base_networks, load_base_network

PREPROCESSING = Preprocessing(height=8, width=8, mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0))


class Residual(nn.Module):
    """Three convolutions, the second beside a shortcut: nothing can be cut between the shortcut's ends."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.third = nn.Conv2d(4, 5, 3, padding=1)

    def forward(self, x):
        x = self.first(x)
        x = torch.relu(self.norm(self.second(x))) + x
        return self.third(x)


def residual(seed=0, segments=15):
    torch.manual_seed(seed)
    return Network.cut("residual", Residual(), PREPROCESSING, segments)


@pytest.fixture(scope="module")
def lite0():
    return load_base_network("efficientnet-lite0")


def test_branch_points_are_where_exactly_one_tensor_is_alive():
    cuts = find_cuts(torch.fx.symbolic_trace(Residual().eval()), torch.zeros(1, 3, 8, 8))
    assert [(cut.node, cut.shape) for cut in cuts] == [
        ("x", (3, 8, 8)),
        ("first", (4, 8, 8)),
        ("add", (4, 8, 8)),
        ("third", (5, 8, 8)),
    ]
    operations = [3 * 4, 4 * 4, 4 * 5]
    assert [cut.cost_share for cut in cuts] == pytest.approx([sum(operations[:n]) / sum(operations) for n in range(4)])


def test_thinning_keeps_both_ends_and_is_even_by_cost(lite0):
    shares = [cut.cost_share for cut in lite0.branch_points]
    assert shares[0] == 0
    assert shares[-1] == 1
    assert lite0.depth == 15
    assert max(b - a for a, b in itertools.pairwise(shares)) < 0.11
    assert [cut.node for cut in thin(list(residual().branch_points), 1)] == ["x", "third"]


@pytest.mark.parametrize("branch_point", [0, 1, 7, 11, 14, 15])
def test_a_stem_and_what_follows_equal_the_whole_network_exactly(lite0, branch_point):
    torch.manual_seed(0)
    images = torch.rand(2, 3, 160, 160) * 2 - 1
    with torch.inference_mode():
        whole = nn.Sequential(*lite0.segments)(images)
        parts = nn.Sequential(*lite0.trainable_segments(branch_point))(lite0.stem(branch_point)(images))
    assert torch.equal(whole, parts)
    assert whole.shape == (2, lite0.feature_channels, 5, 5)


def test_the_segments_equal_the_network_they_were_cut_from():
    torch.manual_seed(0)
    module = Residual().eval()
    network = Network.cut("residual", copy.deepcopy(module), PREPROCESSING)
    images = torch.rand(3, 3, 8, 8)
    with torch.inference_mode():
        assert torch.equal(nn.Sequential(*network.segments)(images), module(images))


def test_equal_networks_have_equal_share_keys():
    assert residual().prefix_hashes == residual().prefix_hashes
    assert len(set(residual().prefix_hashes)) == residual().depth + 1


def test_a_share_key_changes_with_any_tensor_before_its_branch_point_and_only_then():
    keys = residual().prefix_hashes
    for position, segment in enumerate(residual().segments):
        for name in segment.state_dict():
            changed = residual()
            changed.segments[position].state_dict()[name].view(-1)[0].add_(1)
            assert changed.prefix_hashes[: position + 1] == keys[: position + 1], name
            assert all(a != b for a, b in zip(changed.prefix_hashes[position + 1 :], keys[position + 1 :], strict=True))


def test_a_share_key_changes_with_preprocessing():
    other = Preprocessing(height=8, width=8, mean=(127.0, 127.0, 127.0), std=(64.0, 128.0, 128.0))
    torch.manual_seed(0)
    assert Network.cut("residual", Residual(), other).prefix_hashes[0] != residual().prefix_hashes[0]


def test_memory_layout_does_not_change_a_share_key():
    segment = residual().segments[0]
    assert next_prefix_hash("0" * 64, segment) == next_prefix_hash(
        "0" * 64, copy.deepcopy(segment).to(memory_format=torch.channels_last)
    )


def test_segments_to_train_are_copies():
    network = residual()
    keys = network.prefix_hashes
    for segment in network.trainable_segments(0):
        for parameter in segment.parameters():
            parameter.data.zero_()
    assert Network("again", PREPROCESSING, network.branch_points, network.segments).prefix_hashes == keys


def test_weights_of_a_copy_go_with_its_last_user_without_a_collection():
    network = residual()
    gc.disable()
    try:
        segments = network.trainable_segments(0)
        copies = [copy.deepcopy(segment) for segment in segments]
        weights = [weakref.ref(tensor) for each in (*segments, *copies) for tensor in each.parameters()]
        assert weights
        del segments, copies
        assert [tensor for tensor in weights if tensor() is not None] == []
    finally:
        gc.enable()


def test_a_branch_point_that_is_none_is_refused():
    with pytest.raises(InvalidInputError, match="branch-points 0 to 3, not 4"):
        residual().stem(4)


def test_a_base_network_that_is_not_installed_is_named_with_those_that_are():
    assert "efficientnet-lite0" in installed_base_networks()
    with pytest.raises(InvalidInputError, match=r"'resnet-0' is not installed.*efficientnet-lite0"):
        load_base_network("resnet-0")


def test_pixels_are_scaled_and_channels_come_first():
    pixels = torch.tensor([[[[127, 255, 0]]]], dtype=torch.uint8)
    assert PREPROCESSING(pixels).tolist() == [[[[0.0]], [[1.0]], [[-127 / 128]]]]


def test_a_head_pools_over_the_map_and_is_linear():
    head = PoolLinear(2)
    head.load_state_dict({"weight": torch.tensor([[1.0, -2.0]]), "bias": torch.tensor([0.5])})
    features = torch.tensor([[[[1.0, 3.0]], [[2.0, 0.0]]]])
    assert head(features).tolist() == [2.0 - 2.0 + 0.5]


class Choosing(nn.Module):
    """Takes one way or another by what it sees, so that no graph holds it."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        x = self.first(x)
        return x if x.mean() > 0 else -x


def test_a_network_that_cannot_be_traced_is_refused_with_module_node_and_reason():
    whole = nn.Sequential(nn.Conv2d(3, 3, 1), Choosing())
    with pytest.raises(
        InvalidInputError,
        match=r"base: chooser can't be cut: torch.fx cannot trace 1 \(Choosing\) after node gt \(.*control flow\);",
    ):
        Network.cut("chooser", whole, PREPROCESSING)


def test_a_module_that_is_not_looked_into_is_one_node():
    whole = nn.Sequential(nn.Conv2d(3, 3, 1), Choosing())
    network = Network.cut("chooser", whole, PREPROCESSING, leaves=(Choosing,))
    assert [cut.node for cut in network.branch_points] == ["input_1", "_0", "_1"]
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(nn.Sequential(*network.segments)(images), whole(images))


class ReadingLater(nn.Module):
    """Reads the shape of its first map again when that is gone."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, stride=2)
        self.second = nn.Conv2d(4, 4, 1)
        self.third = nn.Conv2d(4, 4, 1)

    def forward(self, x):
        first = self.first(x)
        second = self.second(first)
        return self.third(nn.functional.interpolate(second, size=first.shape[-2:]))


def test_nothing_is_cut_between_a_tensor_and_where_its_shape_is_read():
    cuts = find_cuts(torch.fx.symbolic_trace(ReadingLater().eval()), torch.zeros(1, 3, 8, 8))
    assert [cut.node for cut in cuts] == ["x", "first", "interpolate", "third"]
    whole = ReadingLater()
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(nn.Sequential(*Network.cut("reading", whole, PREPROCESSING).segments)(images), whole(images))
