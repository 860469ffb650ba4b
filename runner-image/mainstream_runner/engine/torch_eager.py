"""Runs modules as they are: the reference on the CPU, or on CUDA, with modules and values moved there (never run)."""

import copy
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.messages.node_profile import Device
from mainstream.nn.preprocessing import Preprocessing
from mainstream_runner.engine.back_end import EngineStep, Prepared, Value


class TorchEager:
    """torch without compilation; values are torch tensors on the device."""

    def __init__(self, device: Device = "cpu") -> None:
        """Raises `InvalidInputError` where there is no such device."""
        if device == "cuda" and not torch.cuda.is_available():
            raise InvalidInputError(
                "is cuda, and torch finds no CUDA device here; give the runner a GPU and a CUDA build of torch, or set "
                "the node's device to cpu",
                field="device",
            )
        self.name = "torch-eager" if device == "cpu" else "torch-cuda"
        self._device = torch.device(device)

    def preprocessing(self, preprocessing: Preprocessing, batch: int) -> Prepared:
        """Arithmetic on the CPU, as the share key has it; then the values move."""
        del batch
        return _Eager(lambda pixels: preprocessing(torch.from_numpy(pixels)).to(self._device))

    def chain(
        self,
        modules: Sequence[nn.Module],
        shape: tuple[int, ...],
        batch: int,
        preprocessing: Preprocessing | None = None,
    ) -> Prepared:
        """The modules themselves, in eval mode."""
        del shape
        run = self._here(nn.Sequential(*modules))
        if preprocessing is None:
            return _Eager(run)
        enter = self.preprocessing(preprocessing, batch).step()
        return _Eager(lambda pixels: run(enter(pixels)))

    def head(self, module: nn.Module) -> Prepared:
        """The module itself, in eval mode."""
        return _Eager(self._here(module))

    def _here(self, module: nn.Module) -> nn.Module:
        """On the device; what is elsewhere is copied, since the base network's own modules stay where they are."""
        here = module if self._device.type == "cpu" else copy.deepcopy(module).to(self._device)
        return here.eval().requires_grad_(False)

    def pooled(self, value: torch.Tensor) -> NDArray[np.float32]:
        """Mean over rows and columns."""
        return self.numbers(value.mean(dim=(2, 3)))

    def numbers(self, value: torch.Tensor) -> NDArray[np.float32]:
        """Moved to the CPU."""
        return cast(NDArray[np.float32], value.cpu().numpy())

    def stack(self, values: Sequence[torch.Tensor]) -> torch.Tensor:
        """Concatenated."""
        return torch.cat(list(values))

    def split(self, value: torch.Tensor) -> list[torch.Tensor]:
        """Views: every call of a module makes a tensor of its own."""
        return [value[at : at + 1] for at in range(len(value))]


class _Eager:
    def __init__(self, run: EngineStep) -> None:
        self._run = run

    def step(self) -> EngineStep:
        return self

    def __call__(self, value: Value, /) -> Value:
        return self._run(value)
