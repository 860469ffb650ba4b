"""What a video file delivers, found by opening it."""

from pathlib import Path

import av

from mainstream.errors import InvalidInputError
from mainstream.footage.reading import open_footage
from mainstream.footage.shown import shown_size
from mainstream.footage.stream_fit import DeliveredPicture


def look_at(path: Path) -> DeliveredPicture:
    """Size of the first picture as shown, and the rate that is told; `InvalidInputError` where it is no video."""
    with open_footage(path) as (container, video):
        try:
            width, height = shown_size(next(container.decode(video)))
        except (av.FFmpegError, StopIteration, IndexError) as error:
            raise InvalidInputError("holds no frame that can be decoded", source=path) from error
        return DeliveredPicture(width, height, float(video.average_rate) if video.average_rate else None)
