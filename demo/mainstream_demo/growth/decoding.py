"""Which frames of a clip there are to look at, in each mode of decoding."""

from typing import Literal

import numpy as np

from mainstream.arrays import IntArray
from mainstream.footage.reading import open_footage
from mainstream.messages.node_profile import DecodeModeName
from mainstream_trainer.data.clip import ClipPart

_PASSED_OVER: dict[DecodeModeName, Literal["NONREF", "NONKEY"]] = {"reference": "NONREF", "keyframes": "NONKEY"}


def decoded_frames(played: ClipPart, mode: DecodeModeName) -> IntArray:
    """Numbers of the frames that are decoded, ascending, counted from the first that is played."""
    first, end = played.part
    if mode not in _PASSED_OVER:
        return np.arange(end - first)
    index = played.clip.index
    with open_footage(played.clip.path) as (container, video):
        video.codec_context.skip_frame = _PASSED_OVER[mode]
        numbers = {index.number(frame.pts, due=-1) for frame in container.decode(video)}
    return np.array(sorted(number - first for number in numbers if first <= number < end), dtype=np.int64)
