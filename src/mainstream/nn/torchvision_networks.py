"""ImageNet classifiers of torchvision: its definitions, at their usual input sizes.

torchvision's wheels hold no weights; they are given as a file or URL (`weights_file`), in torchvision's own names.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.nn.architecture import Architecture, StateDict
from mainstream.nn.preprocessing import Preprocessing
from mainstream.nn.torchvision_models import torchvision_models

_IMAGENET_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
_IMAGENET_STD = (0.229 * 255, 0.224 * 255, 0.225 * 255)
_HALF = (127.5, 127.5, 127.5)


def _network(
    name: str,
    constructor: str,
    forward: Callable[[Any, torch.Tensor], torch.Tensor],
    *,
    pixels: int = 224,
    mean: tuple[float, float, float] = _IMAGENET_MEAN,
    std: tuple[float, float, float] = _IMAGENET_STD,
    **options: object,
) -> Architecture:
    def make() -> nn.Module:
        return cast(nn.Module, getattr(torchvision_models(), constructor)(weights=None, **options))

    def shipped_weights() -> StateDict:
        raise InvalidInputError(
            f"no package ships weights of {name}; give some with --weights FILE-or-URL --weights-sha256 HEX (a "
            f"state dict of torchvision's {constructor}, as safetensors or as torch.save wrote it)",
            field="base",
        )

    preprocessing = Preprocessing(height=pixels, width=pixels, mean=mean, std=std)
    return Architecture(name, preprocessing, make, forward, shipped_weights, weights_package=None)


def _resnet(network: Any, images: torch.Tensor) -> torch.Tensor:
    x = network.maxpool(network.relu(network.bn1(network.conv1(images))))
    return cast(torch.Tensor, network.layer4(network.layer3(network.layer2(network.layer1(x)))))


def _features(network: Any, images: torch.Tensor) -> torch.Tensor:
    return cast(torch.Tensor, network.features(images))


def _inception(network: Any, images: torch.Tensor) -> torch.Tensor:
    x = network.Conv2d_2b_3x3(network.Conv2d_2a_3x3(network.Conv2d_1a_3x3(images)))
    x = network.Conv2d_4a_3x3(network.Conv2d_3b_1x1(network.maxpool1(x)))
    x = network.maxpool2(x)
    for block in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"):
        x = getattr(network, f"Mixed_{block}")(x)
    return cast(torch.Tensor, x)


def _vit(network: Any, images: torch.Tensor) -> torch.Tensor:
    """The class token as a feature map (N, 768, 1, 1)."""
    patches = network.conv_proj(images).flatten(2).transpose(1, 2)
    token = network.class_token.expand(patches.shape[0], -1, -1)
    encoded = network.encoder(torch.cat([token, patches], dim=1))
    return cast(torch.Tensor, encoded[:, 0, :, None, None])


resnet_18 = _network("resnet-18", "resnet18", _resnet)
resnet_50 = _network("resnet-50", "resnet50", _resnet)
mobilenet_v2 = _network("mobilenet-v2", "mobilenet_v2", _features)
mobilenet_v3_large = _network("mobilenet-v3-large", "mobilenet_v3_large", _features)
efficientnet_b0 = _network("efficientnet-b0", "efficientnet_b0", _features)
# Its weights are TensorFlow's: they want (x - .5) / .5, which torchvision makes of ImageNet's (`transform_input`).
inception_v3 = _network(
    "inception-v3",
    "inception_v3",
    _inception,
    pixels=299,
    mean=_HALF,
    std=_HALF,
    aux_logits=False,
    transform_input=False,
    init_weights=False,
)
convnext_tiny = _network("convnext-tiny", "convnext_tiny", _features)
vit_b_16 = _network("vit-b-16", "vit_b_16", _vit)
