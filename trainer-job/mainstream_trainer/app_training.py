"""All candidates of one app, from most frozen to least, and their package."""

import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mainstream.machine import describe_machine
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.publish import publish
from mainstream.mpackage.store import Store
from mainstream_trainer.candidate import Lesson, TrainedCandidate, train_candidate
from mainstream_trainer.checkpoints import Checkpoints
from mainstream_trainer.evaluation import Evaluator
from mainstream_trainer.feature_cache import FeatureCache
from mainstream_trainer.packing import pack, training_of
from mainstream_trainer.preparation import Job
from mainstream_trainer.request import OnProgress, Progress

_SKIPPED_NAMED = 100


class Stopped(Exception):  # noqa: N818 - not an error: somebody else's error or Ctrl-C ended the training
    """Training was told to stop."""


def train_job(
    job: Job,
    features: FeatureCache,
    checkpoints: Store,
    store: Store,
    on_progress: OnProgress,
    check_stop: Callable[[], None],
) -> Manifest:
    """Train one app's candidates, each warm-started from the one before, and publish their package.

    A candidate that is among the `checkpoints` is not trained again.
    """
    request, network = job.request, job.network
    lesson = Lesson(features, job.present, job.held_out, request.settings)
    finished = Checkpoints(checkpoints, inputs_digest(job), network, request.settings.head)
    branch_points = sorted(set(request.branch_points), reverse=True)
    work = [_work(job, branch_point) for branch_point in branch_points]
    record: dict[str, Any] = {"started": datetime.now(UTC).isoformat(), "machine": describe_machine(), "candidates": []}
    record["skipped"] = {"count": len(job.source.skipped), "pictures": list(job.source.skipped[:_SKIPPED_NAMED])}
    candidates: list[TrainedCandidate] = []
    for index, branch_point in enumerate(branch_points):

        def on_look(share: float, index: int = index, branch_point: int = branch_point) -> None:
            done = (sum(work[:index]) + share * work[index]) / sum(work)
            on_progress(Progress(request.app, f"branch-point {branch_point}", done))

        started_s = time.monotonic()
        trained = finished.load(branch_point)
        resumed = trained is not None
        if trained is None:
            start = candidates[-1] if candidates else None
            seed = candidate_seed(request.seed, request.app, branch_point)
            trained = train_candidate(network, branch_point, lesson, start, seed, on_look, check_stop)
            finished.save(trained)
        on_look(1.0)
        candidates.append(trained)
        record["candidates"].append(
            {
                "branch_point": branch_point,
                "seconds": round(time.monotonic() - started_s, 2),
                "epochs": round(trained.epochs, 2),
                "best_epoch": round(trained.best_epoch, 2),
                "resumed": resumed,
            }
        )
    evaluator = Evaluator(job.events, job.present, job.held_out, request.settings)
    package = pack(request, network, candidates, evaluator, training_of(request, job.data_digest))
    check_stop()
    publish(store, package.manifest, package.blobs, record)
    return package.manifest


def inputs_digest(job: Job) -> str:
    """Of everything that a candidate of the app depends on, the version that it is published as left out."""
    training = training_of(job.request, job.data_digest).model_dump(mode="json")
    known = {"training": training, "app": job.request.app, "base": job.network.digest}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _work(job: Job, branch_point: int) -> float:
    """About how long a candidate takes, against others: what of the network is trained."""
    return 1.02 - job.network.branch_points[branch_point].cost_share


def candidate_seed(seed: int, app: str, branch_point: int) -> int:
    """A seed of its own for each candidate, whatever else is trained beside it."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{app}/{branch_point}".encode()).digest()[:7])
