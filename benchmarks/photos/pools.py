"""Photos that streams are made of: real pictures, a folder a class, divided by name into fitting, held out and test.

A pool is found by environment variable first, then where its package or the project's shared folder has it:

`MAINSTREAM_SIGNS`          folder of pictures per class; default ../shared/data/signs (Sign Language Digits)
`MAINSTREAM_FASHION_MNIST`  folder of the four idx files; default that of Debian's package dataset-fashion-mnist
`--pictures FOLDER`         any other folder of pictures per class
"""

import gzip
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.results import FOLDER
from mainstream.errors import InvalidInputError
from mainstream.footage.frames import view_pixels

FIT_SHARE, HELD_OUT_SHARE = 0.6, 0.15
"""of each class, by name: names of the signs run in shooting order, so people are kept apart"""
FASHION_PICTURES = (150, 150, 300)
"""of each class that fit, are held out, and test: the first in the data set's own order, tests from its test part"""
SUFFIXES = {".jpg", ".jpeg", ".png"}

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Part:
    """Pictures of one part of a pool."""

    paths: tuple[Path, ...] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)

    @property
    def digest(self) -> str:
        """Identity of the pictures and their labels."""
        digest = hashlib.sha256(self.labels.tobytes())
        for path in self.paths:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def of_class(self) -> dict[int, NDArray[np.int64]]:
        """Rows of the pictures of each class."""
        return {int(label): np.flatnonzero(self.labels == label) for label in np.unique(self.labels)}

    def views(self, height: int, width: int) -> Pixels:
        """All pictures at the size of a view, (n, height, width, 3), scaled as the feeder scales a camera's frames."""
        frames = [
            av.VideoFrame.from_ndarray(np.asarray(Image.open(path).convert("RGB")), format="rgb24")
            for path in self.paths
        ]
        return np.stack([view_pixels(frame, None, height, width) for frame in frames])


@dataclass(frozen=True)
class Pool:
    """Classes of photos. Test photos are seen by nothing before the apps are judged on them."""

    name: str
    folder: Path
    classes: tuple[str, ...]
    fit_share: float
    held_out_share: float
    learnt: Part
    """what the trainer opens: pictures that fit, and those that are held out"""
    held_out: Part
    test: Part


def load_pool(name: str) -> Pool:
    """The pool of that name, or of a folder; `InvalidInputError` says what to install where it is missing."""
    return _KNOWN[name]() if name in _KNOWN else folder_pool(Path(name).name.lower(), Path(name))


def folder_pool(name: str, folder: Path, fit_share: float = FIT_SHARE, held_out_share: float = HELD_OUT_SHARE) -> Pool:
    """A folder with one folder of pictures a class; what fits is read by the trainer alone."""
    if not folder.is_dir():
        raise InvalidInputError("is no folder; give one with a folder of pictures per class", source=folder)
    classes = tuple(sorted(each.name for each in folder.iterdir() if each.is_dir()))
    if len(classes) < 2:
        raise InvalidInputError("needs a folder of pictures for each of at least two classes", source=folder)
    parts: tuple[list[tuple[Path, int]], ...] = ([], [], [])
    for label, each in enumerate(classes):
        files = sorted(file for file in (folder / each).iterdir() if file.suffix.lower() in SUFFIXES)
        first, end = round(fit_share * len(files)), round((fit_share + held_out_share) * len(files))
        for part, chosen in zip(parts, (files[:end], files[first:end], files[end:]), strict=True):
            part += [(file, label) for file in chosen]
        if not files[end:]:
            raise InvalidInputError("has too few pictures: none is left to test on", source=folder / each)
    return Pool(name, folder, classes, fit_share, held_out_share, *(_part(part) for part in parts))


def _part(pictures: list[tuple[Path, int]]) -> Part:
    return Part(tuple(path for path, _ in pictures), np.array([label for _, label in pictures], dtype=np.int64))


def _signs() -> Pool:
    folder = Path(os.environ.get("MAINSTREAM_SIGNS", "../shared/data/signs"))
    if not folder.is_dir():
        raise InvalidInputError(
            "is no folder; set MAINSTREAM_SIGNS to the Sign Language Digits of Arda Mavi, a folder a digit",
            source=folder,
        )
    return folder_pool("signs", folder)


def _fashion() -> Pool:
    source = Path(os.environ.get("MAINSTREAM_FASHION_MNIST", "/usr/share/datasets/fashion-mnist"))
    if not source.is_dir():
        raise InvalidInputError(
            "is no folder; install Debian's package dataset-fashion-mnist, or set MAINSTREAM_FASHION_MNIST to a folder "
            "with its four idx files",
            source=source,
        )
    folder = FOLDER / "fashion"
    if not folder.is_dir():
        _unpack_fashion(source, folder)
    fit, held_out, test = FASHION_PICTURES
    total = fit + held_out + test
    return folder_pool("fashion", folder, fit / total, held_out / total)


def _unpack_fashion(source: Path, folder: Path) -> None:
    """The chosen pictures as files, named so that their order is fitting, held out, test."""
    hidden = folder.with_name(f".{folder.name}")
    fit, held_out, test = FASHION_PICTURES
    train, other = _idx(source, "train"), _idx(source, "t10k")
    for label in range(10):
        (hidden / str(label)).mkdir(parents=True, exist_ok=True)
        chosen = [*_of_class(train, label)[: fit + held_out], *_of_class(other, label)[:test]]
        for index, picture in enumerate(chosen):
            Image.fromarray(picture).save(hidden / str(label) / f"{index:05d}.png")
    hidden.rename(folder)


def _idx(folder: Path, part: str) -> tuple[Pixels, Pixels]:
    images = gzip.decompress((folder / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    return np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=8)


def _of_class(data: tuple[Pixels, Pixels], label: int) -> list[Pixels]:
    images, labels = data
    return list(images[labels == label])


_KNOWN: dict[str, Callable[[], Pool]] = {"signs": _signs, "fashion": _fashion}
KNOWN_POOLS = tuple(_KNOWN)
