"""What the folds of pools' packages say of held-out photos: scores of micro-heads by weights that never saw them.

A micro-head that ships has learnt from every photo, held-out ones too, and knows them too well. The trainer keeps
what its folds say of each photo beside every finished candidate, and there it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.app_training import inputs_digest
from mainstream_trainer.data.preparation import Preparation
from mainstream_trainer.learn.checkpoints import Checkpoints
from mainstream_trainer.request import TrainingRequest
from photo_scores import Scores


def fold_scores(requests: Sequence[TrainingRequest], checkpoints: Path) -> Scores:
    """Of every micro-head of these packages, the held-out photos class by class.

    `InvalidInputError` where a candidate was not kept.
    """
    store, preparation = FolderStore(checkpoints), Preparation()
    scores: Scores = {}
    for request in requests:
        job = preparation.prepare(request)
        finished = Checkpoints(store, inputs_digest(job), job.network)
        held_out = np.searchsorted(job.folds.frames, job.held_out.frames)
        for form in job.forms:
            trained = finished.load(form.name)
            if trained is None:
                raise InvalidInputError(
                    f"lacks {form.name} of {request.app}; remove the folder above it, so that packages are made anew",
                    source=checkpoints,
                )
            scores[request.app, form.name] = trained.scores[held_out]
    return scores
