"""How long and how fast a candidate learns, by the share of the base network that it specialises."""

from dataclasses import dataclass
from math import ceil, cos, pi

from mainstream_trainer.settings import TrainingSettings

_WARM_UP_SHARE = 0.1
"""of all steps, in which the learning rate rises"""
_MAX_AVERAGING = 0.95


@dataclass(frozen=True)
class Schedule:
    """Steps and learning rates of one candidate."""

    epochs: int
    patience_epochs: int
    steps_per_epoch: int
    learning_rate: float
    """of the specialised layers, at its peak"""
    head_learning_rate: float

    def factor(self, step: int) -> float:
        """Of the peak learning rate, at a step counted from 0: a short rise, then half a cosine down to 0."""
        steps = self.epochs * self.steps_per_epoch
        return min(1.0, (step + 1) / (_WARM_UP_SHARE * steps)) * (0.5 + 0.5 * cos(pi * step / steps))

    def averaging(self, step: int) -> float:
        """How much of the moving average of the weights stays at a step."""
        return min(_MAX_AVERAGING, (2 + step) / (11 + step))


def schedule(frozen_share: float, fit_frames: int, settings: TrainingSettings) -> Schedule:
    """Schedule of a candidate whose stem has `frozen_share` (0 to 1) of the base network's operations.

    Little frozen: slower, so that good layers are not undone, and shorter, since every step is dearer.
    """
    steps = ceil(fit_frames / settings.batch_frames)
    if frozen_share == 1.0:
        return Schedule(
            settings.frozen_epochs, settings.frozen_patience_epochs, steps, 0.0, settings.frozen_head_learning_rate
        )
    return Schedule(
        epochs=settings.epochs + round(settings.extra_epochs * frozen_share),
        patience_epochs=settings.patience_epochs,
        steps_per_epoch=steps,
        learning_rate=settings.learning_rate * (1 + 2 * frozen_share),
        head_learning_rate=settings.head_learning_rate,
    )
