"""A private stem that several apps of one tenant have in common: one network from a branch-point on, a head for each.

Its candidates have the same segments, byte for byte, so they have the same share keys, and whoever runs two of them
runs everything but their heads once. Invariant: what is learnt depends on the apps that learn together and on nothing
else, so each of them finds the same stem whenever, and beside whomever, it is trained.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from threading import Lock
from typing import cast

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.nn.network import Network
from mainstream_trainer.data.app_events import AppEvents
from mainstream_trainer.data.held_out import HeldOut, hold_out
from mainstream_trainer.data.preparation import CommonStem, Job
from mainstream_trainer.learn.candidate import Lesson, TrainedCandidate, tuned
from mainstream_trainer.learn.model import Heads, Model, seeded_head
from mainstream_trainer.learn.schedule import candidate_seed


def join_stems(jobs: Sequence[Job], view_key: Callable[[Job], Hashable]) -> list[Job]:
    """The jobs, those that ask for a common stem with the others that they have it in common with.

    Apps of one view learn together, and hold out the same frames: what one of them is measured on none has learnt from.
    Raises `InvalidInputError` where one has no other.
    """
    together: dict[Hashable, list[Job]] = {}
    for job in jobs:
        if job.request.common_stem is not None:
            key = (view_key(job), job.request.common_stem, job.request.version)
            together.setdefault(key, []).append(job)
    joined = {id(job): each for group in together.values() for job, each in zip(group, _joined(group), strict=True)}
    return [joined.get(id(job), job) for job in jobs]


class CommonStemTraining:
    """Trains a common stem when the first of its apps asks for its candidate."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._candidates: dict[str, TrainedCandidate] = {}

    def candidate(
        self, job: Job, lesson: Lesson, on_share: Callable[[float], None], check_stop: Callable[[], None]
    ) -> TrainedCandidate:
        """The candidate of the job's app; `lesson` is that of its app alone."""
        assert job.common_stem is not None  # noqa: S101 - who has none does not ask
        with self._lock:
            if not self._candidates:
                together = replace(lesson, present=job.common_stem.present)
                self._candidates = _train(
                    job.network, job.common_stem, together, job.request.seed, on_share, check_stop
                )
            return self._candidates[job.request.app]


def _train(
    network: Network,
    stem: CommonStem,
    lesson: Lesson,
    seed: int,
    on_share: Callable[[float], None],
    check_stop: Callable[[], None],
) -> dict[str, TrainedCandidate]:
    """By the sum of the apps' losses."""
    branch_point, kind = stem.branch_point, lesson.settings.head
    heads = [
        seeded_head(kind, network.map_at(network.depth), candidate_seed(seed, app, branch_point)) for app in stem.apps
    ]
    model = Model(branch_point, network.trainable_segments(branch_point), Heads(heads))
    own_seed = candidate_seed(seed, "+".join(stem.apps), branch_point)
    whole = tuned(network, model, lesson, own_seed, on_share, check_stop)
    return {
        app: replace(whole, head=head, scores=np.ascontiguousarray(scores))
        for app, head, scores in zip(stem.apps, cast(Heads, whole.head).each, whole.scores.T, strict=True)
    }


def _joined(group: list[Job]) -> list[Job]:
    branch_point = group[0].request.common_stem
    assert branch_point is not None  # noqa: S101 - it is what groups them
    if len(group) < 2:
        raise InvalidInputError(
            f"app {group[0].request.app!r} has no other to share a stem with; train two apps or more of one view",
            field="common_stem",
        )
    ordered = sorted(group, key=lambda job: job.request.app)
    present = np.stack([job.present for job in ordered], axis=1)
    held_out = _held_out(group[0], present)
    stem = CommonStem(branch_point, {job.request.app: job.data_digest for job in ordered}, present)
    return [replace(job, held_out=held_out, common_stem=stem) for job in group]


def _held_out(job: Job, present: NDArray[np.bool_]) -> HeldOut:
    """Of a clip, stretches that suit all apps; pictures are divided by their names, whichever show the event."""
    if not isinstance(job.events, AppEvents):
        return job.held_out
    try:
        return hold_out(present, job.events.times, job.request.settings)
    except InvalidInputError as error:
        raise InvalidInputError(
            f"apps with a common stem hold out the same frames, and {error.message}", field="common_stem"
        ) from error
