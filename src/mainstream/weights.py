"""Weights in stores: blobs to tensors, and a base network to and from the blobs of its segments."""

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import torch

from mainstream.errors import InvalidInputError
from mainstream.mpackage.base_manifest import BaseManifest
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.publish import blob_of, publish
from mainstream.mpackage.reading import open_base, read_blob
from mainstream.mpackage.stores.opening import StoreOptions, open_store, split_reference
from mainstream.mpackage.stores.store import Store
from mainstream.nn.network import Network
from mainstream.nn.registry import build_base_network, load_base_network, load_to_measure
from mainstream.nn.tensors import pack_tensors, unpack_tensors
from mainstream.nn.weights_file import GivenWeights

_LIBRARIES = ("torch", "torchvision", "efficientnet-lite-pytorch", "timm")


def read_tensors(store: Store, blob: Blob) -> dict[str, torch.Tensor]:
    """Tensors of a blob by name, after its size and sha256 were checked.

    Raises `StoreError` naming the file where it is missing, changed, or no safetensors file.
    """
    return unpack_tensors(read_blob(store, blob), source=f"{store}: {blob_key(blob)}")


def pack_base_network(network: Network) -> tuple[tuple[Blob, ...], dict[str, bytes]]:
    """One blob a segment, in order, and their bytes by sha256."""
    packed = [pack_tensors(segment) for segment in network.segments]
    blobs = tuple(blob_of(data) for data in packed)
    return blobs, {blob.sha256: data for blob, data in zip(blobs, packed, strict=True)}


def open_base_network(name: str, digest: str, segments: tuple[Blob, ...], store: Store) -> Network:
    """The base network with this digest: the installed one where it is that, else made from the blobs of its segments.

    One that is only there to be measured (`load_to_measure`) is found by its digest, too. Raises `MainstreamError`
    where none of them is to be had.
    """
    try:
        installed = load_base_network(name)
    except InvalidInputError:
        if not segments:
            measured = load_to_measure(name)
            if measured.digest == digest:
                return measured
            raise
    else:
        if installed.digest == digest:
            return installed
        if not segments:
            raise InvalidInputError(
                f"has digest {digest[:12]} in the package, installed is {installed.digest[:12]}; install the version "
                f"that the package was trained on, or train again",
                field=f"base network {name}",
            )
    return build_base_network(name, digest, [read_tensors(store, blob) for blob in segments], source=store)


def publish_base_network(network: Network, version_: str, store: Store) -> BaseManifest:
    """Publish the network's segments under its name and this version; the same again changes nothing.

    What a store's names cannot hold is a hyphen there: `timm:resnet18` is `timm-resnet18`.
    """
    segments, blobs = pack_base_network(network)
    manifest = BaseManifest(
        name=re.sub(r"[^a-z0-9.]+", "-", network.name.lower()).strip("-."),
        version=version_,
        network=network.name,
        network_digest=network.digest,
        preprocessing=dict(network.preprocessing.as_dict()),
        prefix_hashes=network.prefix_hashes,
        cost_shares=tuple(cut.cost_share for cut in network.branch_points),
        segments=segments,
    )
    publish(store, manifest, blobs, {"versions": _versions()})
    return manifest


@dataclass(frozen=True)
class BaseWeights:
    """Weights of a base network, as a user names them."""

    location: str
    """a file, an http or https URL, or a published base network: `STORE/name@version`, `STORE/name@sha256:<digest>`"""
    sha256: str | None = None
    """of a file's or URL's bytes; a URL has to have it"""
    options: StoreOptions = field(default_factory=StoreOptions)
    """how the store of a published base network is reached"""

    @property
    def published(self) -> bool:
        """Whether a published base network is named."""
        name = self.location.rpartition("/")[2]
        return "@" in name and not self.location.startswith(("http://", "https://"))


@cache
def resolve_base_network(name: str, weights: BaseWeights | None) -> Network:
    """The base network of that name with these weights; None takes those of the package that ships them."""
    if weights is None:
        return load_base_network(name)
    if not weights.published:
        return load_base_network(name, GivenWeights(weights.location, weights.sha256))
    where, reference = split_reference(weights.location, ".")
    store = open_store(where, weights.options)
    manifest = open_base(store, reference)
    if manifest.network != name:
        raise InvalidInputError(
            f"is base network {manifest.network}, not {name}", field="weights", source=weights.location
        )
    return open_base_network(name, manifest.network_digest, manifest.segments, store)


def _versions() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
