"""What the trainer is asked for, and how it tells how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.api.video_stream import Crop
from mainstream_trainer.settings import TrainingSettings

DEFAULT_BASE = "efficientnet-lite0"
DEFAULT_BRANCH_POINTS = (0, 7, 11, 15)


@dataclass(frozen=True)
class TrainingRequest:
    """One app's package to be made."""

    video: Path
    labels: Path
    """in the form of `mainstream.labels`; only its training part is looked at"""
    app: str
    """of the labels file; also the package's name"""
    base: str = DEFAULT_BASE
    branch_points: tuple[int, ...] = DEFAULT_BRANCH_POINTS
    """of the candidates; 0 (nothing frozen) and the last (everything frozen) are always among them"""
    crop: Crop | None = None
    """the view; None is the whole picture"""
    version: str = "1"
    seed: int = 0
    settings: TrainingSettings = field(default_factory=TrainingSettings)


@dataclass(frozen=True)
class Progress:
    """How far one step is."""

    step: str
    """an app's name, or what is done for all of them"""
    detail: str
    """what of it is being done"""
    share: float
    """of the step that is done, 0 to 1"""


OnProgress = Callable[[Progress], None]
"""called from several threads"""


def ignore_progress(_: Progress) -> None:
    """For those who do not want to know."""
