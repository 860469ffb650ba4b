"""From a picture file to upright 8-bit RGB: the one way in which pictures are decoded; `frames` does it for video.

Pillow decodes them, since it refuses a picture that breaks off, where video decoders fill in what is missing. Of EXIF
only the orientation is used: whatever else such a block holds, or lacks, costs nobody the picture.
"""

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose

_ORIENTATION = 0x0112
_BITS_PER_SAMPLE = 258
_WHITE_8, _WHITE_16, _WHITE_32 = (float((1 << bits) - 1) for bits in (8, 16, 32))
_NO_PICTURES = frozenset({"BUFR", "EPS", "GRIB", "HDF5", "IPTC", "MPEG", "WMF"})
"""formats that Pillow names but cannot decode by itself"""
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
"""what Pillow's decoders raise on files that are not as they should be"""


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Pixels (height, width, 3) RGB of a picture, upright; of an animated one the first.

    Raises `InvalidInputError` where the file cannot be decoded to its end.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return upright_rgb(picture)
    except (*_UNREADABLE, Image.DecompressionBombError) as error:
        raise InvalidInputError("cannot be decoded; is it a picture?", source=path) from error


def upright_rgb(picture: "Image") -> NDArray[np.uint8]:
    """Pixels (height, width, 3) RGB of an open picture, as one sees it; transparency is ignored."""
    picture.load()
    turn = _turn(picture)
    coloured = _in_8_bits(picture).convert("RGB")
    return np.asarray(coloured if turn is None else coloured.transpose(turn))


def is_picture(path: Path) -> bool:
    """Whether a file is one, by its name, or else by how it begins; its pixels are not looked at."""
    from PIL import Image

    Image.init()
    if Image.EXTENSION.get(path.suffix.lower()) in Image.OPEN.keys() - _NO_PICTURES:
        return True
    try:
        with Image.open(path) as picture:
            return picture.format not in _NO_PICTURES
    except (*_UNREADABLE, Image.DecompressionBombError):
        return False


def _turn(picture: "Image") -> "Transpose | None":
    """What makes it upright; None where it is, or where nobody can say."""
    from PIL.Image import Transpose

    try:
        orientation = picture.getexif().get(_ORIENTATION)
    except _UNREADABLE:
        return None
    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return turns.get(orientation) if isinstance(orientation, int) else None


def _in_8_bits(picture: "Image") -> "Image":
    """Samples of more than 8 bits or in floating point, scaled from the range of their kind; others as they are."""
    from PIL import Image

    if not picture.mode.startswith(("I", "F")):
        return picture
    samples = np.nan_to_num(np.asarray(picture, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    has_16_bits = picture.mode.startswith("I;16") or picture.format in ("PNG", "PPM")
    black, white = (0.0, _white(picture)) if has_16_bits and picture.mode != "F" else _range(samples)
    return Image.fromarray(np.clip(np.rint((samples - black) * (_WHITE_8 / (white - black))), 0, 255).astype(np.uint8))


def _white(picture: "Image") -> float:
    """Of 16-bit samples: less where a TIFF says that fewer bits are used, as cameras of 10 and 12 bits do."""
    bits = getattr(picture, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))[0]
    return float((1 << bits) - 1) if 8 < bits <= 16 else _WHITE_16


def _range(samples: NDArray[np.float64]) -> tuple[float, float]:
    """Black and white of samples (height, width) whose kind does not say: 0 and the next of 1, 2^8-1, 2^16-1, 2^32-1.

    With samples below 0 or above all of these it is their own least and greatest.
    """
    least, greatest = float(samples.min()), float(samples.max())
    if least >= 0:
        for white in (1.0, _WHITE_8, _WHITE_16, _WHITE_32):
            if greatest <= white:
                return 0.0, white
    return least, greatest
