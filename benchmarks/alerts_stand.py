"""What the judges on real scores stand on: pools of photos, their apps' packages, what frames cost, all scores.

Made once and kept in out/bench/alerts, so that a run which is cut short goes on where it was. Packages are the product
trainer's, small ones (three fine-tuned candidates after one pass over the photos, and micro-heads), since what counts
is how predictions compare with what is played. Photos are those of the evidence (benchmarks/evidence/pools.py); nothing
was chosen on test photos.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness import FOLDER

sys.path.append(str(Path(__file__).parent / "evidence"))

from fold_scores import fold_scores

from cells import BUDGET_APPS, event_groups
from live import measure_profile
from mainstream.messages.node_profile import NodeProfile, read_node_profile
from mainstream.mpackage.event_statistics import statistics_of
from mainstream.mpackage.manifest import Manifest
from mainstream.planner import App
from mainstream.planner.tables.known import option_table
from mainstream.workload.caution import cautious_candidate
from mainstream_trainer.settings import TrainingSettings
from packages import BASE, Recipe, pool_packages, pool_request
from photo_scores import Pictures, Scores, photo_scores
from pools import Pool
from workloads import STREAM

KEPT = FOLDER / "alerts"
STORE, CHECKPOINTS = KEPT / "store", KEPT / "checkpoints"
SMALL = Recipe(
    branch_points=(0, 7, 15),
    settings=TrainingSettings(variants=1, stride=1, epochs=1, frozen_epochs=30),
)
SMALL_CLIP = TrainingSettings(variants=2, stride=1, epochs=1, frozen_epochs=30)


@dataclass(frozen=True)
class Stand:
    """One pool."""

    pool: Pool

    @cached_property
    def packages(self) -> dict[str, Manifest]:
        """One of each class."""
        work = KEPT / "training"
        return pool_packages(
            self.pool, self._groups, BASE, recipe=SMALL, store=STORE, work=work, checkpoints=CHECKPOINTS
        )

    @cached_property
    def profile(self) -> NodeProfile:
        """What frames cost on this machine: measured once."""
        path = KEPT / f"profile-{self.pool.name}.json"
        if not path.exists():
            measured = measure_profile(BASE, STREAM, self.pool.held_out)
            path.write_text(measured.model_dump_json(indent=1), encoding="utf-8")
        return read_node_profile(path)

    @cached_property
    def held_out(self) -> Scores:
        """Of held-out photos, by weights that never saw them: those of folds for micro-heads, as what ships has learnt
        from every photo.
        """
        shipped = scores_of(self.packages, self.pool.held_out)
        requests = [pool_request(self.pool, group, BASE, SMALL) for group in self._groups]
        return {**shipped, **fold_scores(requests, CHECKPOINTS)}

    @cached_property
    def test(self) -> Scores:
        """Of photos that nothing was chosen on."""
        return scores_of(self.packages, self.pool.test)

    @property
    def _groups(self) -> tuple[tuple[int, ...], ...]:
        return event_groups(len(self.pool.classes), BUDGET_APPS)


def scores_of(packages: dict[str, Manifest], pictures: Pictures) -> Scores:
    """Scores of pictures by every candidate, computed once, by the back end that the engine finds best here."""
    return photo_scores(packages, pictures, STORE, KEPT / "scores", "calibrated")


@dataclass(frozen=True)
class Choice:
    """What the planner would choose of one candidate at one rate, and what it predicts of it."""

    app: str
    candidate: str
    fps: float
    threshold: float
    votes: int
    f1: float
    false_per_hour: float


def planned_app(package: Manifest, stream_fps: float) -> App:
    """A package as the planner takes it, without what it costs."""
    return App(
        package.name,
        stream_fps,
        statistics_of(package.event_statistics),
        tuple(cautious_candidate(each, package, replayed=True) for each in package.candidates),
    )


def choices(app: App) -> Iterable[Choice]:
    """What would be chosen of each candidate at each rate that a plan may have; nothing where no option is allowed."""
    table = option_table(app)
    for k, candidate in enumerate(app.candidates):
        for f, fps in enumerate(table.rates.tolist()):
            if table.value[k, f] > 0.0:
                yield Choice(
                    app.name,
                    candidate.name,
                    fps,
                    float(table.threshold[k, f]),
                    int(table.votes[k, f]),
                    table.f1(k, f),
                    float(table.false_per_hour[k, f]),
                )
