"""Back ends: what turns modules into something that runs. torch eager is the reference that others must agree with."""

from typing import Protocol

import torch
from torch import nn

from mainstream.nn.preprocessing import Preprocessing


class Step(Protocol):
    """A prepared part: a tensor of one frame (1, ...) to a tensor (1, ...)."""

    def __call__(self, value: torch.Tensor, /) -> torch.Tensor:
        """Run it."""
        ...


class BackEnd(Protocol):
    """Prepares the parts of a stem tree once, when a plan is loaded."""

    name: str

    def preprocessing(self, preprocessing: Preprocessing) -> Step:
        """Pixels (1, height, width, 3) uint8 to the network's input (1, 3, height, width)."""
        ...

    def part(self, module: nn.Module) -> Step:
        """A segment (tensor to tensor) or a head (feature map to logits (1,))."""
        ...


class TorchEager:
    """Runs modules as they are, on the CPU."""

    name = "torch-eager"

    def preprocessing(self, preprocessing: Preprocessing) -> Step:
        """Runs the preprocessing that is part of the share key, unchanged."""
        return preprocessing

    def part(self, module: nn.Module) -> Step:
        """The module itself, in eval mode."""
        frozen: Step = module.eval().requires_grad_(False)
        return frozen
