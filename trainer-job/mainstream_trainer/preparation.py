"""Everything that can be found wrong with a request before a frame is decoded."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.labels import Labels, Run, event_mask, read_labels, runs_within
from mainstream.nn.network import Network
from mainstream.nn.registry import load_base_network
from mainstream_trainer.clip import Clip
from mainstream_trainer.evaluation import AppEvents
from mainstream_trainer.held_out import HeldOut, hold_out
from mainstream_trainer.request import TrainingRequest


@dataclass(frozen=True)
class Job:
    """A request with what it names resolved and checked."""

    request: TrainingRequest
    network: Network
    clip: Clip
    part: Run
    """the training part, in frames of the clip"""
    events: AppEvents
    present: NDArray[np.bool_]
    """on which frames of the training part the event is there"""
    held_out: HeldOut
    data_digest: str


def prepare(request: TrainingRequest, clip: Clip) -> Job:
    """Resolve a request; `InvalidInputError` names the file and the field of what cannot be used."""
    network = load_base_network(request.base)
    _check_branch_points(request, network)
    labels = read_labels(request.labels)
    _check_frames(request, labels, clip)
    part = labels.split.train
    runs = _runs(request, labels)
    whole, cut = runs_within(runs, part)
    events = AppEvents(_shifted(whole, -part[0]), _shifted(cut, -part[0]), part[1] - part[0], clip.fps)
    present = event_mask((*events.runs, *events.cut), events.frames)
    _check_events(request, events, present)
    try:
        held_out = hold_out(present, clip.fps, request.settings)
    except InvalidInputError as error:
        raise InvalidInputError(error.message, field=f"apps.{request.app}.runs", source=request.labels) from error
    return Job(
        request, network, clip, part, events, present, held_out, _data_digest(request, network, clip, part, events)
    )


def _check_branch_points(request: TrainingRequest, network: Network) -> None:
    for branch_point in request.branch_points:
        network.check(branch_point)
    if not {0, network.depth} <= set(request.branch_points):
        raise InvalidInputError(
            f"must hold 0 (nothing frozen) and {network.depth} (everything frozen): the baselines need both",
            field="branch_points",
        )


def _check_frames(request: TrainingRequest, labels: Labels, clip: Clip) -> None:
    if clip.frames is not None and labels.frames > clip.frames:
        raise InvalidInputError(
            f"counts {labels.frames} frames, but {clip.path} has only {clip.frames}; label this very clip",
            field="frames",
            source=request.labels,
        )


def _runs(request: TrainingRequest, labels: Labels) -> tuple[Run, ...]:
    if request.app not in labels.apps:
        raise InvalidInputError(
            f"has no app {request.app!r} (it has: {', '.join(labels.apps)})", field="apps", source=request.labels
        )
    return labels.apps[request.app].runs


def _check_events(request: TrainingRequest, events: AppEvents, present: NDArray[np.bool_]) -> None:
    problem = None
    if not present.any():
        problem = "no frame of the training part has the event; label some, or move the split"
    elif present.all():
        problem = "every frame of the training part has the event; there is nothing to tell it from"
    elif not events.runs:
        problem = "no event lies wholly in the training part; label some, or move the split"
    if problem is not None:
        raise InvalidInputError(problem, field=f"apps.{request.app}.runs", source=request.labels)


def _shifted(runs: tuple[Run, ...], by: int) -> tuple[Run, ...]:
    return tuple((start + by, end + by) for start, end in runs)


def _data_digest(request: TrainingRequest, network: Network, clip: Clip, part: Run, events: AppEvents) -> str:
    """Of all that the trainer looks at: the clip, its training part, the view, and this app's labels there."""
    data = {
        "video": clip.sha256,
        "part": part,
        "view": None if request.crop is None else request.crop.model_dump(mode="json"),
        "pixels": [network.preprocessing.height, network.preprocessing.width],
        "runs": events.runs,
        "cut": events.cut,
    }
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
