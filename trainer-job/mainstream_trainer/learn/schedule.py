"""How fast a candidate learns, and for how long, by the share of the base network that it specialises.

How long follows from the number of frames alone: nothing stops on what is counted, or a candidate would be as good as
the held-out frames let it look. Where layers have learnt before, it is shorter.
"""

import hashlib
from dataclasses import dataclass
from math import ceil, sqrt

from mainstream_trainer.settings import TrainingSettings

_WARM_UP_STEPS = 8
_MAX_AVERAGING = 0.95


@dataclass(frozen=True)
class Schedule:
    """Steps and learning rates of one candidate."""

    steps: int
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
    epoch = fit_frames / settings.batch_frames
    if frozen_share == 1.0:
        return Schedule(ceil(settings.frozen_epochs * epoch), 0.0, settings.frozen_head_learning_rate)
    epochs = settings.epochs_going_on if goes_on else settings.epochs
    return Schedule(
        steps=max(settings.least_steps, ceil(epochs * epoch)),
        learning_rate=settings.learning_rate * (1 + 2 * frozen_share),
        head_learning_rate=settings.head_learning_rate,
    )


def micro_steps(frames: int, settings: TrainingSettings) -> int:
    """Steps of a micro-head, by the number of frames of the whole training part: the same in each fold."""
    return ceil(settings.micro_steps * sqrt(frames))


def candidate_seed(seed: int, app: str, branch_point: int) -> int:
    """A seed of its own for each candidate, whatever else is trained beside it."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{app}/{branch_point}".encode()).digest()[:7])
