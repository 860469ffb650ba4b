"""Base networks of timm (PyTorch Image Models): `timm:NAME` is any of its models that torch.fx traces.

Input size, mean and deviation are those that timm states for the name, with a tag where it has one
(`timm:resnet50.a1_in1k`). timm's package holds no weights; they are given as a file or URL (`weights_file`), in timm's
own names.
"""

from difflib import get_close_matches
from importlib import import_module
from typing import Any, Literal, cast

import torch
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.nn.architecture import Architecture, StateDict
from mainstream.nn.preprocessing import Preprocessing
from mainstream.nn.torchvision_models import torchvision_models

_COLOURS = 3
_Layout = Literal["channels first", "channels last", "tokens"]


def timm_network(model: str) -> Architecture:
    """The base network that timm's model of that name makes; `InvalidInputError` where there is none to use."""
    torchvision_models()  # which timm imports, and which has to be made importable first
    timm = import_module("timm")
    name = f"timm:{model}"
    if not timm.is_model(model):
        near = ", ".join(get_close_matches(model, timm.list_models(), 3, 0.5)) or "see timm.list_models()"
        raise InvalidInputError(f"timm has no model {model!r} ({near})", field="base")
    stated = timm.get_pretrained_cfg(model, allow_unregistered=True)
    if stated is None:
        raise InvalidInputError(f"timm states no input size for {model!r}; take another of its models", field="base")
    colours, height, width = stated.input_size
    if colours != _COLOURS:
        raise InvalidInputError(f"timm's {model} looks at {colours} colours, not 3; take another model", field="base")

    def shipped_weights() -> StateDict:
        raise InvalidInputError(
            f"no package ships weights of {name}; give some with --weights FILE-or-URL --weights-sha256 HEX (a state "
            f"dict of timm's {model}, as safetensors or as torch.save wrote it)",
            field="base",
        )

    made = _Model(timm, model, height, width)
    return Architecture(
        name,
        Preprocessing(
            height=height,
            width=width,
            mean=cast(tuple[float, float, float], tuple(255 * each for each in stated.mean)),
            std=cast(tuple[float, float, float], tuple(255 * each for each in stated.std)),
        ),
        made.make,
        made.features,
        shipped_weights,
        weights_package=None,
        leaves=tuple(import_module("timm.models").get_notrace_modules()),
    )


class _Model:
    """Makes the network, and knows how its features lie: that shows when it has run once."""

    def __init__(self, timm: Any, model: str, height: int, width: int) -> None:
        self._timm, self._model = timm, model
        self._example = (1, _COLOURS, height, width)
        self._layout: _Layout = "channels first"

    def make(self) -> nn.Module:
        """Of random weights, with its classifier."""
        network = cast(nn.Module, self._timm.create_model(self._model, pretrained=False)).eval()
        with torch.inference_mode():
            self._layout = self._layout_of(network, cast(Any, network).forward_features(torch.zeros(self._example)))
        return network

    def features(self, network: Any, images: torch.Tensor) -> torch.Tensor:
        """Its last feature map (N, channels, h, w); of tokens (N, channels, 1, 1), as its own pooling makes of them."""
        found = cast(torch.Tensor, network.forward_features(images))
        match self._layout:
            case "channels first":
                return found
            case "channels last":
                return found.permute(0, 3, 1, 2)
            case "tokens":
                return cast(torch.Tensor, network.forward_head(found, pre_logits=True))[:, :, None, None]

    def _layout_of(self, network: Any, features: Any) -> _Layout:
        shape = tuple(features.shape) if isinstance(features, torch.Tensor) else ()
        if len(shape) == 3:
            return "tokens"
        if len(shape) != 4:
            raise InvalidInputError(
                f"timm's {self._model} makes no feature map of one picture, but "
                f"{'x'.join(map(str, shape)) or type(features).__name__}; take another of its models",
                field="base",
            )
        channels = network.num_features
        return "channels last" if shape[1] != channels and shape[-1] == channels else "channels first"
