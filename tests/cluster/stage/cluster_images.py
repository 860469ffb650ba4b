"""The three images, built from source, or ready in a folder."""

import os
import sys
from pathlib import Path

from cluster_tools import ROOT, MissingToolError

sys.path.insert(0, str(ROOT / "images"))

from build import (
    BILL,
    FOLDERS,
    LARGEST_MB,
    CannotBuildError,
    build,
    compressed_bytes,
    file_of,
    labels,
    layers,
)

__all__ = ["BILL", "FOLDERS", "LARGEST_MB", "build_images", "compressed_bytes", "file_of", "labels", "layers"]


def build_images(folder: Path) -> dict[str, Path]:
    """Archives by part; MAINSTREAM_TEST_IMAGES names a folder that has them already."""
    ready = os.environ.get("MAINSTREAM_TEST_IMAGES")
    if ready:
        archives = {part: Path(ready) / f"{part}.tar" for part in FOLDERS}
        return {part: archive for part, archive in archives.items() if archive.exists()}
    try:
        return {part: build(part, folder / f"{part}.tar") for part in FOLDERS}
    except CannotBuildError as error:
        raise MissingToolError(str(error)) from None
