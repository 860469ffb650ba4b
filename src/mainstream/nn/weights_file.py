"""Weights that somebody gives: a file, or a URL with its sha256.

A safetensors file, or a state dict that `torch.save` wrote, read with `weights_only`: nothing else is ever unpickled.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from mainstream.errors import InvalidInputError
from mainstream.files.download import cache_folder, check_sha256, download, sha256_of
from mainstream.nn.architecture import StateDict

_TORCH_FILES = (b"PK\x03\x04", b"\x80\x02")
"""how files start that torch.save wrote: a zip archive, or a pickle where they are old"""


@dataclass(frozen=True)
class GivenWeights:
    """Where weights lie, and what they have to be."""

    location: str
    """a file, or an http or https URL"""
    sha256: str | None = None
    """of the file's bytes; a URL has to have it"""

    @property
    def is_url(self) -> bool:
        """Whether it has to be downloaded."""
        return self.location.startswith(("http://", "https://"))


def read_weights(given: GivenWeights) -> StateDict:
    """The tensors by name.

    Raises `InvalidInputError` where they are not what their sha256 says, or nothing that can be read;
    `DownloadError` where they can't be had.
    """
    return _read(_file(given))


def _file(given: GivenWeights) -> Path:
    if given.is_url:
        if given.sha256 is None:
            raise InvalidInputError(
                "weights from a URL need the sha256 that they must have; give it beside the URL", field="weights"
            )
        return download(given.location, given.sha256, cache_folder("weights"))
    path = Path(given.location)
    if given.sha256 is not None:
        try:
            check_sha256(sha256_of(path), given.sha256, path)
        except OSError as error:
            raise InvalidInputError(f"cannot be read ({error.strerror})", source=path) from error
    return path


def _read(path: Path) -> StateDict:
    try:
        with path.open("rb") as file:
            start = file.read(4)
        found = (
            torch.load(path, weights_only=True, map_location="cpu")
            if start.startswith(_TORCH_FILES)
            else load_file(path)
        )
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", source=path) from error
    except SafetensorError as error:
        raise InvalidInputError(f"is neither safetensors nor what torch.save writes ({error})", source=path) from error
    except (RuntimeError, pickle.UnpicklingError, EOFError, KeyError, ValueError) as error:
        reason = str(error).split("\n", 1)[0]
        raise InvalidInputError(
            f"can't be read as weights alone ({reason}); save the network's state dict, nothing else", source=path
        ) from error
    if not isinstance(found, dict) or not all(isinstance(each, torch.Tensor) for each in found.values()):
        raise InvalidInputError("holds no state dict: tensors by name, nothing else", source=path)
    return found
