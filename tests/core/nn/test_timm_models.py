"""Base networks of timm: any of its models, with weights that somebody gives."""

import hashlib

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.registry import load_architecture, load_base_network, load_to_measure
from mainstream.nn.torchvision_models import torchvision_models
from mainstream.nn.weights_file import GivenWeights
from mainstream.weights import BaseWeights, publish_base_network, resolve_base_network

torchvision_models()
timm = pytest.importorskip("timm")

SMALL = "mobilenetv3_small_050"


def model_with_weights(name, path):
    """timm's model with weights of its own, and these as a file."""
    torch.manual_seed(5)
    model = timm.create_model(name, pretrained=False).eval()
    save_file(model.state_dict(), path)
    return model, GivenWeights(str(path), hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize(
    ("name", "pixels", "shape"),
    [
        (SMALL, 224, (288, 7, 7)),
        # Its convolutions pad by the size of what they see: timm has them be one node of a graph.
        ("tf_mobilenetv3_small_minimal_100", 224, (576, 7, 7)),
        # Maps with channels last.
        ("swin_tiny_patch4_window7_224", 224, (768, 7, 7)),
    ],
)
def test_segments_make_the_feature_map_of_timms_own_model(name, pixels, shape, tmp_path):
    model, given = model_with_weights(name, tmp_path / "weights.safetensors")
    network = load_base_network(f"timm:{name}", given)
    assert (network.name, network.preprocessing.height, network.branch_points[-1].shape) == (
        f"timm:{name}",
        pixels,
        shape,
    )
    assert network.depth >= 10
    images = torch.rand(2, 3, pixels, pixels)
    with torch.inference_mode():
        expected = model.forward_features(images)
        found = nn.Sequential(*network.segments)(images)
    assert torch.equal(found, expected if expected.shape[1] == shape[0] else expected.permute(0, 3, 1, 2))
    assert network.digest != load_to_measure(f"timm:{name}").digest


def test_of_tokens_the_map_is_what_the_model_pools_of_them(tmp_path):
    model, given = model_with_weights("vit_tiny_patch16_224", tmp_path / "weights.safetensors")
    network = load_base_network("timm:vit_tiny_patch16_224", given)
    images = torch.rand(1, 3, 224, 224)
    with torch.inference_mode():
        expected = model.forward_head(model.forward_features(images), pre_logits=True)
        assert torch.equal(nn.Sequential(*network.segments)(images), expected[:, :, None, None])
    with pytest.raises(InvalidInputError, match=r"no feature map .* at branch-point 7, but 197x192 numbers"):
        network.map_at(7)


def test_mean_and_deviation_are_those_that_timm_states_for_the_tag():
    plain, tagged = (
        load_architecture(f"timm:{name}").preprocessing for name in ("vit_tiny_patch16_224", "resnet50.a1_in1k")
    )
    assert plain.mean == (127.5, 127.5, 127.5)
    assert tagged.mean == pytest.approx((123.675, 116.28, 103.53))


def test_it_is_cut_as_asked_and_published_under_a_name_that_a_store_can_hold(tmp_path):
    name = f"timm:{SMALL}-in-4"
    _, given = model_with_weights(SMALL, tmp_path / "weights.safetensors")
    network = load_base_network(name, given)
    assert network.depth == 4
    manifest = publish_base_network(network, "1", FolderStore(tmp_path / "store"))
    assert manifest.name == "timm-mobilenetv3-small-050-in-4"
    again = resolve_base_network(name, BaseWeights(f"{tmp_path}/store/{manifest.name}@1"))
    assert (again.name, again.prefix_hashes) == (name, network.prefix_hashes)


def test_a_model_that_timm_does_not_have_is_refused_with_some_of_like_names():
    with pytest.raises(InvalidInputError, match=r"base: timm has no model 'mobilenetv3_smal' \(.*mobilenetv3"):
        load_architecture("timm:mobilenetv3_smal")


def test_without_weights_it_says_how_to_give_some():
    with pytest.raises(InvalidInputError, match=rf"no package ships weights of timm:{SMALL}; .*--weights-sha256"):
        load_base_network(f"timm:{SMALL}")


def test_a_model_without_one_feature_map_is_refused():
    with pytest.raises(InvalidInputError, match="crossvit_tiny_240 makes no feature map of one picture, but list"):
        load_to_measure("timm:crossvit_tiny_240")
