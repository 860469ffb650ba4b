"""How fast a candidate learns, and when it stops, by the share of the base network that it specialises.

One rule for every candidate: it stops when its held-out ranking has not got better for a while. Where layers have
learnt before, the while is shorter: what patience is for, a head and layers that take shape, lies behind it.
"""

import hashlib
from dataclasses import dataclass
from math import ceil

from mainstream_trainer.settings import TrainingSettings

_WARM_UP_STEPS = 8
_MAX_AVERAGING = 0.95


@dataclass(frozen=True)
class Schedule:
    """Steps and learning rates of one candidate."""

    looks: int
    """at the held-out frames, at most"""
    patience_looks: int
    steps_per_look: int
    learning_rate: float
    """of the specialised layers"""
    head_learning_rate: float

    def factor(self, step: int) -> float:
        """Of the learning rate, at a step counted from 0: a short rise, then level; averaging does what decay would."""
        return min(1.0, (step + 1) / _WARM_UP_STEPS)

    def averaging(self, step: int) -> float:
        """How much of the moving average of the weights stays at a step."""
        return min(_MAX_AVERAGING, (2 + step) / (11 + step))


def schedule(frozen_share: float, fit_frames: int, settings: TrainingSettings, *, goes_on: bool = False) -> Schedule:
    """Schedule of a candidate whose stem has `frozen_share` (0 to 1) of the base network's operations, and whose layers
    begin to learn, or go on.

    Little frozen: slower, so that good layers are not undone.
    """
    epoch = ceil(fit_frames / settings.batch_frames)
    if frozen_share == 1.0:
        return Schedule(
            settings.frozen_epochs, settings.frozen_patience_epochs, epoch, 0.0, settings.frozen_head_learning_rate
        )
    patience = settings.patience_looks + round(settings.extra_patience_looks * frozen_share)
    going_on = max(settings.patience_looks_going_on, ceil(1 / (1 - frozen_share)))
    return Schedule(
        looks=ceil(settings.epochs / settings.look_epochs),
        patience_looks=min(patience, going_on) if goes_on else patience,
        steps_per_look=max(1, round(settings.look_epochs * epoch)),
        learning_rate=settings.learning_rate * (1 + 2 * frozen_share),
        head_learning_rate=settings.head_learning_rate,
    )


def candidate_seed(seed: int, app: str, branch_point: int) -> int:
    """A seed of its own for each candidate, whatever else is trained beside it."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{app}/{branch_point}".encode()).digest()[:7])
