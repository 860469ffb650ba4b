"""The published head: global average pooling and one linear layer."""

import torch
from torch import nn

from mainstream.nn.heads.map_shape import MapShape


class PoolLinear(nn.Module):
    """Feature maps (N, channels, h, w) to logits (N,); the map may be of any height and width.

    State dict: `weight` (1, channels) and `bias` (1,), float32.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, channels))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (N,) of feature maps (N, channels, h, w)."""
        pooled = features.mean(dim=(2, 3))
        return nn.functional.linear(pooled, self.weight, self.bias).squeeze(1)


def pool_linear(shape: MapShape, width: int) -> PoolLinear:
    """For a map of that shape; it has no convolution whose width could be asked for."""
    del width
    return PoolLinear(shape.channels)
