"""Whether what is declared of a stream fits what it delivers: one check for plan, run and status.

Pure. A view beyond the picture cannot be looked at; a rate that is declared wrongly is said, and times stay the
stream's own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mainstream.api.video_stream import Crop, Mask

_SAME_RATE = 0.1
"""share by which a camera's rate may differ from the declared one before it is said"""


@dataclass(frozen=True)
class DeliveredPicture:
    """What a stream delivers, each as far as it is known."""

    width: int | None
    """as shown, like the height"""
    height: int | None
    fps: float | None

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height, where both are known."""
        return None if self.width is None or self.height is None else (self.width, self.height)


def reaches_out(crop: Crop | None, width: int | None, height: int | None) -> bool:
    """Whether a crop reaches beyond a picture of that size, as far as that is known."""
    if crop is None or width is None or height is None:
        return False
    return crop.problem_in(width, height) is not None


def view_beyond_picture(views: Mapping[str, Crop | None], delivered: DeliveredPicture) -> str | None:
    """A sentence about the first view that reaches beyond the picture, None where all lie in it."""
    for name, crop in views.items():
        if reaches_out(crop, delivered.width, delivered.height):
            size = f"{delivered.width}x{delivered.height}"
            return f"The picture is {size}, and view {name} reaches beyond it; change the view or the camera."
    return None


def mask_beyond_picture(masks: Iterable[Mask], delivered: DeliveredPicture) -> str | None:
    """A sentence where a mask reaches beyond the picture, None where all lie in it."""
    if delivered.size is None or all(mask.problem_in(*delivered.size) is None for mask in masks):
        return None
    size = f"{delivered.width}x{delivered.height}"
    return f"The picture is {size}, and spec.masks reach beyond it, so no frame is analysed; move their points into it."


def other_rate(declared_fps: float, delivered: DeliveredPicture) -> str | None:
    """A sentence about a rate that is not the declared one, None where they agree."""
    if delivered.fps is None or abs(delivered.fps / declared_fps - 1) <= _SAME_RATE:
        return None
    return (
        f"Frames come at {delivered.fps:.3g} a second, and {declared_fps:g} are declared; set framesPerSecond to what "
        "the stream delivers. Times are the stream's own."
    )
