"""All candidates of one app, from most frozen to least, and their package."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from mainstream.machine import describe_machine
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.publish import publish
from mainstream.mpackage.store import Store
from mainstream_trainer.candidate import Lesson, TrainedCandidate, train_candidate
from mainstream_trainer.evaluation import Evaluator
from mainstream_trainer.feature_cache import FeatureCache
from mainstream_trainer.packing import pack, training_of
from mainstream_trainer.preparation import Job
from mainstream_trainer.request import OnProgress, Progress
from mainstream_trainer.schedule import schedule

_SKIPPED_NAMED = 100


class Stopped(Exception):  # noqa: N818 - not an error: somebody else's error or Ctrl-C ended the training
    """Training was told to stop."""


def train_job(
    job: Job, features: FeatureCache, store: Store, on_progress: OnProgress, check_stop: Callable[[], None]
) -> Manifest:
    """Train one app's candidates, each warm-started from the one before, and publish their package."""
    request, network = job.request, job.network
    lesson = Lesson(features, job.present, job.held_out, request.settings)
    branch_points = sorted(set(request.branch_points), reverse=True)
    work = [_work(job, branch_point) for branch_point in branch_points]
    record: dict[str, Any] = {"started": datetime.now(UTC).isoformat(), "machine": describe_machine(), "candidates": []}
    record["skipped"] = {"count": len(job.source.skipped), "pictures": list(job.source.skipped[:_SKIPPED_NAMED])}
    candidates: list[TrainedCandidate] = []
    for index, branch_point in enumerate(branch_points):

        def on_epoch(share: float, index: int = index, branch_point: int = branch_point) -> None:
            done = (sum(work[:index]) + share * work[index]) / sum(work)
            on_progress(Progress(request.app, f"branch-point {branch_point}", done))

        started_s = time.monotonic()
        start = candidates[-1] if candidates else None
        seed = _candidate_seed(request.seed, request.app, branch_point)
        trained = train_candidate(network, branch_point, lesson, start, seed, on_epoch, check_stop)
        on_epoch(1.0)
        candidates.append(trained)
        record["candidates"].append(
            {
                "branch_point": branch_point,
                "seconds": round(time.monotonic() - started_s, 2),
                "epochs": trained.epochs,
                "best_epoch": trained.best_epoch,
            }
        )
    evaluator = Evaluator(job.events, job.present, job.held_out, request.settings)
    package = pack(request, network, candidates, evaluator, training_of(request, job.data_digest))
    check_stop()
    publish(store, package.manifest, package.blobs, record)
    return package.manifest


def _work(job: Job, branch_point: int) -> float:
    """About how long a candidate takes, against others: epochs times what of the network is trained."""
    frozen = job.network.branch_points[branch_point].cost_share
    plan = schedule(frozen, len(job.held_out.fit), job.request.settings)
    return plan.epochs * (1.001 - frozen)


def _candidate_seed(seed: int, app: str, branch_point: int) -> int:
    """A seed of its own for each candidate, whatever else is trained beside it."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{app}/{branch_point}".encode()).digest()[:7])
