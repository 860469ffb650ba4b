"""Micro-heads of one app: all folds and what ships in one pass over a tap's cached features, for every kind at once.

Nothing is frozen or thawed, and nothing is looked at while it learns: how many steps there are follows from the number
of frames, and is the same in each fold. What ships has learnt from every frame; what a fold's weights say of the
frames that they never saw is what the candidate is measured by.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mainstream.head_form import HeadForm
from mainstream.nn.tensors import round_to_half
from mainstream_trainer.data.folds import Folds
from mainstream_trainer.forms import MicroForm
from mainstream_trainer.learn.candidate import TrainedCandidate
from mainstream_trainer.learn.feature_cache import FeatureCache
from mainstream_trainer.learn.schedule import candidate_seed, micro_steps
from mainstream_trainer.learn.slots import SlotHeads
from mainstream_trainer.settings import TrainingSettings

_WARM_UP_STEPS = 16
_STEPS_TOLD = 32
"""between two words on progress"""
_SCORED_FRAMES = 32


@dataclass(frozen=True)
class MicroLesson:
    """What there is to learn for the micro-heads of one app."""

    app: str
    features: FeatureCache
    present: NDArray[np.bool_]
    """on which frames of the training part the event is there, (n,)"""
    folds: Folds
    settings: TrainingSettings
    seed: int


def train_micro_heads(
    forms: Sequence[MicroForm],
    lesson: MicroLesson,
    on_share: Callable[[float], None],
    check_stop: Callable[[], None],
) -> list[TrainedCandidate]:
    """One candidate a form, in their order; `on_share` is told how much of all is done."""
    trained: dict[str, TrainedCandidate] = {}
    by_tap = [list(group) for _, group in groupby(sorted(forms, key=lambda form: form.tap), lambda form: form.tap)]
    for at, group in enumerate(by_tap):

        def told(share: float, at: int = at) -> None:
            on_share((at + share) / len(by_tap))

        for candidate in _train_tap(group, lesson, told, check_stop):
            trained[candidate.name] = candidate
    return [trained[form.name] for form in forms]


def _train_tap(
    forms: Sequence[MicroForm],
    lesson: MicroLesson,
    on_share: Callable[[float], None],
    check_stop: Callable[[], None],
) -> list[TrainedCandidate]:
    slots = lesson.folds.count + 1
    learners = [_Learner(form, slots, lesson) for form in forms]
    steps = micro_steps(len(lesson.present), lesson.settings)
    batches = _Batches(forms[0].tap, steps, lesson)
    for step in range(steps):
        check_stop()
        batch = batches.next()
        for learner in learners:
            learner.step(batch, _rate(step, steps))
        if step % _STEPS_TOLD == 0:
            on_share(step / steps)
    candidates = [learner.finished(steps, check_stop) for learner in learners]
    on_share(1.0)
    return candidates


def _rate(step: int, steps: int) -> float:
    """Of the learning rate: a short rise, then a cosine down to 0."""
    return min(1.0, (step + 1) / _WARM_UP_STEPS) * (1 + math.cos(math.pi * step / steps)) / 2


@dataclass(frozen=True)
class _Batch:
    maps: torch.Tensor
    """(N, places, channels)"""
    targets: torch.Tensor
    """(N, slots)"""
    weights: torch.Tensor
    """(N, slots)"""


class _Batches:
    """Frames in passes, each frame of a pass in one of its variants; the same for every kind of head."""

    def __init__(self, tap: int, steps: int, lesson: MicroLesson) -> None:
        settings, frames = lesson.settings, len(lesson.present)
        self._tap, self._lesson, self._size = tap, lesson, settings.micro_batch_frames
        self._generator = torch.Generator().manual_seed(candidate_seed(lesson.seed, lesson.app, tap))
        passes = math.ceil(steps * self._size / frames)
        order = [torch.randperm(frames, generator=self._generator) for _ in range(passes)]
        self._frames = torch.cat(order).numpy()
        variants = torch.randint(settings.variants, (len(self._frames),), generator=self._generator).numpy()
        self._rows = self._frames + variants * frames
        self._at = 0
        self._present = torch.from_numpy(lesson.present.astype(np.float32))[:, None]
        self._weights = torch.from_numpy(_weights(lesson).astype(np.float32))

    def next(self) -> _Batch:
        """The next one."""
        part = slice(self._at, self._at + self._size)
        self._at += self._size
        frames, settings = self._frames[part], self._lesson.settings
        maps = self._lesson.features.batch(self._tap, self._rows[part]).permute(0, 2, 3, 1).flatten(1, 2)
        kept = torch.rand(len(maps), 1, maps.shape[2], generator=self._generator) >= settings.micro_dropout
        maps = maps * (kept.to(maps.device) / (1 - settings.micro_dropout))
        weights = self._weights[frames]
        smooth = settings.label_smoothing
        targets = (self._present[frames] * (1 - smooth) + smooth / 2).expand_as(weights)
        return _Batch(maps, targets.to(maps.device), weights.to(maps.device))


def _weights(lesson: MicroLesson) -> NDArray[np.float64]:
    """What each frame counts in each slot, (n, slots): nothing in the fold that it is held out from; both classes weigh
    the same, and all frames of a slot together as many as there are.
    """
    counts = np.concatenate([lesson.folds.fit, np.ones((1, len(lesson.present)), dtype=np.bool_)])
    weights = np.zeros(counts.shape)
    for slot, fit in enumerate(counts):
        for of in (lesson.present, ~lesson.present):
            weights[slot, fit & of] = len(lesson.present) / (2 * np.count_nonzero(fit & of))
    return weights.T


class _Learner:
    """All slots of one form."""

    def __init__(self, form: MicroForm, slots: int, lesson: MicroLesson) -> None:
        seed = candidate_seed(lesson.seed, f"{lesson.app}/{form.name}", form.tap)
        self._form, self._lesson = form, lesson
        self._heads = SlotHeads(form, slots, seed).to(lesson.features.device)
        settings = lesson.settings
        decay = settings.flat_weight_decay if self._heads.flat else settings.weight_decay
        self._optimizer = torch.optim.AdamW(
            self._heads.parameters(), lr=settings.micro_learning_rate, weight_decay=decay
        )

    def step(self, batch: _Batch, rate: float) -> None:
        """One step of every slot; what a slot learns has no part in what another one does."""
        for group in self._optimizer.param_groups:
            group["lr"] = self._lesson.settings.micro_learning_rate * rate
        self._optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(
            self._heads(batch.maps), batch.targets, weight=batch.weights, reduction="sum"
        )
        (loss / len(batch.maps)).backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()

    def finished(self, steps: int, check_stop: Callable[[], None]) -> TrainedCandidate:
        """What ships, and the scores that its folds give; all by weights as they are stored."""
        lesson, folds, form = self._lesson, self._lesson.folds, self._form
        heads = [self._heads.head(slot) for slot in range(folds.count + 1)]
        for head in heads:
            round_to_half(head)
        self._heads.take(heads)
        frames = folds.frames
        scores = []
        with torch.inference_mode():
            for at in range(0, len(frames), _SCORED_FRAMES):
                check_stop()
                batch = frames[at : at + _SCORED_FRAMES]
                maps = lesson.features.batch(form.tap, batch).permute(0, 2, 3, 1).flatten(1, 2)
                logits = self._heads(maps).double().cpu().numpy()
                scores.append(logits[np.arange(len(batch)), folds.fold_of[batch]])
        logit = np.concatenate(scores)
        return TrainedCandidate(
            form.name,
            "micro",
            form.tap,
            (),
            heads[-1].cpu(),
            HeadForm(kind=form.kind, width=form.width, map=tuple(form.shape)),
            1 / (1 + np.exp(-logit)),
            half=True,
            epochs=steps * lesson.settings.micro_batch_frames / len(lesson.present),
        )
