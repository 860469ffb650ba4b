"""Where crops and masks lie in another picture of the same camera, and whether it is of the same. Pure.

They are in the pixels of the stream's own picture; its substream shows the same in other pixels, so each keeps its
place by share of width and height, whatever the aspects are.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop, Mask, Point

Size = tuple[int, int]
"""width and height, as shown"""
_SAME_ASPECT = 0.02
_SAME_CLOCK_S = 2.0
"""more than two profiles of a camera are ever apart on their way here"""
_ALIKE = 0.6
"""correlation of brightness; of two pictures of one scene it is above .9"""
_FLAT = 4.0
"""grey levels: less tells no scene from another, as at night"""
_KEPT = 256
"""crops and masks of streams"""


@lru_cache(maxsize=_KEPT)
def crop_in(crop: Crop | None, of: Size, size: Size) -> Crop | None:
    """The part of a picture of `size` that a crop names in one of size `of`; None is the whole picture."""
    if crop is None or of == size:
        return crop
    across, down = size[0] / of[0], size[1] / of[1]
    left, top = round(crop.x * across), round(crop.y * down)
    right, bottom = round((crop.x + crop.width) * across), round((crop.y + crop.height) * down)
    # Of a small picture it may have fewer pixels than anybody may declare.
    return Crop.model_construct(x=left, y=top, width=max(2, right - left), height=max(2, bottom - top))


def masks_in(masks: Sequence[Mask], of: Size, size: Size) -> tuple[Mask, ...]:
    """The masks of a picture of `size`; the rounding lies within the pixel by which masks are grown."""
    return tuple(_mask_in(mask, of, size) for mask in masks)


@lru_cache(maxsize=_KEPT)
def _mask_in(mask: Mask, of: Size, size: Size) -> Mask:
    if of == size:
        return mask
    across, down = size[0] / of[0], size[1] / of[1]
    points = tuple(Point.model_construct(x=round(each.x * across), y=round(each.y * down)) for each in mask.points)
    return Mask.model_construct(points=points)


def other_aspect(of: Size, size: Size) -> str | None:
    """A sentence's part where the substream's picture has another aspect than the stream's; None where it has not."""
    if abs(size[0] * of[1] / (size[1] * of[0]) - 1) <= _SAME_ASPECT:
        return None
    return (
        f"the substream's picture ({size[0]}x{size[1]}) has another aspect than the stream's ({of[0]}x{of[1]}); "
        "views keep their place if it shows the whole of it, squeezed, so see to that in the camera's settings"
    )


def other_clock(ahead_s: float) -> str | None:
    """The same where the substream's clock is ahead of the stream's by so much, or behind it (negative)."""
    if abs(ahead_s) <= _SAME_CLOCK_S:
        return None
    apart = f"{abs(ahead_s):,.0f} s {'ahead of' if ahead_s > 0 else 'behind'}"
    return f"the substream's clock is {apart} the stream's, whose times alerts have; set it in the camera's settings"


def other_scene(of: NDArray[np.float32], shown: NDArray[np.float32]) -> bool:
    """Whether brightness (rows, columns) of two pictures taken at about one time, each 0 to 255, tells two scenes."""
    one, other = of - of.mean(), shown - shown.mean()
    if min(one.std(), other.std()) < _FLAT:
        return False
    return float((one * other).mean() / (one.std() * other.std())) < _ALIKE
