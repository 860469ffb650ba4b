"""What the trainer's benchmark measures with: plaza apps' candidates, trained in a row or alone, judged on the test.

The test half of the clip is opened here and nowhere in the trainer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from mainstream.api.manifests.load import load_manifests
from mainstream.api.video_stream import Crop
from mainstream.footage.labels import Labels, event_mask, read_labels
from mainstream.nn.network import Network
from mainstream.offline import offline_node
from mainstream_trainer.data.clip import ClipPart, inspect_clip
from mainstream_trainer.data.preparation import Job, Preparation
from mainstream_trainer.learn.candidate import Lesson, TrainedCandidate, train_candidate
from mainstream_trainer.learn.common_stem import CommonStemTraining, join_stems
from mainstream_trainer.learn.feature_cache import FeatureCache
from mainstream_trainer.learn.groups import groups_of
from mainstream_trainer.learn.model import Model
from mainstream_trainer.learn.schedule import candidate_seed
from mainstream_trainer.measure.evaluation import Measures
from mainstream_trainer.pack.packing import pack, training_of
from mainstream_trainer.request import TrainingRequest, VideoData
from mainstream_trainer.settings import TrainingSettings

EXAMPLE = Path(__file__).parents[2] / "examples" / "plaza"
VIDEO, LABELS = EXAMPLE / "plaza.mp4", EXAMPLE / "labels.json"
SPOTS = Path(os.environ.get("MAINSTREAM_SPOTS", "../shared/data/vtest/labels-spots.json"))
"""labels of sixteen more places on the same clip"""
WALKWAYS = Crop(x=192, y=140, width=576, height=288)
"""the view of examples/plaza/stream.yaml"""
FIFTEEN = (0, *range(2, 16))
"""branch-points of 15 candidates of 16 that there are; 1 is left out, whose feature map is the largest"""
_SETTINGS = TrainingSettings(prune=False, heads=())


@dataclass(frozen=True)
class Judged:
    """One candidate."""

    branch_point: int
    held_out: float
    """balanced accuracy at score 1/2 on held-out frames"""
    test: float | None
    """the same on the test half; None where it was not asked for"""
    epochs: float
    seconds: float
    half: bool


@dataclass(frozen=True)
class Row:
    """Candidates of one app that were trained one after the other."""

    app: str
    seed: int
    candidates: tuple[Judged, ...]
    features_s: float
    total_s: float
    package_bytes: int
    largest_bytes: int
    """what a node fetches for the largest candidate"""


def apps() -> tuple[str, ...]:
    """The six apps of the example."""
    return tuple(sorted(_crops()))


def in_a_row(app: str, seed: int, branch_points: Sequence[int] = FIFTEEN, judged: Sequence[int] | None = None) -> Row:
    """Train as the trainer does: cached features, each candidate from others; `judged` (None: the best by
    held-out frames and the most frozen one) are judged on the test.
    """
    start_s = time.monotonic()
    with _lesson(app, seed, tuple(branch_points)) as (job, lesson):
        features_s = time.monotonic() - start_s
        done: dict[int, tuple[TrainedCandidate, float]] = {}
        for step in groups_of(branch_points, 1, job.network)[0]:
            before = None if step.start is None else done[step.start][0]
            done[step.branch_point] = _train(job, lesson, step.branch_point, before)
        trained, seconds = zip(*done.values(), strict=True)
        total_s = time.monotonic() - start_s
        held = {each.branch_point: _held_out(job, each) for each in trained}
        best = max(held, key=lambda k: (held[k], k))
        wanted = {best, job.network.depth} if judged is None else {*judged, best, job.network.depth}
        candidates = tuple(
            Judged(
                each.branch_point,
                held[each.branch_point],
                _test(job.network, each, app) if each.branch_point in wanted else None,
                each.epochs,
                took_s,
                each.half,
            )
            for each, took_s in zip(trained, seconds, strict=True)
        )
        measures = Measures(job)
        measured = {each.name: measures.measure(each, seed) for each in trained}
        statistics = measures.event_statistics(trained)
        manifest = pack(job.request, job.network, trained, measured, statistics, training_of(job)).manifest
        largest = max(sum(blob.size_bytes for blob in each.blobs) for each in manifest.candidates)
        return Row(app, seed, candidates, features_s, total_s, sum(blob.size_bytes for blob in manifest.blobs), largest)


def alone(app: str, seed: int, branch_point: int, judged: bool = True) -> Judged:
    """The same candidate by the same rule, from the base network's weights and from pixels."""
    start_s = time.monotonic()
    with _lesson(app, seed, ()) as (job, lesson):
        candidate, _ = _train(job, lesson, branch_point, None)
        took_s = time.monotonic() - start_s
        test = _test(job.network, candidate, app) if judged else None
        return Judged(branch_point, _held_out(job, candidate), test, candidate.epochs, took_s, candidate.half)


def with_common_stem(names: Sequence[str], seed: int, branch_point: int) -> tuple[Judged, ...]:
    """One candidate of each of the apps, trained with a common stem from the branch-point on."""
    start_s = time.monotonic()
    with _lessons(names, seed, (branch_point,), branch_point) as together:
        training = CommonStemTraining()
        trained = [training.candidate(job, lesson, lambda _: None, lambda: None) for job, lesson in together]
        took_s = time.monotonic() - start_s
        return tuple(
            Judged(
                branch_point,
                _held_out(job, candidate),
                _test(job.network, candidate, job.request.app),
                candidate.epochs,
                took_s,
                candidate.half,
            )
            for (job, _), candidate in zip(together, trained, strict=True)
        )


@contextmanager
def _lesson(app: str, seed: int, kept: Sequence[int]) -> Iterator[tuple[Job, Lesson]]:
    """A job, and its lesson with features kept at some branch-points."""
    with _lessons((app,), seed, kept) as (each,):
        yield each


@contextmanager
def _lessons(
    names: Sequence[str], seed: int, kept: Sequence[int], common_stem: int | None = None
) -> Iterator[list[tuple[Job, Lesson]]]:
    """Those of several apps, which look at the same frames."""
    prepared = []
    for app in names:
        data, crop = VideoData(VIDEO, LABELS), _crops()[app]
        request = TrainingRequest(data, app, crop=crop, seed=seed, settings=_SETTINGS, common_stem=common_stem)
        prepared.append(Preparation().prepare(request))
    jobs = join_stems(prepared, lambda job: job.request.crop)
    with built_features(jobs[0], kept) as features:
        yield [(job, Lesson(features, job.present, job.held_out, job.request.settings)) for job in jobs]


@contextmanager
def built_features(job: Job, kept: Sequence[int]) -> Iterator[FeatureCache]:
    """Of the frames that a job looks at, kept at some branch-points."""
    size, settings = job.network.preprocessing, job.request.settings
    with (
        TemporaryDirectory(prefix="bench-trainer-") as folder,
        ThreadPoolExecutor(torch.get_num_threads()) as executor,
    ):
        features = FeatureCache(job.network, Path(folder), job.source.frames, settings, job.request.seed)
        features.build(
            lambda: job.source.read(job.request.crop, size.height, size.width, lambda _: None),
            features.plan(kept, settings.cache_bytes),
            executor,
            lambda _: None,
        )
        yield features


def _train(
    job: Job, lesson: Lesson, branch_point: int, before: TrainedCandidate | None
) -> tuple[TrainedCandidate, float]:
    start_s = time.monotonic()
    seed = candidate_seed(job.request.seed, job.request.app, branch_point)
    candidate = train_candidate(job.network, branch_point, lesson, before, seed, lambda _: None, lambda: None)
    return candidate, time.monotonic() - start_s


def _held_out(job: Job, candidate: TrainedCandidate) -> float:
    return balanced_accuracy(candidate.scores, job.present[job.held_out.frames])


def _test(network: Network, candidate: TrainedCandidate, app: str) -> float:
    labels = _labels()
    first, end = labels.split.test
    present = event_mask(labels.apps[app].runs, labels.frames)[first:end]
    size = network.preprocessing
    frames = _test_frames(_crops()[app], size.height, size.width)
    model = Model(candidate.branch_point, candidate.segments, candidate.head)
    scores = []
    with torch.inference_mode():
        for at in range(0, len(frames), 16):
            features = size(torch.from_numpy(frames[at : at + 16])).contiguous(memory_format=torch.channels_last)
            features = network.stem(candidate.branch_point)(features)
            scores.append(torch.sigmoid(model.head(model.body(features)).double()).numpy())
    return balanced_accuracy(np.concatenate(scores), present)


def balanced_accuracy(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """At score 1/2."""
    hits = scores >= 0.5
    return float((hits[present].mean() + 1 - hits[~present].mean()) / 2)


@cache
def _labels() -> Labels:
    return read_labels(LABELS)


@cache
def _crops() -> dict[str, Crop | None]:
    manifests = load_manifests(EXAMPLE)
    placed = offline_node(manifests).readable
    return {app.metadata.name: stream.crop(app.spec.stream.view) for app, stream in placed}


@cache
def _test_frames(crop: Crop | None, height: int, width: int) -> NDArray[np.uint8]:
    part = ClipPart(inspect_clip(VIDEO), _labels().split.test)
    return part.read(crop, height, width, lambda _: None)
