"""A base network before it has weights: definition, input, and where its usual weights come from.

The definition is that of a well-kept library, classifier and all, so that published state dicts fit it by name. Which
part of it makes the feature map is said by `forward`; what that part does not touch is never looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from mainstream.errors import InvalidInputError
from mainstream.nn.network import SEGMENTS, Network
from mainstream.nn.preprocessing import Preprocessing

StateDict = Mapping[str, torch.Tensor]

_COUNTER = "num_batches_tracked"
"""a buffer that inference never reads and that older state dicts lack"""


@dataclass(frozen=True)
class Architecture:
    """What a name in the registry stands for."""

    name: str
    preprocessing: Preprocessing
    make: Callable[[], nn.Module]
    """the library's network with random weights, with its classifier"""
    forward: Callable[[nn.Module, torch.Tensor], torch.Tensor]
    """that network and images (N, 3, height, width) to a feature map (N, channels, h, w); traced by torch.fx"""
    shipped_weights: Callable[[], StateDict]
    """state dict of `make()` from the package that ships it; raises `MainstreamError` where there is none"""
    weights_package: str | None
    """what to install for `shipped_weights`; None where no package ships any"""
    segments: int = SEGMENTS
    """that it is cut into, at most"""
    leaves: tuple[type[nn.Module], ...] = ()
    """modules that are not looked into: each is one node of the graph"""

    def without_weights(self) -> Network:
        """The network with random weights, the same ones every time: to be filled, or to measure what it costs."""
        return self.cut(self.features())

    def with_weights(self, weights: StateDict, *, source: object) -> Network:
        """The network with the weights of a state dict of `make()`.

        Classifier and auxiliary outputs may be missing or there; every tensor that the feature map depends on must be
        there in its shape, else `InvalidInputError` names the `source`.
        """
        features = self.features()
        network = self.cut(features)
        own = features.network.state_dict()
        # A segment's tensors are those of the module itself, so their addresses say which ones count.
        counted = {tensor.data_ptr() for part in network.segments for tensor in part.state_dict().values()}
        needed = {name: tensor for name, tensor in own.items() if tensor.data_ptr() in counted}
        wrong = sorted(
            name
            for name, tensor in needed.items()
            if (name in weights or not name.endswith(_COUNTER))
            and (name not in weights or weights[name].shape != tensor.shape)
        )
        if wrong:
            raise InvalidInputError(
                f"does not fit {self.name}: {len(wrong)} of {len(needed)} tensors are missing or of another shape "
                f"({', '.join(wrong[:3])}); give weights of this very network",
                source=source,
            )
        with torch.no_grad():
            for name in needed.keys() & weights.keys():
                needed[name].copy_(weights[name])
        return network

    def features(self) -> "Features":
        """The part of `make()` that makes the feature map, with random weights, the same ones every time."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return Features(self.make(), self.forward)

    def cut(self, features: "Features") -> Network:
        """`features()` in segments, which share its tensors."""
        return Network.cut(self.name, features, self.preprocessing, self.segments, self.leaves)


class Features(nn.Module):
    """A library's network without its classifier."""

    def __init__(self, network: nn.Module, features: Callable[[nn.Module, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.network = network
        self._features = features

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self._features(self.network, images)
