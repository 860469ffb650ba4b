"""Every base network of the registry: what holds for all of them, with random weights where none are installed."""

import itertools

import pytest
import torch
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import first_prefix_hash, next_prefix_hash
from mainstream.nn.registry import build_base_network, installed_base_networks, load_architecture, load_base_network
from mainstream.nn.tensors import pack_tensors, unpack_tensors

INPUTS = {
    "convnext-tiny": 224,
    "efficientnet-b0": 224,
    "efficientnet-lite0": 160,
    "efficientnet-lite0-224": 224,
    "efficientnet-lite1": 240,
    "efficientnet-lite2": 260,
    "inception-v3": 299,
    "mobilenet-v2": 224,
    "mobilenet-v3-large": 224,
    "resnet-18": 224,
    "resnet-50": 224,
    "vit-b-16": 224,
}
DEPTHS = {"resnet-18": 9, "inception-v3": 14}
"""the others have branch-points enough for 15 segments"""


def test_the_registry_holds_the_base_networks_that_the_documentation_names():
    assert INPUTS.keys() <= set(installed_base_networks())


@pytest.mark.parametrize("name", INPUTS)
def test_segments_make_the_same_feature_map_as_the_network_and_training_leaves_the_stem_as_it_was(name):
    architecture = load_architecture(name)
    whole = architecture.features()
    network = architecture.cut(whole)
    assert (network.preprocessing.height, network.preprocessing.width) == (INPUTS[name], INPUTS[name])
    assert network.depth == DEPTHS.get(name, 15)
    images = torch.rand(1, 3, INPUTS[name], INPUTS[name])
    with torch.inference_mode():
        expected, features = whole(images), nn.Sequential(*network.segments)(images)
    assert torch.equal(features, expected)
    assert features.dim() == 4
    assert features.shape[1] == network.feature_channels
    shares = [cut.cost_share for cut in network.branch_points]
    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1)
    assert max(b - a for a, b in itertools.pairwise(shares)) < 0.15
    assert_frozen_means_frozen(network, images)


def assert_frozen_means_frozen(network: Network, images: torch.Tensor) -> None:
    """A training step of what follows a late branch-point changes neither the stem's outputs nor its share keys."""
    frozen = network.depth - 2
    stem = network.stem(frozen)
    before = stem(images)
    trained = nn.Sequential(*network.trainable_segments(frozen)).eval().requires_grad_(True)
    trained(before).square().mean().backward()
    torch.optim.SGD(trained.parameters(), lr=0.1).step()
    assert any(
        not torch.equal(a, b) for a, b in zip(trained.parameters(), later_parameters(network, frozen), strict=True)
    )
    assert torch.equal(stem(images), before)
    keys = [first_prefix_hash(network.preprocessing)]
    for segment in network.segments:
        keys.append(next_prefix_hash(keys[-1], segment))
    assert tuple(keys) == network.prefix_hashes
    assert len(set(keys)) == network.depth + 1


def later_parameters(network: Network, branch_point: int) -> list[nn.Parameter]:
    return list(nn.Sequential(*network.segments[branch_point:]).parameters())


@pytest.mark.parametrize("name", ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"])
def test_real_weights_come_from_the_package_that_ships_them(name):
    network = load_base_network(name)
    assert network.depth == 15
    assert network.digest != load_architecture(name).without_weights().digest


def test_a_network_whose_weights_no_package_ships_says_how_to_give_them():
    with pytest.raises(InvalidInputError, match=r"no package ships weights of resnet-18; .*--weights"):
        load_base_network("resnet-18")


def test_a_network_cut_into_fewer_segments_is_another_base_network_with_the_same_output():
    whole, few = load_base_network("efficientnet-lite0"), load_base_network("efficientnet-lite0-in-4")
    assert (few.name, few.depth) == ("efficientnet-lite0-in-4", 4)
    images = torch.rand(1, 3, 160, 160)
    with torch.inference_mode():
        assert torch.equal(few.stem(4)(images), whole.stem(15)(images))
    assert few.digest != whole.digest


def test_a_base_network_is_made_from_its_published_segments_alone():
    network = load_architecture("resnet-18").without_weights()
    next(network.segments[0].parameters()).data.mul_(2)
    segments = [unpack_tensors(pack_tensors(segment), source="here") for segment in network.segments]
    assert build_base_network("resnet-18", network.digest, segments, source="here").digest == network.digest
    with pytest.raises(InvalidInputError, match="here: makes base network resnet-18 with digest"):
        build_base_network("resnet-18", "0" * 64, segments, source="here")
    with pytest.raises(InvalidInputError, match=r"has 9 segments, and weights of 8"):
        build_base_network("resnet-18", network.digest, segments[1:], source="here")
