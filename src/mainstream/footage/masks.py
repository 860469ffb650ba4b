"""Parts of a picture that nobody may see: grey in the decoded frame, before anything else looks at it.

What is masked is grey before any scaling, so that a network, a picture of an alert or a frame that is trained on gets
none of it, not even at the edge: a pixel that the polygon touches is masked whole, and so is each chroma sample of it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from mainstream.api.video_stream import Mask
from mainstream.errors import InvalidInputError
from mainstream.footage.orientation import Orientation
from mainstream.footage.shown import orientation_of

if TYPE_CHECKING:
    import av

_KEPT = 32
"""masks of streams, as pixels: a byte for each pixel of a picture, and for each chroma sample"""


def grey_out(frame: "av.VideoFrame", masks: Sequence[Mask], orientation: Orientation | None = None) -> None:
    """Make what is masked grey, in place; the decoder's own copy stays as it is.

    `orientation` is of a frame that does not tell its own. Raises `InvalidInputError` where a mask reaches out of the
    picture, or the format is one in which pixels cannot be told apart.
    """
    if not masks:
        return
    way_up = orientation_of(frame) if orientation is None else orientation
    shown = way_up.size(frame.width, frame.height)
    for mask in masks:
        if (problem := mask.problem_in(*shown)) is not None:
            raise InvalidInputError(problem, field="masks")
    form = frame.format
    if form.has_palette or form.is_bit_stream or form.is_big_endian:
        raise InvalidInputError(f"of a stream in the format {form.name} cannot be grey", field="masks")
    frame.make_writable()
    for number, plane in enumerate(frame.planes):
        parts = [each for each in form.components if each.plane == number]
        sample = np.dtype(np.uint8 if parts[0].bits <= 8 else np.uint16)
        lines = np.frombuffer(plane, dtype=sample).reshape(-1, plane.line_size // sample.itemsize)  # type: ignore[call-overload]
        width, height = parts[0].width, parts[0].height
        pixels = lines[:height, : width * len(parts)].reshape(height, width, len(parts))
        grey = (1 << (parts[0].bits - 1)) << (6 if form.name.startswith("p01") else 0)
        hidden = _plane_mask(tuple(masks), shown, way_up, width, height)
        np.copyto(pixels, grey, where=hidden[:, :, np.newaxis])


@lru_cache(maxsize=2 * _KEPT)
def _plane_mask(
    masks: tuple[Mask, ...], shown: tuple[int, int], orientation: Orientation, width: int, height: int
) -> NDArray[np.bool_]:
    """The mask for a plane that has a sample for several pixels: one that stands for a masked pixel is masked."""
    mask = _stored_mask(masks, *shown, orientation)
    across, down = -(-mask.shape[1] // width), -(-mask.shape[0] // height)
    if across == down == 1:
        return mask
    padded = np.zeros((height * down, width * across), dtype=bool)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    return cast("NDArray[np.bool_]", padded.reshape(height, down, width, across).any(axis=(1, 3)))


@lru_cache(maxsize=_KEPT)
def _stored_mask(masks: tuple[Mask, ...], width: int, height: int, orientation: Orientation) -> NDArray[np.bool_]:
    """Which pixels (rows, columns) of the stored picture are masked; the sizes are those of the shown one."""
    covered = np.zeros((height, width), dtype=bool)
    for mask in masks:
        covered |= _covered(mask, width, height)
    return orientation.laid_down(covered)


def _covered(mask: Mask, width: int, height: int) -> NDArray[np.bool_]:
    """Pixels whose middle lies within the polygon (even-odd rule), and all that touch one of them or its outline."""
    x = np.array([point.x for point in mask.points], dtype=float)
    y = np.array([point.y for point in mask.points], dtype=float)
    middle_x, middle_y = np.arange(width) + 0.5, np.arange(height) + 0.5
    inside = np.zeros((height, width), dtype=bool)
    for start, end in zip(range(len(x)), [*range(1, len(x)), 0], strict=True):
        crossed = (y[start] > middle_y) != (y[end] > middle_y)
        rise = y[end] - y[start] or 1.0
        at_x = x[start] + (middle_y - y[start]) * (x[end] - x[start]) / rise
        inside ^= crossed[:, None] & (middle_x[None, :] < at_x[:, None])
        inside |= _outline((x[start], y[start]), (x[end], y[end]), width, height)
    grown = inside.copy()
    grown[1:] |= inside[:-1]
    grown[:-1] |= inside[1:]
    grown[:, 1:] |= inside[:, :-1]
    grown[:, :-1] |= inside[:, 1:]
    return grown


def _outline(start: tuple[float, float], end: tuple[float, float], width: int, height: int) -> NDArray[np.bool_]:
    """Pixels along an edge, half a pixel apart."""
    steps = 2 * int(max(abs(end[0] - start[0]), abs(end[1] - start[1]))) + 2
    share = np.linspace(0.0, 1.0, steps)
    columns = np.clip(np.floor(start[0] + share * (end[0] - start[0])), 0, width - 1).astype(int)
    rows = np.clip(np.floor(start[1] + share * (end[1] - start[1])), 0, height - 1).astype(int)
    found = np.zeros((height, width), dtype=bool)
    found[rows, columns] = True
    return found
