"""Which device trains. The path of a GPU has never been run: none was at hand."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from mainstream.errors import InvalidInputError

Device = Literal["auto", "cpu", "cuda"]


def resolve_device(asked: Device) -> Literal["cpu", "cuda"]:
    """The device; `auto` is a GPU where there is one. `InvalidInputError` where a GPU is named and none is there."""
    there = torch.cuda.is_available()
    if asked == "cuda" and not there:
        raise InvalidInputError(
            "no GPU that torch can use is here; install a CUDA build of torch, or name cpu", field="device"
        )
    return "cuda" if there and asked != "cpu" else "cpu"


def mixed_precision(device: torch.device, asked: bool) -> AbstractContextManager[object]:
    """Passes in bfloat16 where asked for, and on every GPU that has units for it: there it is faster."""
    native = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(device.type, torch.bfloat16) if asked or native else nullcontext()
