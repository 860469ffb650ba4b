"""A frame on its way to the engine."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DueFrame:
    """One frame of one view, and the apps that analyse it."""

    view: int
    """number of the view in `plan_views(plan)`"""
    pixels: NDArray[np.uint8]
    """(height, width, 3), RGB"""
    apps: tuple[str, ...]
