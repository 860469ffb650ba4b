"""Training of apps: what is published already is found; the rest shares frames and features, and trains side by side.

Every app trains on one thread: on small feature maps two apps side by side finish nearly twice as fast as one on two
threads, and what they learn does not depend on how many cores there are.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from os import sched_getaffinity
from pathlib import Path

import torch

from mainstream.errors import InvalidInputError
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.store import Store
from mainstream_trainer.app_training import Stopped, train_job
from mainstream_trainer.feature_cache import FeatureCache
from mainstream_trainer.preparation import Job, Preparation
from mainstream_trainer.published import published
from mainstream_trainer.request import OnProgress, Progress, TrainingRequest, ignore_progress

_READING_SHARE = 0.1
"""of preparing a view: decoding, as against computing features"""
_SIGNAL_POLL_S = 0.2


def train_app(request: TrainingRequest, store: Store, *, on_progress: OnProgress = ignore_progress) -> Manifest:
    """Train one app and publish its package, or find it published."""
    return train_apps([request], store, on_progress=on_progress)[0]


def train_apps(
    requests: Sequence[TrainingRequest],
    store: Store,
    *,
    on_progress: OnProgress = ignore_progress,
    workers: int | None = None,
) -> list[Manifest]:
    """Train several apps and publish their packages; one that is published with the same inputs is not trained again.

    Apps of one view share frames and features. `workers` apps train at once (None: one a core). Each package appears
    in the store as soon as it is complete, or not at all: an error or Ctrl-C leaves nothing half-written.
    Raises `MainstreamError` before anything is trained where a request cannot be carried out.
    """
    _check_distinct(requests)
    preparation = Preparation()
    jobs = [preparation.prepare(request) for request in requests]
    manifests = [published(job, store) for job in jobs]
    for job, manifest in zip(jobs, manifests, strict=True):
        if manifest is not None:
            on_progress(Progress(job.request.app, "found", 1.0))
    views: dict[tuple[object, ...], list[int]] = {}
    for index, job in enumerate(jobs):
        if manifests[index] is None:
            views.setdefault(_view_key(job), []).append(index)
    for indices in views.values():
        trained = _train_view([jobs[index] for index in indices], store, on_progress, workers)
        for index, manifest in zip(indices, trained, strict=True):
            manifests[index] = manifest
    return [manifest for manifest in manifests if manifest is not None]


def _train_view(jobs: list[Job], store: Store, on_progress: OnProgress, workers: int | None) -> list[Manifest]:
    """Train apps that look at the same pixels through the same base network."""
    with (
        _one_thread_each(),
        tempfile.TemporaryDirectory(prefix="mainstream-features-") as folder,
        ThreadPoolExecutor(workers or len(sched_getaffinity(0)), thread_name_prefix="train") as executor,
    ):
        stop = threading.Event()

        def check_stop() -> None:
            if stop.is_set():
                raise Stopped

        try:
            features = _features(jobs, Path(folder), executor, on_progress)
            futures = [executor.submit(train_job, job, features, store, on_progress, check_stop) for job in jobs]
            _wait(futures)
            return [future.result() for future in futures]
        finally:
            stop.set()
            executor.shutdown(wait=True, cancel_futures=True)


def _features(jobs: list[Job], folder: Path, executor: Executor, on_progress: OnProgress) -> FeatureCache:
    first = jobs[0]
    size = first.network.preprocessing
    step = f"view of {first.source.name}"

    def tell(detail: str, start: float, width: float) -> Callable[[float], None]:
        return lambda share: on_progress(Progress(step, detail, start + width * share))

    branch_points = sorted({branch_point for job in jobs for branch_point in job.request.branch_points})
    cache = FeatureCache(first.network, folder)
    cache.check_size(first.source.frames, branch_points, first.request.settings.variants)
    frames = first.source.read(first.request.crop, size.height, size.width, tell("reading frames", 0, _READING_SHARE))
    cache.build(
        frames,
        branch_points,
        first.request.settings,
        first.request.seed,
        executor,
        tell("computing features", _READING_SHARE, 1 - _READING_SHARE),
    )
    return cache


def _wait(futures: list[Future[Manifest]]) -> None:
    """Until all are done or one fails; in short waits, so that Ctrl-C is heard at once."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=_SIGNAL_POLL_S, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()


def _view_key(job: Job) -> tuple[object, ...]:
    """What features depend on."""
    request = job.request
    return (job.source.sha256, request.crop, job.network.digest, request.seed, request.settings)


def _check_distinct(requests: Sequence[TrainingRequest]) -> None:
    names = [(request.app, request.version) for request in requests]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInputError(f"app {name[0]!r} is asked for twice in version {name[1]}", field="app")


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """One thread for every operation of torch while apps train side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
