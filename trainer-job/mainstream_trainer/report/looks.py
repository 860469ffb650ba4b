"""What a flat head looks at, drawn over the view: where a picture of the event moves its score, and which way."""

import base64
import io
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from mainstream.nn.heads.micro import MicroHead

_FRAMES = 32
"""of either kind that are looked at, evenly spaced"""
_STRONGEST = 0.65
"""of the colour over the picture, where a place counts most"""
_FOR, _AGAINST = np.array([214, 64, 32]), np.array([32, 96, 214])


def drawn_over_view(
    head: MicroHead,
    maps: Callable[[NDArray[np.intp]], torch.Tensor],
    pixels: Callable[[int], NDArray[np.uint8]],
    present: NDArray[np.bool_],
) -> str:
    """A picture as a data URL: red where the event raises the score, blue where it lowers it, over a frame of it.

    `maps` gives the tap's maps (n, channels, h, w) of frames, `pixels` a frame (height, width, 3); `present` (frames,).
    """
    shown, other = (_spaced(np.flatnonzero(of)) for of in (present, ~present))
    with torch.inference_mode():
        weighted = [(head.seen(maps(frames)) * head.weight).sum(dim=1).mean(dim=0) for frames in (shown, other)]
    difference = (weighted[0] - weighted[1]).cpu().numpy()
    return _data_url(_blended(difference, pixels(int(shown[len(shown) // 2]))))


def _spaced(frames: NDArray[np.intp]) -> NDArray[np.intp]:
    spaced: NDArray[np.intp] = frames[
        np.unique(np.linspace(0, len(frames) - 1, min(_FRAMES, len(frames))).round().astype(int))
    ]
    return spaced


def _blended(difference: NDArray[np.float32], picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`difference` (h, w) as colours over a grey picture (height, width, 3)."""
    height, width, _ = picture.shape
    scaled = np.asarray(Image.fromarray(difference).resize((width, height), Image.Resampling.BILINEAR))
    strength = _STRONGEST * np.abs(scaled) / max(float(np.abs(difference).max()), 1e-9)
    colour = np.where(scaled[..., None] > 0, _FOR, _AGAINST)
    grey = picture.mean(axis=2, keepdims=True).repeat(3, axis=2)
    mixed: NDArray[np.float64] = grey * (1 - strength[..., None]) + colour * strength[..., None]
    return np.rint(mixed).astype(np.uint8)


def _data_url(picture: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
