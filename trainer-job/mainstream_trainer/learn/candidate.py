"""Training of one candidate: everything after its branch-point, from cached features, until it stops getting better.

BatchNorm stays in eval mode everywhere: statistics of a few hundred near-duplicate frames of one camera are worse than
the base network's own, and in the stem they would break the share key. Its scale and offset are trained with the rest.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn

from mainstream.nn.network import Network
from mainstream.nn.tensors import round_to_half
from mainstream_trainer.data.held_out import HeldOut
from mainstream_trainer.device import mixed_precision
from mainstream_trainer.learn.feature_cache import FeatureCache
from mainstream_trainer.learn.model import Model
from mainstream_trainer.learn.schedule import Schedule, schedule
from mainstream_trainer.measure.operating_points import thresholds
from mainstream_trainer.settings import TrainingSettings

_MAX_GRADIENT_NORM = 5.0


@dataclass(frozen=True)
class Lesson:
    """What there is to learn for one app, or for several that learn together."""

    features: FeatureCache
    present: NDArray[np.bool_]
    """on which frames of the training part the event is there: (n,), or (n, apps)"""
    held_out: HeldOut
    settings: TrainingSettings


@dataclass(frozen=True)
class TrainedCandidate:
    """Weights, and how they do on the held-out frames."""

    branch_point: int
    segments: tuple[fx.GraphModule, ...]
    head: nn.Module
    scores: NDArray[np.float64]
    """of the held-out frames, sigmoid of the logit, by the weights as they are stored"""
    half: bool
    """whether the weights are stored in half precision"""
    epochs: float
    """until training stopped"""
    best_epoch: float
    """whose weights these are"""


def train_candidate(
    network: Network,
    branch_point: int,
    lesson: Lesson,
    others: Sequence[TrainedCandidate],
    seed: int,
    on_look: Callable[[float], None],
    check_stop: Callable[[], None],
) -> TrainedCandidate:
    """Train a candidate from the base network's weights and a new head, or from whichever of the `others` suits best.

    What is kept is a moving average of the weights, where it ranks the held-out frames best; ranking, because
    thresholds are chosen later. `check_stop` is called between steps and ends training by raising.
    """
    if others:
        starts = [_started(network, branch_point, lesson, other, check_stop) for other in others]
        start = max(starts, key=lambda each: each.quality)
    else:
        start = Start(Model.starting_from(network, branch_point, lesson.settings.head, seed))
    learnt = learn(start, lesson, network.branch_points[branch_point].cost_share, seed, on_look, check_stop)
    learnt = rounded(learnt, lesson, check_stop)
    body, head = tuple(learnt.model.segments), learnt.model.head
    return TrainedCandidate(branch_point, body, head, learnt.scores, learnt.half, learnt.epochs, learnt.best_epoch)


@dataclass(frozen=True)
class Start:
    """What learning begins with."""

    model: Model
    scores: NDArray[np.float64] | None = None
    """of the held-out frames; None where nothing has been learnt yet"""
    quality: float = -1.0
    """how it ranks them"""
    goes_on: bool = False
    """whether layers, not only the head, have learnt before"""


def _started(
    network: Network, branch_point: int, lesson: Lesson, other: TrainedCandidate, check_stop: Callable[[], None]
) -> Start:
    """With the head of another candidate, and what layers it has of its own after the branch-point."""
    model = Model.starting_from(network, branch_point, lesson.settings.head, 0, other.segments, other.head)
    scores = model.to(lesson.features.device).scores(lesson.features, lesson.held_out.frames, check_stop)
    return Start(model, scores, ranking_quality(scores, lesson.present[lesson.held_out.frames]), bool(other.segments))


@dataclass(frozen=True)
class Learnt:
    """A model that has stopped learning; fields as of `TrainedCandidate`."""

    model: Model
    scores: NDArray[np.float64]
    epochs: float
    best_epoch: float
    half: bool = False


def learn(
    start: Start,
    lesson: Lesson,
    frozen_share: float,
    seed: int,
    on_look: Callable[[float], None],
    check_stop: Callable[[], None],
) -> Learnt:
    """Train until the held-out frames are ranked no better; the start is kept where nothing better is found."""
    settings, held_out, model = lesson.settings, lesson.held_out, start.model
    plan = schedule(frozen_share, len(held_out.fit), settings, goes_on=start.goes_on)
    model.to(lesson.features.device)
    learner = Learner(model, lesson, plan, seed)
    present = lesson.present[held_out.frames]
    best = _Best(-1.0, 0, {}, np.empty(0))
    if start.scores is not None:
        best = _Best(start.quality, 0, copy.deepcopy(model.state_dict()), start.scores)
    look = improved = 0
    while look < plan.looks and look - improved < plan.patience_looks:
        look += 1
        learner.learn(plan.steps_per_look, check_stop)
        scores = learner.average.scores(lesson.features, held_out.frames, check_stop)
        quality = ranking_quality(scores, present)
        if quality > best.quality + settings.least_gain:
            improved = look
        if quality >= best.quality:
            best = _Best(quality, look, copy.deepcopy(learner.average.state_dict()), scores)
        on_look(look / plan.looks)
    kept = learner.average
    kept.load_state_dict(best.weights)
    per_look = plan.steps_per_look * settings.batch_frames / len(held_out.fit)
    return Learnt(kept, best.scores, look * per_look, best.look * per_look)


def rounded(learnt: Learnt, lesson: Lesson, check_stop: Callable[[], None]) -> Learnt:
    """On the CPU, rounded to half precision where that hardly changes p and e of any app, else as it is."""
    settings, frames = lesson.settings, lesson.held_out.frames
    model = copy.deepcopy(learnt.model)
    round_to_half(model)
    scores = model.scores(lesson.features, frames, check_stop)
    change = largest_change(learnt.scores, scores, lesson.present[frames], settings.thresholds)
    kept = learnt if change > settings.rounding_change else replace(learnt, model=model, scores=scores, half=True)
    kept.model.cpu()
    return kept


def largest_change(
    before: NDArray[np.float64], after: NDArray[np.float64], present: NDArray[np.bool_], points: int
) -> float:
    """Largest change of p or e at any operating point from scores `before` to `after`, each (n,) or (n, apps)."""
    if present.ndim > 1:
        apps = zip(before.T, after.T, present.T, strict=True)
        return max(largest_change(*app, points) for app in apps)
    at = thresholds(points, before)[:, None]
    return max(
        float(np.abs((before[of] >= at).mean(axis=1) - (after[of] >= at).mean(axis=1)).max())
        for of in (present, ~present)
    )


@dataclass(frozen=True)
class _Best:
    quality: float
    look: int
    weights: dict[str, torch.Tensor]
    scores: NDArray[np.float64]


def ranking_quality(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> float:
    """Probability that a frame of an event scores higher than another frame (area under the ROC curve), ties half.

    Of several apps, scores and present (n, apps), the mean.
    """
    if present.ndim > 1:
        return float(np.mean([ranking_quality(*app) for app in zip(scores.T, present.T, strict=True)]))
    other = np.sort(scores[~present])
    below = np.searchsorted(other, scores[present], side="left")
    not_above = np.searchsorted(other, scores[present], side="right")
    return float((below + not_above).mean() / 2 / len(other))


class Learner:
    """A model that learns, and the moving average of its weights that is kept."""

    def __init__(self, model: Model, lesson: Lesson, plan: Schedule, seed: int) -> None:
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
        self._pass_frames = lesson.features.frames_a_pass(model.branch_point)
        present = lesson.present[lesson.held_out.fit]
        more = (~present).sum(axis=0) / present.sum(axis=0) - 1
        self._event_weight_more = torch.tensor(more, dtype=torch.float32, device=lesson.features.device)

    def learn(self, steps: int, check_stop: Callable[[], None]) -> None:
        """So many steps, on frames drawn in passes over every `stride`-th one."""
        size = self._lesson.settings.batch_frames
        rows = self._drawn_rows(steps * size)
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
        """Summed cross-entropy in which both classes of an app weigh the same, with smoothed labels, dropout on the
        features.
        """
        settings, lesson = self._lesson.settings, self._lesson
        present = torch.from_numpy(lesson.present[rows % len(lesson.present)].astype(np.float32)).to(
            lesson.features.device
        )
        inputs = lesson.features.batch(self._model.branch_point, rows)
        with mixed_precision(inputs.device, settings.precision == "bfloat16"):
            features = self._model.body(inputs).float()
        # By channel, which pooling leaves alone; from our own generator, so that apps may train side by side.
        drawn = torch.rand(features.shape[:2], generator=self._generator).to(features.device)
        kept = drawn >= settings.dropout
        logits = self._model.head(features * (kept / (1 - settings.dropout))[:, :, None, None])
        return nn.functional.binary_cross_entropy_with_logits(
            logits,
            present * (1 - settings.label_smoothing) + settings.label_smoothing / 2,
            weight=1 + present * self._event_weight_more,
            reduction="sum",
        )

    def _drawn_rows(self, wanted: int) -> NDArray[np.intp]:
        """Rows of the feature cache, each frame in one of its variants."""
        settings, fit = self._lesson.settings, self._lesson.held_out.fit
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
