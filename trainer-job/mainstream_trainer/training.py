"""Training of apps: what is published already is found; the rest shares frames and features, and trains side by side.

Every app trains on one thread: on small feature maps two apps side by side finish nearly twice as fast as one on two
threads, and what they learn does not depend on how many cores there are.
"""

import ctypes
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os import sched_getaffinity
from pathlib import Path
from queue import SimpleQueue

import torch

from mainstream.errors import InvalidInputError
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.mpackage.stores.store import Store
from mainstream_trainer.app_training import Share, Stopped, train_job
from mainstream_trainer.data.preparation import Job, Preparation
from mainstream_trainer.learn.common_stem import CommonStemTraining, join_stems
from mainstream_trainer.learn.feature_cache import CachePlan, FeatureCache
from mainstream_trainer.learn.groups import groups_of_job
from mainstream_trainer.pack.published import published
from mainstream_trainer.request import OnProgress, Progress, TrainingRequest, ignore_progress
from mainstream_trainer.work_folder import work_folder

_READING_SHARE = 0.1
"""of preparing a view: decoding, as against computing features"""


@dataclass(frozen=True)
class Resources:
    """What a training may use; nothing of it changes what is learnt."""

    workers: int | None = None
    """apps that train at once; None: one a core"""
    work: Path | None = None
    """where features and finished candidates are kept until packages are published, so that a training that was killed
    goes on where it was; None: nowhere"""
    checkpoints: Store | None = None
    """where finished candidates are kept instead, as for pods that share them"""
    share: Share | None = None
    """what of each training this process does; None: all of it. With one, packages are those that were published"""


def train_app(
    request: TrainingRequest,
    store: Store,
    *,
    on_progress: OnProgress = ignore_progress,
    resources: Resources = Resources(),
) -> Manifest:
    """Train one app and publish its package, or find it published."""
    return train_apps([request], store, on_progress=on_progress, resources=resources)[0]


def train_apps(
    requests: Sequence[TrainingRequest],
    store: Store,
    *,
    on_progress: OnProgress = ignore_progress,
    resources: Resources = Resources(),
) -> list[Manifest]:
    """Train several apps and publish their packages; one that is published with the same inputs is not trained again.

    Apps of one view share frames and features, and a private stem where they ask for a common one.
    Each package appears in the store as soon as it is complete, or not at all: an error, Ctrl-C or a kill leaves
    nothing half-written.
    Raises `MainstreamError` before anything is trained where a request cannot be carried out.
    """
    _check_distinct(requests)
    preparation = Preparation()
    jobs = join_stems([preparation.prepare(request) for request in requests], _view_key)
    manifests = [published(job, store) for job in jobs]
    for job, manifest in zip(jobs, manifests, strict=True):
        if manifest is not None:
            on_progress(Progress(job.request.app, "found", 1.0))
    if None in manifests:
        store.check_writable()
    views: dict[tuple[object, ...], list[int]] = {}
    for index, job in enumerate(jobs):
        if manifests[index] is None:
            views.setdefault(_view_key(job), []).append(index)
    for indices in views.values():
        with memory_given_back():
            trained = _train_view([jobs[index] for index in indices], store, on_progress, resources)
        for index, manifest in zip(indices, trained, strict=resources.share is None):
            manifests[index] = manifest
    return [manifest for manifest in manifests if manifest is not None]


@contextmanager
def memory_given_back() -> Iterator[None]:
    """Give back to the system, when done, what threads have freed. Every view has threads of its own, and malloc keeps
    what each of them freed: view by view, hundreds of megabytes that nobody uses."""
    try:
        yield
    finally:
        # Only glibc has it, and only glibc needs it.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def _train_view(jobs: list[Job], store: Store, on_progress: OnProgress, resources: Resources) -> list[Manifest]:
    """Train apps that look at the same pixels through the same base network."""
    with (
        _one_thread_each(),
        work_folder(resources.work, f"view-{_view_digest(jobs[0])[:16]}") as folder,
        ThreadPoolExecutor(resources.workers or len(sched_getaffinity(0)), thread_name_prefix="train") as executor,
    ):
        stop = threading.Event()

        def check_stop() -> None:
            if stop.is_set():
                raise Stopped

        try:
            features = _features(jobs, folder, executor, on_progress, resources.share)
            checkpoints = resources.checkpoints or FolderStore(folder)
            stems = {job.common_stem: CommonStemTraining() for job in jobs if job.common_stem is not None}

            def train(job: Job) -> Manifest | None:
                stem = None if job.common_stem is None else stems[job.common_stem]
                return train_job(job, features, checkpoints, store, on_progress, check_stop, resources.share, stem)

            futures = [executor.submit(train, job) for job in jobs]
            _wait(futures)
            return [manifest for future in futures if (manifest := future.result()) is not None]
        finally:
            stop.set()
            executor.shutdown(wait=True, cancel_futures=True)


def _features(
    jobs: list[Job], folder: Path, executor: Executor, on_progress: OnProgress, share: Share | None
) -> FeatureCache:
    first = jobs[0]
    size = first.network.preprocessing
    settings = first.request.settings
    step = f"view of {first.source.name}"

    def tell(detail: str, start: float, width: float) -> Callable[[float], None]:
        return lambda share: on_progress(Progress(step, detail, start + width * share))

    taps = {form.tap for job in jobs for form in job.forms} if share is None or share.index == 0 else set()
    branch_points = sorted({branch_point for job in jobs for branch_point in _to_train(job, share)} | taps)
    cache = FeatureCache(
        first.network, folder, first.source.frames, settings, first.request.seed, torch.device(first.request.device)
    )
    plan = cache.plan(branch_points, settings.cache_bytes)
    on_progress(Progress(step, _told(plan), 0.0))
    reading, computing = (
        tell("reading frames", 0, _READING_SHARE),
        tell("computing features", _READING_SHARE, 1 - _READING_SHARE),
    )
    cache.build(
        lambda: first.source.read(first.request.crop, size.height, size.width, reading), plan, executor, computing
    )
    return cache


def _to_train(job: Job, share: Share | None) -> list[int]:
    """Branch-points whose candidates this process trains."""
    mine = groups_of_job(job) if share is None else groups_of_job(job)[share.index : share.index + 1]
    return [step.branch_point for group in mine for step in group]


def _told(plan: CachePlan) -> str:
    again = f", computing branch-points {', '.join(map(str, plan.computed_again))} again" if plan.computed_again else ""
    return f"features take {plan.needed_bytes / 2**30:.2f} of {plan.all_bytes / 2**30:.2f} GiB{again}"


def _wait(futures: list[Future[Manifest | None]]) -> None:
    """Until all are done or one fails. Ctrl-C is heard at once and leaves no lock behind: `concurrent.futures.wait`
    holds those of futures time and again, and a thread that finishes would wait forever for one that was left.
    """
    done: SimpleQueue[Future[Manifest | None]] = SimpleQueue()
    for future in futures:
        future.add_done_callback(done.put)
    for _ in futures:
        done.get().result()


def _view_key(job: Job) -> tuple[object, ...]:
    """What features depend on."""
    request = job.request
    return (job.source.sha256, request.crop, job.network.digest, request.seed, request.settings, request.device)


def _view_digest(job: Job) -> str:
    crop = job.request.crop
    known = {
        "source": job.source.sha256,
        "crop": None if crop is None else crop.model_dump(mode="json"),
        "base": job.network.digest,
        "seed": job.request.seed,
        "device": job.request.device,
        "settings": job.request.settings.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


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
