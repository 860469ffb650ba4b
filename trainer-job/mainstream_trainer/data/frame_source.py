"""Where training frames come from: a clip's training part or a folder of pictures, behind one small interface."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mainstream.api.video_stream import Crop


class FrameSource(Protocol):
    """The frames of one training part, in order."""

    @property
    def name(self) -> str:
        """For people."""
        ...

    @property
    def sha256(self) -> str:
        """Of everything that its pixels depend on."""
        ...

    @property
    def frames(self) -> int:
        """How many there are."""
        ...

    @property
    def skipped(self) -> tuple[str, ...]:
        """What of it cannot be decoded, and is left out."""
        ...

    @property
    def passed_over(self) -> tuple[str, ...]:
        """What lies beside it and is not part of it."""
        ...

    def read(self, crop: Crop | None, height: int, width: int, on_share: Callable[[float], None]) -> NDArray[np.uint8]:
        """Pixels (frames, height, width, 3) RGB; `on_share` is told the share that is done."""
        ...
