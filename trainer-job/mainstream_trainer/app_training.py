"""All candidates of one app, and their package."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from mainstream.errors import MainstreamError
from mainstream.machine import describe_machine
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.publish import publish
from mainstream.mpackage.stores.store import Store
from mainstream_trainer.data.preparation import Job
from mainstream_trainer.learn.candidate import Lesson, TrainedCandidate, train_candidate, tuned_name
from mainstream_trainer.learn.checkpoints import Checkpoints
from mainstream_trainer.learn.common_stem import CommonStemTraining
from mainstream_trainer.learn.cross_fit import lesson_of_all, lesson_of_fold, with_scores_of
from mainstream_trainer.learn.feature_cache import FeatureCache
from mainstream_trainer.learn.groups import Step, groups_of_job, work_of
from mainstream_trainer.learn.micro import MicroLesson, train_micro_heads
from mainstream_trainer.learn.quiet import score_quiet
from mainstream_trainer.learn.schedule import candidate_seed
from mainstream_trainer.measure.evaluation import Measures
from mainstream_trainer.pack.packing import pack, training_of
from mainstream_trainer.pack.reporting import write_report
from mainstream_trainer.request import OnProgress, Progress

_NAMED = 100
_MICRO_WORK = 0.02
"""of a micro-head, where a whole network that is trained takes 1"""
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0


class Stopped(Exception):  # noqa: N818 - not an error: somebody else's error or Ctrl-C ended the training
    """Training was told to stop."""


@dataclass(frozen=True)
class Share:
    """Which part of an app's training one process does: a group of its candidates, or, as the last, the package."""

    index: int
    """of the group, or the number of groups: wait for all candidates, and pack"""
    wait_s: float = 24 * 3600.0
    """for candidates of others, before giving up"""


def train_job(
    job: Job,
    features: FeatureCache,
    checkpoints: Store,
    store: Store,
    on_progress: OnProgress,
    check_stop: Callable[[], None],
    share: Share | None = None,
    common_stem: CommonStemTraining | None = None,
) -> Manifest | None:
    """Train one app's candidates and publish their package.

    `common_stem` is what makes the candidate that the job has in common with others. A candidate that is among the
    `checkpoints` is not trained again. None where the `share` was to train a group.
    """
    groups = groups_of_job(job)
    training = _Training(job, features, checkpoints, on_progress, check_stop, common_stem)
    if share is not None and share.index < max(1, len(groups)):
        if share.index == 0:
            training.train_micro_heads()
        training.train_group(groups[share.index] if groups else [])
        return None
    if share is None:
        training.train_micro_heads()
        for group in groups:
            training.train_group(group)
    else:
        training.await_all(share.wait_s)
    return training.publish(store)


class _Training:
    """Candidates of one app as they are finished."""

    def __init__(
        self,
        job: Job,
        features: FeatureCache,
        checkpoints: Store,
        on_progress: OnProgress,
        check_stop: Callable[[], None],
        common_stem: CommonStemTraining | None,
    ) -> None:
        self._job = job
        self._common_stem = common_stem
        self._lesson = Lesson(features, job.present, job.held_out, job.request.settings)
        self._finished = Checkpoints(checkpoints, inputs_digest(job), job.network)
        self._on_progress = on_progress
        self._check_stop = check_stop
        self._candidates: dict[str, TrainedCandidate] = {}
        self._starts = {step.branch_point: step.start for group in groups_of_job(job) for step in group}
        self._work_done = 0.0
        self._work = _MICRO_WORK * len(job.forms) + sum(self._work_of(k) for k in job.branch_points)
        self._record: dict[str, Any] = {
            "started": datetime.now(UTC).isoformat(),
            "machine": describe_machine(),
            "device": job.request.device,
            "skipped": {"count": len(job.source.skipped), "pictures": list(job.source.skipped[:_NAMED])},
            "passed_over": {
                "count": len(job.source.passed_over),
                "names": list(job.source.passed_over[:_NAMED]),
            },
            "folds": {"count": job.folds.count, "note": job.folds.note},
            "candidates": [],
        }

    def train_micro_heads(self) -> None:
        """All of them in one pass a tap, but for those that are finished."""
        job = self._job
        started_s = time.monotonic()
        finished = {form.name: self._finished.load(form.name) for form in job.forms}
        wanted = [form for form in job.forms if finished[form.name] is None]

        def told(share: float) -> None:
            done = share * _MICRO_WORK * len(job.forms) / self._work
            self._on_progress(Progress(job.request.app, "micro-heads", min(1.0, done)))

        lesson = MicroLesson(
            job.request.app, self._lesson.features, job.present, job.folds, job.request.settings, job.request.seed
        )
        trained = {each.name: each for each in train_micro_heads(wanted, lesson, told, self._check_stop)}
        for candidate in trained.values():
            self._finished.save(candidate)
        seconds = (time.monotonic() - started_s) / max(1, len(trained))
        for name, before in finished.items():
            if before is None:
                self._add(trained[name], seconds, resumed=False)
            else:
                self._add(before, 0.0, resumed=True)
        told(1.0)
        self._work_done = _MICRO_WORK * len(job.forms)

    def train_group(self, group: list[Step]) -> None:
        """Train fine-tuned candidates in this order, each from another of the app's own."""
        for step in group:
            self._finish(step.branch_point)

    def await_all(self, wait_s: float) -> None:
        """Until others have finished every candidate; `MainstreamError` where that takes too long."""
        deadline_s = time.monotonic() + wait_s
        pause_s = _FIRST_PAUSE_S
        job = self._job
        names = [*(form.name for form in job.forms), *(tuned_name(k) for k in reversed(job.branch_points))]
        for name in names:
            while (trained := self._finished.load(name)) is None:
                self._check_stop()
                if time.monotonic() > deadline_s:
                    raise MainstreamError(
                        f"candidate {name} of {job.request.app} was not finished within {wait_s:.0f} s; "
                        "look at the logs of the pods that train"
                    )
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            self._add(trained, 0.0, resumed=True)

    def publish(self, store: Store) -> Manifest:
        """Measure, pack and publish what was trained."""
        job, request = self._job, self._job.request
        candidates = list(self._candidates.values())
        quiet = score_quiet(job.quiet, candidates, job.network, request.crop, self._check_stop)
        measures = Measures(job, quiet, self._lesson.features.greys() if job.view is not None else None)
        measured = {each.name: measures.measure(each, request.seed) for each in candidates}
        statistics = measures.event_statistics(candidates)
        package = pack(request, job.network, candidates, measured, statistics, training_of(job))
        self._check_stop()
        write_report(store, package.manifest, self._record, job, candidates, self._lesson.features)
        publish(store, package.manifest, package.blobs, self._record)
        self._on_progress(Progress(request.app, "published", 1.0))
        return package.manifest

    def _finish(self, branch_point: int) -> None:
        request = self._job.request
        started_s = time.monotonic()

        def on_share(share: float) -> None:
            done = (self._work_done + share * self._work_of(branch_point)) / self._work
            self._on_progress(Progress(request.app, f"branch-point {branch_point}", min(1.0, done)))

        trained = self._finished.load(tuned_name(branch_point))
        resumed = trained is not None
        if trained is None:
            train = self._cross_fitted if self._job.tuned_over_folds else self._train
            trained = train(branch_point, on_share)
            self._finished.save(trained)
        on_share(1.0)
        self._work_done += self._work_of(branch_point)
        self._add(trained, time.monotonic() - started_s, resumed=resumed)

    def _train(self, branch_point: int, on_share: Callable[[float], None]) -> TrainedCandidate:
        job = self._job
        if self._common_stem is not None and branch_point == job.request.common_stem:
            return self._common_stem.candidate(job, self._lesson, on_share, self._check_stop)
        return self._learnt(branch_point, self._lesson, self._before(branch_point), on_share)

    def _cross_fitted(self, branch_point: int, on_share: Callable[[float], None]) -> TrainedCandidate:
        folds = self._job.folds
        parts = folds.count + 1

        def of_part(part: int) -> Callable[[float], None]:
            return lambda share: on_share((part + share) / parts)

        members = [self._member(branch_point, fold, of_part(fold)) for fold in range(folds.count)]
        lesson, before = lesson_of_all(self._lesson, folds), self._before(branch_point)
        shipped = self._learnt(branch_point, lesson, before, of_part(folds.count))
        return with_scores_of(shipped, members, folds)

    def _member(self, branch_point: int, fold: int, on_share: Callable[[float], None]) -> TrainedCandidate:
        """The candidate of one fold: as it was finished before, else trained."""
        name, start = f"{tuned_name(branch_point)}-fold-{fold}", self._starts[branch_point]
        member = self._finished.load(name)
        if member is None:
            before = None if start is None else self._member(start, fold, lambda share: None)
            lesson = lesson_of_fold(self._lesson, self._job.folds, fold)
            member = replace(self._learnt(branch_point, lesson, before, on_share), name=name)
            self._finished.save(member)
        return member

    def _before(self, branch_point: int) -> TrainedCandidate | None:
        start = self._starts[branch_point]
        return None if start is None else self._candidates[tuned_name(start)]

    def _learnt(
        self, branch_point: int, lesson: Lesson, before: TrainedCandidate | None, on_share: Callable[[float], None]
    ) -> TrainedCandidate:
        job = self._job
        seed = candidate_seed(job.request.seed, job.request.app, branch_point)
        return train_candidate(job.network, branch_point, lesson, before, seed, on_share, self._check_stop)

    def _add(self, trained: TrainedCandidate, seconds: float, *, resumed: bool) -> None:
        self._candidates[trained.name] = trained
        self._record["candidates"].append(
            {
                "name": trained.name,
                "seconds": round(seconds, 2),
                "epochs": round(trained.epochs, 2),
                "resumed": resumed,
            }
        )

    def _work_of(self, branch_point: int) -> float:
        times = self._job.folds.count + 1 if self._job.tuned_over_folds else 1
        return times * work_of(self._job.network.branch_points[branch_point].cost_share)


def inputs_digest(job: Job) -> str:
    """Of everything that a candidate of the app depends on, the version that it is published as left out."""
    training = training_of(job).model_dump(mode="json")
    known = {"training": training, "app": job.request.app, "base": job.network.digest}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()
