"""Base networks by name, from the entry point groups `mainstream.base_networks` and `mainstream.base_network_families`.

An entry point of the first is an `Architecture`; one of the second is a library of many: `LIBRARY:MODEL` is what it
makes of the model's name. A base network is cut into as many segments as its architecture says, evenly by
cost; `NAME-in-8` is the same one cut into 8: another base network, since its share keys are others.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from typing import TypeVar

import torch

from mainstream.errors import InvalidInputError
from mainstream.nn.architecture import Architecture
from mainstream.nn.network import Network
from mainstream.nn.tensors import fill
from mainstream.nn.weights_file import GivenWeights, read_weights

GROUP = "mainstream.base_networks"
FAMILIES = "mainstream.base_network_families"
Made = TypeVar("Made")

_CUT = re.compile(r"(?P<name>.+)-in-(?P<segments>[1-9][0-9]{0,2})")


def installed_base_networks() -> list[str]:
    """Names that `load_base_network` takes here."""
    return sorted(entry_points(group=GROUP).names)


@cache
def load_architecture(name: str) -> Architecture:
    """The base network of that name, before it has weights."""
    found, cut = entry_points(group=GROUP, name=name), _CUT.fullmatch(name)
    if not found and cut is not None:
        return replace(load_architecture(cut["name"]), name=name, segments=int(cut["segments"]))
    family, _, model = name.partition(":")
    families = entry_points(group=FAMILIES)
    if not found and model and family in families.names:
        made: Architecture = _needing(name, lambda: families[family].load()(model))
        return made
    if not found:
        have = ", ".join([*installed_base_networks(), *(f"{each}:MODEL" for each in sorted(families.names))]) or "none"
        raise InvalidInputError(
            f"base network {name!r} is not installed (installed: {have}); install the package that provides it, "
            f"or name one of those",
            field="base",
        )
    architecture: Architecture = _needing(name, next(iter(found)).load)
    return architecture


@cache
def load_base_network(name: str, given: GivenWeights | None = None) -> Network:
    """The pre-trained network of that name, cut at its branch-points.

    With the weights that are given, else with those that its package ships; `InvalidInputError` where none does.
    """
    architecture = load_architecture(name)
    if given is not None:
        weights = read_weights(given)
        return _needing(name, lambda: architecture.with_weights(weights, source=given.location))
    weights = _needing(name, architecture.shipped_weights)
    return _needing(name, lambda: architecture.with_weights(weights, source=f"weights shipped for {name}"))


def load_to_measure(name: str) -> Network:
    """The network of that name as good as any to measure what it costs, which does not depend on its weights.

    With random ones, the same every time, where no package ships any.
    """
    architecture = load_architecture(name)
    if architecture.weights_package is None:
        return _needing(name, architecture.without_weights)
    return load_base_network(name)


@cache
def declared_bytes(name: str) -> int:
    """Bytes of the weights of the network of that name, classifier and all; found without taking as many."""
    architecture = load_architecture(name)
    with torch.device("meta"):
        network = _needing(name, architecture.make)
    return sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())


def build_base_network(
    name: str, digest: str, segments: Sequence[Mapping[str, torch.Tensor]], *, source: object
) -> Network:
    """The network of that name with published weights, one mapping of tensors for each segment, in order.

    No weights need to be installed. Raises `InvalidInputError` naming the `source` where they do not fit the
    architecture, or where the network that they make has another digest.
    """
    architecture = load_architecture(name)
    network = _needing(name, architecture.without_weights)
    if len(segments) != network.depth:
        raise InvalidInputError(
            f"{name} has {network.depth} segments, and weights of {len(segments)} were published; publish the base "
            f"network again",
            source=source,
        )
    for segment, tensors in zip(network.segments, segments, strict=True):
        fill(segment, tensors, source=source)
    if network.digest != digest:
        raise InvalidInputError(
            f"makes base network {name} with digest {network.digest[:12]}, not {digest[:12]}: its definition here is "
            f"another; install the versions that it was published with, or publish it again",
            source=source,
        )
    return network


def _needing(name: str, make: Callable[[], Made]) -> Made:
    """Call `make`; a package that is missing becomes an error that says what to install."""
    try:
        return make()
    except ImportError as error:
        extra = "timm" if error.name == "timm" else "torch"
        raise InvalidInputError(
            f"base network {name!r} needs {error.name}: pip install 'mainstream[{extra}]'", field="base"
        ) from error
