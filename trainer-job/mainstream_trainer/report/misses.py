"""Held-out frames that a candidate gets most wrong, as pictures."""

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

EXAMPLES = 6
_APART_FRAMES = 5
"""neighbours look alike: of them one is shown"""


@dataclass(frozen=True)
class Example:
    """One frame."""

    frame: int
    """counted from the start of the training part"""
    score: float
    picture: str
    """data URL"""


def worst(
    scores: NDArray[np.float64],
    present: NDArray[np.bool_],
    frames: NDArray[np.intp],
    pixels: Callable[[int], NDArray[np.uint8]],
) -> tuple[list[Example], list[Example]]:
    """Frames of events with the lowest scores below 1/2, and other frames with the highest from 1/2 on.

    `scores` and `present` (n,) belong to held-out `frames` (n,).
    """
    missed = [i for i in np.argsort(scores, kind="stable") if present[i] and scores[i] < 0.5]
    false = [i for i in np.argsort(-scores, kind="stable") if not present[i] and scores[i] >= 0.5]

    def examples(order: list[np.intp]) -> list[Example]:
        chosen: list[np.intp] = []
        for i in order:
            if all(abs(int(frames[i]) - int(frames[j])) >= _APART_FRAMES for j in chosen):
                chosen.append(i)
        return [Example(int(frames[i]), float(scores[i]), _data_url(pixels(int(frames[i])))) for i in chosen[:EXAMPLES]]

    return examples(missed), examples(false)


def _data_url(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
