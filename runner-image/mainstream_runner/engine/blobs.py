"""Weights from a folder store: `<store>/blobs/<sha256>`, each checked against its digest before it is used."""

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from mainstream.errors import InvalidInputError
from mainstream.mpackage.manifest import Blob


def read_tensors(store: Path, blob: Blob) -> dict[str, torch.Tensor]:
    """Tensors of a blob by name; nothing is unpickled, and no more is read than the plan announces (at most 1 GiB).

    Raises `InvalidInputError` naming the file where it is missing, changed, or no safetensors file.
    """
    path = store / "blobs" / blob.sha256
    try:
        with path.open("rb") as file:
            content = file.read(blob.size_bytes + 1)
    except OSError as error:
        raise InvalidInputError(
            f"cannot be read ({error.strerror}); fetch or train the package again", source=path
        ) from error
    if len(content) != blob.size_bytes or hashlib.sha256(content).hexdigest() != blob.sha256:
        raise InvalidInputError(
            "is not what its digest says: it was changed; fetch or train the package again", source=path
        )
    try:
        return load(content)
    except SafetensorError as error:
        raise InvalidInputError(f"is not a safetensors file ({error}); train the package again", source=path) from error
