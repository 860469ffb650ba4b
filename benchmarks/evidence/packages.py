"""Packages of a pool's apps: trained by M-Trainer as any tenant's are, and found again on a second run."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mainstream.mpackage.manifest import Manifest, MeasuredEventStatistics, Statistic
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.request import PictureData, Progress, TrainingRequest
from mainstream_trainer.settings import TrainingSettings
from mainstream_trainer.training import Resources, train_apps
from pools import Pool
from results import FOLDER, QUICK
from workloads import package_name

BASE = "efficientnet-lite0-96"
"""pictures of the pools are 28 and 100 pixels wide; more input would only cost"""
STORE = FOLDER / "store"


@dataclass(frozen=True)
class Recipe:
    """How packages are trained: short, the same for every pool and never tuned, as what counts is how policies compare
    on the packages there are."""

    branch_points: tuple[int, ...]
    settings: TrainingSettings


RECIPE = Recipe(
    branch_points=(0, 10, 15) if QUICK else (0, 6, 10, 13, 15),
    settings=TrainingSettings(
        variants=1 if QUICK else 2, stride=1, epochs=1 if QUICK else 4, frozen_epochs=30, heads=()
    ),
)


def pool_packages(
    pool: Pool,
    groups: Sequence[tuple[int, ...]],
    base: str = BASE,
    *,
    recipe: Recipe = RECIPE,
    store: Path = STORE,
    work: Path = FOLDER / "training",
    checkpoints: Path | None = None,
) -> dict[str, Manifest]:
    """One package for each group of classes that is an app's event; its version names the base network.

    Candidates with what folds say of them stay in `checkpoints`, where that is given.
    """
    requests = [pool_request(pool, group, base, recipe) for group in groups]
    # Finished candidates are kept, so that a run that was cut short goes on where it was.
    resources = Resources(work=work, checkpoints=None if checkpoints is None else FolderStore(checkpoints))
    manifests = train_apps(requests, FolderStore(store), on_progress=_Teller(), resources=resources)
    return {manifest.name: manifest for manifest in manifests}


def pool_request(pool: Pool, group: tuple[int, ...], base: str, recipe: Recipe) -> TrainingRequest:
    """What the trainer is asked for one group of classes."""
    # Events differ from workload to workload, so what a package says of them is stated for each workload anew.
    placeholder = MeasuredEventStatistics(
        length_s=Statistic(value=1.0, source="declared"),
        frequency=Statistic(value=0.1, source="declared"),
        correlation=Statistic(value=0.5, source="declared"),
    )
    data = PictureData(
        folder=Path(pool.folder),
        event_classes=tuple(pool.classes[label] for label in group),
        statistics=placeholder,
        fit_share=pool.fit_share,
        held_out_share=pool.held_out_share,
        gap_pictures=0,
    )
    return TrainingRequest(
        data,
        package_name(pool.name, group),
        base=base,
        branch_points=recipe.branch_points,
        version=base,
        settings=recipe.settings,
    )


class _Teller:
    """Says which app is ready."""

    def __init__(self) -> None:
        self._ready: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        if progress.share >= 1.0 and progress.step not in self._ready:
            self._ready.add(progress.step)
            print(f"{progress.step}: {progress.detail}", flush=True)
