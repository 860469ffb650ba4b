"""Variants of a frame as a fixed camera could have seen it: other light, contrast and noise, a nudged mount.

Never moved far, and mirrored only where asked for: what these apps look for is known by where it is.
"""

import numpy as np
from numpy.typing import NDArray

from mainstream_trainer.settings import TrainingSettings


def varied(frame: NDArray[np.uint8], settings: TrainingSettings, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One variant of a frame (height, width, 3)."""
    height, width, _ = frame.shape
    margin = settings.shift_pixels
    down, right = rng.integers(0, 2 * margin + 1, 2)
    padded = np.pad(frame, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    moved = padded[down : down + height, right : right + width].astype(np.float32)
    if settings.mirrored and rng.random() < 0.5:
        moved = moved[:, ::-1]
    mean = moved.mean()
    contrast = 1 + rng.uniform(-settings.contrast, settings.contrast)
    brightness = rng.uniform(-settings.brightness, settings.brightness)
    noise = settings.noise * rng.standard_normal(moved.shape, dtype=np.float32)
    changed = (moved - mean) * contrast + mean + brightness + noise
    pixels: NDArray[np.uint8] = np.clip(np.rint(changed), 0, 255).astype(np.uint8)
    return pixels
