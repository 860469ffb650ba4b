"""Weights in stores: blobs to tensors, and a base network to and from the blobs of its segments."""

import torch

from mainstream.errors import InvalidInputError
from mainstream.mpackage.layout import blob_key
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.publish import blob_of
from mainstream.mpackage.reading import read_blob
from mainstream.mpackage.store import Store
from mainstream.nn.network import Network
from mainstream.nn.registry import build_base_network, load_base_network
from mainstream.nn.tensors import pack_tensors, unpack_tensors


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

    Raises `MainstreamError` where neither is to be had.
    """
    try:
        installed = load_base_network(name)
    except InvalidInputError:
        if not segments:
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
