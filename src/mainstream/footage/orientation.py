"""Which way up a picture is shown: what the display matrix of a phone's video says."""

import struct
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""left, top, width, height"""

_Pixel = TypeVar("_Pixel", np.uint8, np.bool_)
_MATRIX = struct.Struct("=9i")


@dataclass(frozen=True)
class Orientation:
    """How stored pixels become shown ones: columns and rows are swapped, then each is reversed or not."""

    swapped: bool = False
    columns_reversed: bool = False
    rows_reversed: bool = False

    @classmethod
    def of_matrix(cls, matrix: bytes) -> "Orientation":
        """Of a display matrix as libavutil keeps it; an angle in between becomes the nearest quarter turn.

        Its first two rows say where the stored picture's right and its lower side point in the shown one.
        """
        right_x, right_y, _, down_x, down_y, *_ = _MATRIX.unpack_from(matrix)
        if abs(right_x) >= abs(right_y):
            return cls(columns_reversed=right_x < 0, rows_reversed=down_y < 0)
        return cls(swapped=True, columns_reversed=down_x < 0, rows_reversed=right_y < 0)

    def matrix(self, width: int, height: int) -> tuple[int, ...]:
        """The display matrix of a stored picture of that size, as MP4 keeps it: nine numbers, `of_matrix` read back."""
        across, down = (-1 if reverse else 1 for reverse in (self.columns_reversed, self.rows_reversed))
        shown_width, shown_height = self.size(width, height)
        right, lower = ((0, down), (across, 0)) if self.swapped else ((across, 0), (0, down))
        shift = (shown_width if self.columns_reversed else 0, shown_height if self.rows_reversed else 0)
        rows = ((*right, 0), (*lower, 0), (*shift, 1 << 14))
        return tuple(number << 16 for row in rows for number in row)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height as shown of what is stored so, and the other way round."""
        return (height, width) if self.swapped else (width, height)

    def stored(self, box: Box, shown_width: int, shown_height: int) -> Box:
        """Where a box of the shown picture lies in the stored one."""
        left, top, width, height = box
        if self.columns_reversed:
            left = shown_width - left - width
        if self.rows_reversed:
            top = shown_height - top - height
        return (top, left, height, width) if self.swapped else (left, top, width, height)

    def upright(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Stored pixels (rows, columns, 3) as they are shown."""
        return np.ascontiguousarray(self._reversed(pixels.swapaxes(0, 1) if self.swapped else pixels))

    def laid_down(self, shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """`upright` the other way round: a mask (rows, columns) of the shown picture, for stored pixels."""
        turned = self._reversed(shown)
        return np.ascontiguousarray(turned.swapaxes(0, 1) if self.swapped else turned)

    def _reversed(self, pixels: NDArray[_Pixel]) -> NDArray[_Pixel]:
        return pixels[:: -1 if self.rows_reversed else 1, :: -1 if self.columns_reversed else 1]


UPRIGHT = Orientation()
