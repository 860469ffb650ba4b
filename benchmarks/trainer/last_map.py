"""How good micro-heads are against the published head on the last map, where the whole network would have to run.

As `trainer_heads`, without its fine-tunes of whole networks, so that it takes minutes and not hours: the same apps, the
same test pictures, candidates as the trainer makes them. What was judged is kept in out/bench/trainer_last_map.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from pydantic import TypeAdapter

from common.candidate_scores import model_scores
from common.harness import FOLDER, QUICK, Report
from common.results import kept
from mainstream.errors import InvalidInputError
from mainstream_trainer.data.preparation import Job, Preparation
from mainstream_trainer.learn.candidate import Lesson, TrainedCandidate, train_candidate
from mainstream_trainer.learn.feature_cache import FeatureCache
from mainstream_trainer.learn.micro import MicroLesson, train_micro_heads
from mainstream_trainer.learn.model import Model
from mainstream_trainer.learn.schedule import candidate_seed
from trainer import lessons
from trainer.heads import SEEDS, STANDS, Judged, Stand, Truth, difference

KEPT = FOLDER / "trainer_last_map"
_ROW = "best micro-head against the pooled last map"


@dataclass(frozen=True)
class Compared:
    """One app of one seed."""

    app: str
    seed: int
    micro: Judged
    pooled: Judged


_COMPARED = TypeAdapter(list[Compared])


def against_last_map(report: Report) -> None:
    """Rows of every stand whose pictures are there."""
    for make in STANDS:
        try:
            stand = make()
        except InvalidInputError as error:
            report.left_out(_ROW, "as below", str(error))
            continue
        found = [each for seed in (SEEDS[:1] if QUICK else SEEDS) for each in compared(stand, seed)]
        report.details[f"{stand.name}, last map"] = [asdict(each) for each in found]
        for measure, title in (("accuracy", "balanced accuracy"), ("precision", "average precision")):
            micro, pooled = (
                np.array([getattr(getattr(each, kind), measure) for each in found]) for kind in ("micro", "pooled")
            )
            difference(
                report,
                f"{stand.name}, {len({each.app for each in found})} apps, {len({each.seed for each in found})} seeds: "
                f"{title} of the best micro-head less that of the pooled last map",
                [each.app for each in found],
                micro - pooled,
                stand.more_than_pooled,
                f"; {micro.mean():.3f} against {pooled.mean():.3f}",
            )


def compared(stand: Stand, seed: int) -> list[Compared]:
    """All apps of one seed; what was judged before is found."""
    made = kept(KEPT / f"{stand.name}-{seed}.json", lambda: _COMPARED.dump_python(_compared(stand, seed), mode="json"))
    return _COMPARED.validate_python(made)


def _compared(stand: Stand, seed: int) -> list[Compared]:
    preparation = Preparation()
    jobs = [preparation.prepare(request) for request in stand.requests(seed)]
    taps = sorted({form.tap for form in jobs[0].forms} | {jobs[0].network.depth})
    with lessons.built_features(jobs[0], taps) as features:
        learnt = [(job, *_learnt(job, features)) for job in jobs]
    return _judged(stand.truth(), learnt, seed)


def _learnt(job: Job, features: FeatureCache) -> tuple[TrainedCandidate, TrainedCandidate]:
    """The best micro-head, by the scores of its folds, and the pooled head on the last map."""
    request, depth = job.request, job.network.depth
    lesson = MicroLesson(request.app, features, job.present, job.folds, request.settings, request.seed)
    micro = train_micro_heads(job.forms, lesson, lambda _: None, lambda: None)
    shown = job.present[job.folds.frames]
    best = max(micro, key=lambda each: lessons.balanced_accuracy(each.scores, shown))
    tuned = Lesson(features, job.present, job.held_out, request.settings)
    seed = candidate_seed(request.seed, request.app, depth)
    return best, train_candidate(job.network, depth, tuned, None, seed, lambda _: None, lambda: None)


def _judged(truth: Truth, learnt: list[tuple[Job, TrainedCandidate, TrainedCandidate]], seed: int) -> list[Compared]:
    views, present = truth
    network = learnt[0][0].network
    models = {
        (job.request.app, each.name): (each.branch_point, Model(each.branch_point, each.segments, each.head).head)
        for job, *candidates in learnt
        for each in candidates
    }
    scores = model_scores(models, network, views)

    def judged(job: Job, each: TrainedCandidate) -> Judged:
        return Judged.of(each, network, scores[job.request.app, each.name], present[job.request.app])

    return [Compared(job.request.app, seed, judged(job, micro), judged(job, pooled)) for job, micro, pooled in learnt]
