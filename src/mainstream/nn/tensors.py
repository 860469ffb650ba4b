"""Weights as bytes: a module's tensors to a safetensors file and back, in single or in half precision.

Half precision is a way to store, never to compute: what was stored in float16 is float32 again once it is loaded, and a
share key is that of the tensors after the cast. Vectors (biases, normalisation) stay in single precision: they weigh
nothing, and a running variance may lie outside what float16 can hold.
"""

from collections.abc import Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from mainstream.errors import InvalidInputError

_HALF_MAX = torch.finfo(torch.float16).max


def pack_tensors(module: nn.Module, *, half: bool = False) -> bytes:
    """The module's state dict as a safetensors file; equal tensors give equal bytes, whatever their memory layout."""
    tensors = {
        name: tensor.detach().to("cpu", memory_format=torch.contiguous_format, copy=True)
        for name, tensor in module.state_dict().items()
    }
    return save({name: tensor.half() if half and _stored_half(tensor) else tensor for name, tensor in tensors.items()})


def round_to_half(module: nn.Module) -> None:
    """Give the module the very weights that it has after `pack_tensors(module, half=True)` and loading."""
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if _stored_half(tensor):
                tensor.copy_(tensor.half())


def unpack_tensors(data: bytes, *, source: object) -> dict[str, torch.Tensor]:
    """Tensors of a safetensors file by name; nothing is unpickled. `InvalidInputError` names the `source`."""
    try:
        return load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise InvalidInputError(f"is not a safetensors file ({error})", source=source) from error


def fill(module: nn.Module, tensors: Mapping[str, torch.Tensor], *, source: object) -> None:
    """Load exactly the module's own tensors; float16 becomes float32 where the module has that.

    Raises `InvalidInputError` naming the `source` where a name, a shape or a type is another, or a number is none.
    """
    expected = module.state_dict()
    wrong = sorted(
        name
        for name in expected.keys() | tensors.keys()
        if name not in expected or name not in tensors or not _fits(tensors[name], expected[name])
    )
    if wrong:
        raise InvalidInputError(
            f"holds other tensors than its part of the network ({', '.join(wrong[:3])}); publish it again",
            source=source,
        )
    endless = sorted(name for name in expected if not bool(torch.isfinite(tensors[name]).all()))
    if endless:
        raise InvalidInputError(
            f"holds NaN or infinite numbers ({', '.join(endless[:3])}); train it again, with a lower learning rate, "
            "and publish that",
            source=source,
        )
    with torch.no_grad():
        for name, tensor in expected.items():
            tensor.copy_(tensors[name])


def _fits(found: torch.Tensor, expected: torch.Tensor) -> bool:
    half = found.dtype == torch.float16 and expected.dtype == torch.float32
    return found.shape == expected.shape and (half or found.dtype == expected.dtype)


def _stored_half(tensor: torch.Tensor) -> bool:
    matrix = tensor.dtype == torch.float32 and tensor.dim() > 1 and tensor.numel() > 0
    return matrix and bool(tensor.abs().max() <= _HALF_MAX)
