"""Training of one fine-tuned candidate: everything after its branch-point, from cached features, for a fixed time.

BatchNorm stays in eval mode everywhere: statistics of a few hundred near-duplicate frames of one camera are worse than
the base network's own, and in the stem they would break the share key. Its scale and offset are trained with the rest.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn

from mainstream.head_form import HeadForm
from mainstream.mpackage.manifest import CandidateKind
from mainstream.nn.network import Network
from mainstream.nn.tensors import round_to_half
from mainstream_trainer.data.held_out import HeldOut
from mainstream_trainer.device import mixed_precision
from mainstream_trainer.learn.feature_cache import FeatureCache
from mainstream_trainer.learn.model import Model
from mainstream_trainer.learn.schedule import Schedule, schedule
from mainstream_trainer.settings import TrainingSettings

_MAX_GRADIENT_NORM = 5.0
_STEPS_TOLD = 10
"""between two words on progress"""


@dataclass(frozen=True)
class Lesson:
    """What there is to learn for one app, or for several that learn together."""

    features: FeatureCache
    present: NDArray[np.bool_]
    """on which frames of the training part the event is there: (n,), or (n, apps)"""
    held_out: HeldOut
    settings: TrainingSettings
    steps_for: int | None = None
    """how many frames the number of steps follows from; None: as many as fit the weights"""


@dataclass(frozen=True)
class TrainedCandidate:
    """Weights, and what they say of frames that they have not learnt from."""

    name: str
    kind: CandidateKind
    branch_point: int
    segments: tuple[fx.GraphModule, ...]
    head: nn.Module
    form: HeadForm
    scores: NDArray[np.float64]
    """sigmoid of the logit, by weights as they are stored: of the held-out frames, or, where it is cross-fitted, of all
    frames that are in a fold, each by the weights of its fold"""
    half: bool
    """whether the weights are stored in half precision"""
    epochs: float
    """that it learnt for"""


def tuned_name(branch_point: int) -> str:
    """Of the fine-tuned candidate at a branch-point."""
    return f"tuned-{branch_point}"


def train_candidate(
    network: Network,
    branch_point: int,
    lesson: Lesson,
    before: TrainedCandidate | None,
    seed: int,
    on_share: Callable[[float], None],
    check_stop: Callable[[], None],
) -> TrainedCandidate:
    """Train a candidate from the base network's weights and a new head, or from what another one has learnt `before`.

    What is kept is a moving average of the weights after a number of steps that the number of frames decides: held-out
    frames are scored once, when all is learnt. `check_stop` is called between steps and ends training by raising.
    """
    kind = lesson.settings.head
    if before is None:
        model = Model.starting_from(network, branch_point, kind, seed)
    else:
        model = Model.starting_from(network, branch_point, kind, 0, before.segments, before.head)
    goes_on = before is not None and bool(before.segments)
    return tuned(network, model, lesson, seed, on_share, check_stop, goes_on=goes_on)


def tuned(
    network: Network,
    model: Model,
    lesson: Lesson,
    seed: int,
    on_share: Callable[[float], None],
    check_stop: Callable[[], None],
    *,
    goes_on: bool = False,
) -> TrainedCandidate:
    """The fine-tuned candidate that the model comes to; of several apps, one with the heads and scores of all."""
    branch_point = model.branch_point
    share = network.branch_points[branch_point].cost_share
    learnt = learn(model, lesson, share, seed, on_share, check_stop, goes_on=goes_on)
    learnt = rounded(learnt, lesson, check_stop)
    return TrainedCandidate(
        tuned_name(branch_point),
        "fine-tuned",
        branch_point,
        tuple(learnt.model.segments),
        learnt.model.head,
        HeadForm(kind=lesson.settings.head, map=tuple(network.map_at(network.depth))),
        learnt.scores,
        learnt.half,
        learnt.epochs,
    )


@dataclass(frozen=True)
class Learnt:
    """A model that has learnt; fields as of `TrainedCandidate`."""

    model: Model
    scores: NDArray[np.float64]
    epochs: float
    half: bool = False


def learn(
    model: Model,
    lesson: Lesson,
    frozen_share: float,
    seed: int,
    on_share: Callable[[float], None],
    check_stop: Callable[[], None],
    *,
    goes_on: bool = False,
) -> Learnt:
    """Train for as many steps as the schedule says, whatever the held-out frames would say."""
    settings, held_out = lesson.settings, lesson.held_out
    plan = schedule(frozen_share, lesson.steps_for or len(held_out.fit), settings, goes_on=goes_on)
    model.to(lesson.features.device)
    learner = Learner(model, lesson, plan, seed)
    for done in range(0, plan.steps, _STEPS_TOLD):
        learner.learn(min(_STEPS_TOLD, plan.steps - done), check_stop)
        on_share(min(1.0, (done + _STEPS_TOLD) / plan.steps))
    scores = learner.average.scores(lesson.features, held_out.frames, check_stop)
    return Learnt(learner.average, scores, plan.steps * settings.batch_frames / len(held_out.fit))


def rounded(learnt: Learnt, lesson: Lesson, check_stop: Callable[[], None]) -> Learnt:
    """On the CPU, rounded to half precision where that hardly changes scores, whatever they ought to be; else as it
    is.
    """
    model = copy.deepcopy(learnt.model)
    round_to_half(model)
    scores = model.scores(lesson.features, lesson.held_out.frames, check_stop)
    change = float(np.abs(scores - learnt.scores).mean(axis=0).max())
    close = change <= lesson.settings.rounding_change
    kept = replace(learnt, model=model, scores=scores, half=True) if close else learnt
    kept.model.cpu()
    return kept


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
