"""Training of one candidate: everything after its branch-point, from cached features, until it stops getting better.

BatchNorm stays in eval mode everywhere: statistics of a few hundred near-duplicate frames of one camera are worse than
the base network's own, and in the stem they would break the share key. Its scale and offset are trained with the rest.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn

from mainstream.nn.head import PoolLinear
from mainstream.nn.network import Network
from mainstream_trainer.feature_cache import FeatureCache
from mainstream_trainer.held_out import HeldOut
from mainstream_trainer.schedule import Schedule, schedule
from mainstream_trainer.settings import TrainingSettings

_MAX_GRADIENT_NORM = 5.0
_PASS_ELEMENTS = 640_000
"""of the features that enter one forward and backward pass: bounds the memory that a shallow branch-point takes"""
_SCORED_FRAMES = 16
"""frames of one forward pass when scoring; fixed, so that scores are the same on every run"""


@dataclass(frozen=True)
class Lesson:
    """What there is to learn for one app."""

    features: FeatureCache
    present: NDArray[np.bool_]
    """on which frames of the training part the event is there, (n,)"""
    held_out: HeldOut
    settings: TrainingSettings


@dataclass(frozen=True)
class TrainedCandidate:
    """Weights, and how they do on the held-out frames."""

    branch_point: int
    segments: tuple[fx.GraphModule, ...]
    head: PoolLinear
    scores: NDArray[np.float64]
    """of the held-out frames, sigmoid of the logit"""
    epochs: int
    """until training stopped"""
    best_epoch: int
    """whose weights these are, from 1"""


def train_candidate(
    network: Network,
    branch_point: int,
    lesson: Lesson,
    start: TrainedCandidate | None,
    seed: int,
    on_epoch: Callable[[float], None],
    check_stop: Callable[[], None],
) -> TrainedCandidate:
    """Train a candidate, warm-started from a more frozen one.

    What is kept is a moving average of the weights, at the epoch where it ranks the held-out frames best; ranking,
    because thresholds are chosen later. `check_stop` is called between steps and ends training by raising.
    """
    settings, held_out = lesson.settings, lesson.held_out
    plan = schedule(network.branch_points[branch_point].cost_share, len(held_out.fit), settings)
    learner = _Learner(_Model.starting_from(network, branch_point, start), lesson, plan, seed)
    best_quality, best_epoch, epoch = -1.0, 0, 0
    best_weights: dict[str, torch.Tensor] = {}
    best_scores = np.empty(0)
    while epoch < plan.epochs and epoch - best_epoch < plan.patience_epochs:
        epoch += 1
        learner.learn_epoch(check_stop)
        scores = learner.average.scores(lesson.features, held_out.frames, check_stop)
        quality = ranking_quality(scores, lesson.present[held_out.frames])
        if quality >= best_quality:
            best_quality, best_epoch, best_scores = quality, epoch, scores
            best_weights = copy.deepcopy(learner.average.state_dict())
        on_epoch(epoch / plan.epochs)
    kept = learner.average
    kept.load_state_dict(best_weights)
    return TrainedCandidate(branch_point, tuple(kept.segments), kept.head, best_scores, epoch, best_epoch)


def ranking_quality(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """Probability that a frame of an event scores higher than another frame (area under the ROC curve), ties half."""
    other = np.sort(scores[~present])
    below = np.searchsorted(other, scores[present], side="left")
    not_above = np.searchsorted(other, scores[present], side="right")
    return float((below + not_above).mean() / 2 / len(other))


class _Model(nn.Module):
    """The part of a candidate that is its own: segments from its branch-point on, and the head."""

    def __init__(self, branch_point: int, segments: list[fx.GraphModule], head: PoolLinear) -> None:
        super().__init__()
        self.branch_point = branch_point
        self.body = nn.Sequential(*segments)
        self.head = head
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.eval()

    @classmethod
    def starting_from(cls, network: Network, branch_point: int, start: TrainedCandidate | None) -> "_Model":
        """The base network's weights, but those of a more frozen candidate where it has its own."""
        segments = network.trainable_segments(branch_point)
        head = PoolLinear(network.feature_channels)
        if start is not None:
            head.load_state_dict(start.head.state_dict())
            for segment, trained in zip(reversed(segments), reversed(start.segments), strict=False):
                segment.load_state_dict(trained.state_dict())
        return cls(branch_point, segments, head)

    @property
    def segments(self) -> list[fx.GraphModule]:
        return [cast(fx.GraphModule, segment) for segment in self.body]

    def scores(
        self, features: FeatureCache, frames: NDArray[np.intp], check_stop: Callable[[], None]
    ) -> NDArray[np.float64]:
        """Scores (len(frames),) of frames as they are."""
        parts = []
        with torch.inference_mode():
            for at in range(0, len(frames), _SCORED_FRAMES):
                check_stop()
                batch = features.batch(self.branch_point, frames[at : at + _SCORED_FRAMES])
                parts.append(torch.sigmoid(self.head(self.body(batch)).double()).numpy())
        scores: NDArray[np.float64] = np.concatenate(parts)
        return scores


class _Learner:
    """A model that learns, and the moving average of its weights that is kept."""

    def __init__(self, model: _Model, lesson: Lesson, plan: Schedule, seed: int) -> None:
        self.average = copy.deepcopy(model).requires_grad_(False)
        self._model = model.requires_grad_(True)
        self._lesson = lesson
        self._plan = plan
        self._step = 0
        self._generator = torch.Generator().manual_seed(seed)
        peaks = ((model.body, plan.learning_rate), (model.head, plan.head_learning_rate))
        groups = [{"params": list(part.parameters()), "peak": peak} for part, peak in peaks]
        self._optimizer = torch.optim.AdamW(
            [group for group in groups if group["params"]], weight_decay=lesson.settings.weight_decay
        )
        self._pass_frames = max(1, _PASS_ELEMENTS // lesson.features.elements(model.branch_point))
        present = lesson.present[lesson.held_out.fit]
        self._event_weight = float((~present).sum() / present.sum())

    def learn_epoch(self, check_stop: Callable[[], None]) -> None:
        """One epoch: as many frames as there are to fit, drawn in passes over every `stride`-th one."""
        rows = self._drawn_rows()
        size = self._lesson.settings.batch_frames
        for at in range(0, len(rows), size):
            check_stop()
            self._learn(rows[at : at + size])

    def _learn(self, rows: NDArray[np.intp]) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = group["peak"] * self._plan.factor(self._step)
        self._optimizer.zero_grad()
        for at in range(0, len(rows), self._pass_frames):
            loss = self._loss(rows[at : at + self._pass_frames]) / len(rows)
            loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._model.parameters(), _MAX_GRADIENT_NORM)
        self._optimizer.step()
        stay = self._plan.averaging(self._step)
        with torch.no_grad():
            for kept, now in zip(self.average.parameters(), self._model.parameters(), strict=True):
                kept.lerp_(now, 1 - stay)
        self._step += 1

    def _loss(self, rows: NDArray[np.intp]) -> torch.Tensor:
        """Summed cross-entropy in which both classes weigh the same, with smoothed labels, dropout on the features."""
        settings, lesson = self._lesson.settings, self._lesson
        present = torch.from_numpy(lesson.present[rows % len(lesson.present)].astype(np.float32))
        features = self._model.body(lesson.features.batch(self._model.branch_point, rows))
        # By channel, which pooling leaves alone; from our own generator, so that apps may train side by side.
        kept = torch.rand(features.shape[:2], generator=self._generator) >= settings.dropout
        logits = self._model.head(features * (kept / (1 - settings.dropout))[:, :, None, None])
        return nn.functional.binary_cross_entropy_with_logits(
            logits,
            present * (1 - settings.label_smoothing) + settings.label_smoothing / 2,
            weight=1 + present * (self._event_weight - 1),
            reduction="sum",
        )

    def _drawn_rows(self) -> NDArray[np.intp]:
        """Rows of the feature cache for one epoch: every frame in one of its variants."""
        settings, fit = self._lesson.settings, self._lesson.held_out.fit
        wanted = self._plan.steps_per_epoch * settings.batch_frames
        frames = np.empty(0, dtype=np.intp)
        while len(frames) < wanted:
            one_pass = fit[self._draw(settings.stride, 1)[0] :: settings.stride]
            order = torch.randperm(len(one_pass), generator=self._generator).numpy()
            frames = np.concatenate([frames, one_pass[order]])
        frames = frames[:wanted]
        return frames + self._draw(settings.variants, wanted) * len(self._lesson.present)

    def _draw(self, below: int, count: int) -> NDArray[np.int64]:
        drawn: NDArray[np.int64] = torch.randint(below, (count,), generator=self._generator).numpy()
        return drawn
