"""Which way up, for all eight ways in which a picture can lie. Matrices as ISO 14496-12 has them, 65536 is one."""

import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from mainstream.footage.orientation import Orientation

STORED = np.arange(6, dtype=np.uint8).reshape(2, 3, 1).repeat(3, axis=2)
"""two rows, three columns"""
SHOWN = {
    (1, 0, 0, 1): STORED,
    (0, 1, -1, 0): np.rot90(STORED, -1),
    (-1, 0, 0, -1): np.rot90(STORED, 2),
    (0, -1, 1, 0): np.rot90(STORED, 1),
    (-1, 0, 0, 1): STORED[:, ::-1],
    (1, 0, 0, -1): STORED[::-1],
    (0, 1, 1, 0): STORED.transpose(1, 0, 2),
    (0, -1, -1, 0): np.rot90(STORED, 2).transpose(1, 0, 2),
}


def orientation(right: tuple[int, int], down: tuple[int, int]) -> Orientation:
    one = 1 << 16
    return Orientation.of_matrix(
        struct.pack("=9i", right[0] * one, right[1] * one, 0, down[0] * one, down[1] * one, 0, 0, 0, 1 << 30)
    )


@pytest.mark.parametrize(("axes", "shown"), SHOWN.items())
def test_a_picture_is_turned_and_mirrored_as_its_matrix_says(
    axes: tuple[int, int, int, int], shown: NDArray[np.uint8]
) -> None:
    upright = orientation(axes[:2], axes[2:]).upright(STORED)
    np.testing.assert_array_equal(upright, shown)
    np.testing.assert_array_equal(orientation(axes[:2], axes[2:]).laid_down(shown[..., 0] > 2), STORED[..., 0] > 2)
    assert orientation(axes[:2], axes[2:]).size(3, 2) == (shown.shape[1], shown.shape[0])


@pytest.mark.parametrize("axes", SHOWN)
def test_a_box_of_the_shown_picture_is_found_in_the_stored_one(axes: tuple[int, int, int, int]) -> None:
    turned = orientation(axes[:2], axes[2:])
    stored = np.arange(60 * 80, dtype=np.uint32).astype(np.uint8).reshape(60, 80, 1).repeat(3, axis=2)
    shown = turned.upright(stored)
    left, top, width, height = 5, 7, 20, 30
    x, y, stored_width, stored_height = turned.stored((left, top, width, height), shown.shape[1], shown.shape[0])
    part = turned.upright(stored[y : y + stored_height, x : x + stored_width])
    np.testing.assert_array_equal(part, shown[top : top + height, left : left + width])


@pytest.mark.parametrize("axes", SHOWN)
def test_a_matrix_that_is_written_is_read_back_and_keeps_the_picture_in_its_frame(
    axes: tuple[int, int, int, int],
) -> None:
    turned = orientation(axes[:2], axes[2:])
    matrix = turned.matrix(3, 2)
    assert Orientation.of_matrix(struct.pack("=9i", *matrix)) == turned
    assert (matrix[0], matrix[1], matrix[3], matrix[4]) == tuple(axis << 16 for axis in axes)
    corners = [
        ((matrix[0] * x + matrix[3] * y + matrix[6]) >> 16, (matrix[1] * x + matrix[4] * y + matrix[7]) >> 16)
        for x in (0, 3)
        for y in (0, 2)
    ]
    width, height = turned.size(3, 2)
    assert set(corners) == {(0, 0), (0, height), (width, 0), (width, height)}
