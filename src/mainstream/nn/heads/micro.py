"""Micro-heads: small trained modules on one tap of a stem that stays as it is (docs/design.md, "Micro-heads").

A 1x1 convolution to `width` channels and ReLU; with `dw` a depthwise 3x3 convolution and ReLU behind it, so that a
place sees its neighbours; then a weighted sum. `flat` heads have one weight for each channel and place and so know
where something is, for fixed cameras. `pooled` heads have one for each channel, on the mean over places: for pictures,
and for cameras that move.
"""

import math

import torch
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.head_form import problem_of_flat
from mainstream.nn.heads.map_shape import MapShape

_AROUND = (3, 3)


class MicroHead(nn.Module):
    """Feature maps (N, channels, h, w) to logits (N,).

    State dict, float32: `narrow_weight` (width, channels) and `narrow_bias` (width,) of the 1x1 convolution; with `dw`
    `around_weight` (width, 3, 3) and `around_bias` (width,), zeros beyond the map's edge; `weight` (width, h, w) if
    flat, else (width,); `bias` (1,).
    """

    def __init__(self, shape: MapShape, width: int, *, flat: bool, dw: bool) -> None:
        """Weights of the convolutions are drawn as torch draws its own, those of the sum are zero."""
        super().__init__()
        if flat and (problem := problem_of_flat(shape.height, shape.width)) is not None:
            raise InvalidInputError(problem, field="head")
        self.flat = flat
        self.narrow_weight = _drawn((width, shape.channels), inputs=shape.channels)
        self.narrow_bias = _drawn((width,), inputs=shape.channels)
        if dw:
            self.around_weight: nn.Parameter | None = _drawn((width, *_AROUND), inputs=math.prod(_AROUND))
            self.around_bias: nn.Parameter | None = _drawn((width,), inputs=math.prod(_AROUND))
        else:
            self.around_weight = self.around_bias = None
        self.weight = nn.Parameter(torch.zeros(width, shape.height, shape.width) if flat else torch.zeros(width))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (N,) of feature maps (N, channels, h, w)."""
        seen = self.seen(features)
        if self.flat:
            return seen.flatten(1) @ self.weight.flatten() + self.bias
        return seen.mean(dim=(2, 3)) @ self.weight + self.bias

    def seen(self, features: torch.Tensor) -> torch.Tensor:
        """What the sum weighs: (N, width, h, w)."""
        narrow = nn.functional.conv2d(features, self.narrow_weight[:, :, None, None], self.narrow_bias).relu()
        if self.around_weight is not None:
            kernel = self.around_weight[:, None]
            narrow = nn.functional.conv2d(narrow, kernel, self.around_bias, padding=1, groups=len(kernel)).relu()
        return narrow


def flat(shape: MapShape, width: int) -> MicroHead:
    """One weight for each place and channel; `InvalidInputError` where the map has too many places."""
    return MicroHead(shape, width, flat=True, dw=False)


def pooled(shape: MapShape, width: int) -> MicroHead:
    """One weight for each channel, on the mean over places."""
    return MicroHead(shape, width, flat=False, dw=False)


def flat_dw(shape: MapShape, width: int) -> MicroHead:
    """As `flat`, with a depthwise 3x3 convolution before."""
    return MicroHead(shape, width, flat=True, dw=True)


def pooled_dw(shape: MapShape, width: int) -> MicroHead:
    """As `pooled`, with a depthwise 3x3 convolution before."""
    return MicroHead(shape, width, flat=False, dw=True)


def _drawn(shape: tuple[int, ...], *, inputs: int) -> nn.Parameter:
    bound = 1 / math.sqrt(inputs)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
