"""The head on a feature map: global average pooling and one linear layer, one number a frame."""

import torch
from torch import nn


class PoolLinear(nn.Module):
    """Feature map (N, channels, h, w) to logits (N,); an app's score is the sigmoid of its logit.

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
