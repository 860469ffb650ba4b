"""Fine-tuned candidates over folds, for who can pay: one candidate a fold, which never saw its block, and what ships.

Each goes on from another one of the same fold, so no block is learnt from on any way. All take as many steps, by the
number of frames of the whole part, and begin alike; what ships learns on everything.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mainstream_trainer.data.folds import Folds
from mainstream_trainer.data.held_out import HeldOut
from mainstream_trainer.learn.candidate import Lesson, TrainedCandidate


def lesson_of_fold(lesson: Lesson, folds: Folds, fold: int) -> Lesson:
    """What the models of one fold learn from, and the block that they score."""
    return replace(lesson, held_out=folds.division(fold), steps_for=len(lesson.present))


def lesson_of_all(lesson: Lesson, folds: Folds) -> Lesson:
    """What ships learns on every frame; what it would score is not counted."""
    return replace(lesson, held_out=HeldOut(np.arange(len(lesson.present)), folds.blocks))


def with_scores_of(shipped: TrainedCandidate, members: Sequence[TrainedCandidate], folds: Folds) -> TrainedCandidate:
    """What ships, with the scores of the frames that are in a fold, each by the member that never saw its block."""
    of = folds.fold_of[folds.frames]
    scores = np.empty(len(of))
    for fold, member in enumerate(members):
        scores[of == fold] = member.scores
    return replace(shipped, scores=scores)
