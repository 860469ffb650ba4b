"""Which way up an MP4 is shown: its display matrix, which PyAV can read and cannot write."""

import struct
from pathlib import Path

from mainstream.footage.orientation import UPRIGHT, Orientation

_HEADER_BYTES = 1 << 20
"""that hold the track's header where the index comes first (`+faststart`)"""
_MATRIX = struct.Struct(">9i")
_BEFORE_MATRIX = {0: 36, 1: 48}
"""bytes of a track header (ISO/IEC 14496-12, 8.3.2) ahead of its matrix, by version"""


def turn_clip(path: Path, orientation: Orientation, width: int, height: int) -> None:
    """Make a clip of stored pictures of that size be shown that way up; `ValueError` where it has no track header."""
    if orientation == UPRIGHT:
        return
    with path.open("r+b") as file:
        header = file.read(_HEADER_BYTES)
        content = header.index(b"tkhd") + len(b"tkhd")
        file.seek(content + 4 + _BEFORE_MATRIX[header[content]])
        file.write(_MATRIX.pack(*orientation.matrix(width, height)))
