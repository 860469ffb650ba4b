"""Packages that the evidence stands on: M-Trainer's own, by its default settings, each trained once for all judges.

Kept in out/bench/packages with what the folds of every micro-head say of each photo: a micro-head that ships has learnt
from every photo that the trainer opens, and knows them too well.
"""

from collections.abc import Sequence

import numpy as np

from common.results import BENCH, FOLDER, QUICK
from mainstream.arrays import FloatArray
from mainstream.errors import InvalidInputError
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.registry import load_base_network
from mainstream_trainer.app_training import inputs_digest
from mainstream_trainer.data.declared import declare
from mainstream_trainer.data.preparation import Preparation
from mainstream_trainer.learn.checkpoints import Checkpoints
from mainstream_trainer.request import PictureData, Progress, TrainingRequest
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.training import Resources, train_apps
from photos.pools import Pool

BASE = "efficientnet-lite0-96"
"""photos of the pools are 28 and 100 pixels wide; more input would only cost"""
KEPT = FOLDER if QUICK else BENCH / "packages"
STORE, CHECKPOINTS = KEPT / "store", KEPT / "checkpoints"
_EVENTS = {"length_s": 2.0, "frequency": 0.1, "correlation": 0.3}
DEFAULTS = TrainingSettings()
QUICK_APPS = 4
QUICK_SETTINGS = TrainingSettings(variants=1, stride=1, epochs=1, epochs_going_on=1, micro_steps=3, folds=3)

Scores = dict[tuple[str, str], FloatArray]
"""by package and candidate, (photos,)"""


def pool_requests(
    pool: Pool, apps: int | None = None, settings: TrainingSettings = DEFAULTS, seed: int = 0, *, whole: bool = True
) -> list[TrainingRequest]:
    """An app for each class of photos, or for the first `apps` alone; without `whole` networks they take minutes."""
    return [
        TrainingRequest(
            PictureData(
                pool.folder,
                (each,),
                declare("bench", **_EVENTS),
                fit_share=pool.fit_share,
                held_out_share=pool.held_out_share,
                gap_pictures=0,
            ),
            f"{pool.name}-{each.lower()}",
            base=BASE,
            seed=seed,
            version=f"seed-{seed}" if whole else f"frozen-seed-{seed}",
            branch_points=None if whole else (load_base_network(BASE).depth,),
            settings=settings,
        )
        for each in pool.classes[:apps]
    ]


def trained(requests: Sequence[TrainingRequest]) -> dict[str, Manifest]:
    """Their packages by name; trained where they are not yet."""
    # Finished candidates are kept: what is cut short goes on where it was, and folds are read from them.
    resources = Resources(work=KEPT / "training", checkpoints=FolderStore(CHECKPOINTS))
    manifests = train_apps(requests, FolderStore(STORE), on_progress=_Teller(), resources=resources)
    return {manifest.name: manifest for manifest in manifests}


def learnt_scores(requests: Sequence[TrainingRequest]) -> Scores:
    """What every candidate said of photos that its weights had not seen, class by class: a micro-head by its folds of
    all that the trainer opens, a fine-tuned candidate of those that are held out.

    `InvalidInputError` where a candidate was not kept.
    """
    store, preparation = FolderStore(CHECKPOINTS), Preparation()
    scores: Scores = {}
    for request in requests:
        job = preparation.prepare(request)
        finished = Checkpoints(store, inputs_digest(job), job.network)
        for name in (*(form.name for form in job.forms), *(f"tuned-{k}" for k in job.branch_points)):
            candidate = finished.load(name)
            if candidate is None:
                message = f"lacks {name} of {request.app}; remove the folder above it, so that packages are made anew"
                raise InvalidInputError(message, source=CHECKPOINTS)
            frames = job.scored_frames(candidate.kind)
            if not np.all(np.diff(frames) > 0):
                raise InvalidInputError(f"has pictures of {request.app} in another order", source=CHECKPOINTS)
            scores[request.app, name] = candidate.scores
    return scores


class _Teller:
    """Says which app is ready."""

    def __init__(self) -> None:
        self._ready: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        if progress.share >= 1.0 and progress.step not in self._ready:
            self._ready.add(progress.step)
            print(f"{progress.step}: {progress.detail}", flush=True)
