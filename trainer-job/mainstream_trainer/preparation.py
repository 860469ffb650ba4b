"""Everything that can be found wrong with a request before anything is trained."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.labels import Labels, Run, event_mask, runs_within
from mainstream.nn.network import Network
from mainstream.weights import resolve_base_network
from mainstream_trainer.clip import Clip, ClipPart, check_undamaged, inspect_clip
from mainstream_trainer.device import resolve_device
from mainstream_trainer.evaluation import AppEvents, DeclaredEvents
from mainstream_trainer.frame_source import FrameSource
from mainstream_trainer.groups import Step, groups_of
from mainstream_trainer.held_out import HeldOut, hold_out
from mainstream_trainer.label_files import read_label_file
from mainstream_trainer.pictures import Pictures, check_event_classes, inspect_pictures
from mainstream_trainer.request import PictureData, TrainingRequest, VideoData


@dataclass(frozen=True, eq=False)
class CommonStem:
    """What several apps learn together."""

    branch_point: int
    """from which on they are one network"""
    apps: Mapping[str, str]
    """digest of the data by app, in the order of their names"""
    present: NDArray[np.bool_]
    """on which frames of the training part the event of each is there, (n, apps)"""


@dataclass(frozen=True)
class Job:
    """A request with what it names resolved and checked."""

    request: TrainingRequest
    network: Network
    source: FrameSource
    """the training part; frames are counted from its start"""
    events: AppEvents | DeclaredEvents
    present: NDArray[np.bool_]
    """on which frames of the training part the event is there"""
    held_out: HeldOut
    data_digest: str
    common_stem: CommonStem | None = None

    @cached_property
    def groups(self) -> list[list[Step]]:
        """The candidates, in the order in which they are trained."""
        request = self.request
        return groups_of(request.branch_points, request.settings.groups, self.network, request.common_stem)


class Preparation:
    """Resolves requests; what several of them name is opened, hashed and decoded once."""

    def __init__(self) -> None:
        self._clips: dict[Path, Clip] = {}
        self._pictures: dict[PictureData, Pictures] = {}

    def prepare(self, request: TrainingRequest) -> Job:
        """Resolve a request; `InvalidInputError` names the file and the field of what cannot be used."""
        request = replace(request, device=resolve_device(request.device))
        network = resolve_base_network(request.base, request.weights)
        _check_branch_points(request, network)
        if request.common_stem is not None:
            request = replace(request, branch_points=(*request.branch_points, request.common_stem))
        if isinstance(request.data, PictureData):
            return self._prepare_pictures(request, request.data, network)
        return self._prepare_video(request, request.data, network)

    def _prepare_video(self, request: TrainingRequest, data: VideoData, network: Network) -> Job:
        clip = self._clips.get(data.video) or inspect_clip(data.video)
        self._clips[data.video] = clip
        labels = read_label_file(data.labels, clip, data.split, data.label_options)
        _check_frames(data, labels, clip)
        part = labels.split.train
        check_undamaged(clip, part)
        runs = _runs(request, data, labels)
        whole, cut = runs_within(runs, part)
        events = AppEvents(_shifted(whole, -part[0]), _shifted(cut, -part[0]), clip.times.part(part))
        present = event_mask((*events.runs, *events.cut), events.times.frames)
        _check_events(request, data, events, present)
        try:
            held_out = hold_out(present, events.times, request.settings)
        except InvalidInputError as error:
            raise InvalidInputError(error.message, field=f"apps.{request.app}.runs", source=data.labels) from error
        known = {"video": clip.sha256, "part": part, "runs": events.runs, "cut": events.cut}
        digest = _data_digest(request, network, known)
        return Job(request, network, ClipPart(clip, part), events, present, held_out, digest)

    def _prepare_pictures(self, request: TrainingRequest, data: PictureData, network: Network) -> Job:
        # Which pictures there are, and their split, do not depend on which of them show the event.
        key = replace(data, event_classes=())
        pictures = self._pictures.get(key) or inspect_pictures(data)
        self._pictures[key] = pictures
        check_event_classes(pictures, data)
        known = {
            "pictures": pictures.sha256,
            "event": sorted(data.event_classes),
            "statistics": data.statistics.model_dump(mode="json"),
            "block": data.block_pictures,
        }
        # Neighbouring pictures are no near duplicates: all of them enter a pass.
        request = replace(request, settings=request.settings.model_copy(update={"stride": 1}))
        return Job(
            request,
            network,
            pictures,
            DeclaredEvents(data.statistics, data.block_pictures, pictures.class_of),
            pictures.present(data.event_classes),
            pictures.held_out,
            _data_digest(request, network, known),
        )


def _check_branch_points(request: TrainingRequest, network: Network) -> None:
    for branch_point in request.branch_points:
        network.check(branch_point)
    if not {0, network.depth} <= set(request.branch_points):
        raise InvalidInputError(
            f"must hold 0 (nothing frozen) and {network.depth} (everything frozen): the baselines need both",
            field="branch_points",
        )
    if request.common_stem is not None and not 0 < request.common_stem < network.depth:
        raise InvalidInputError(
            f"must lie between 0 and {network.depth}, which the baselines need as each app's own", field="common_stem"
        )


def _check_frames(data: VideoData, labels: Labels, clip: Clip) -> None:
    if labels.frames > clip.frames:
        raise InvalidInputError(
            f"counts {labels.frames} frames, but {clip.path} has only {clip.frames}; label this very clip",
            field="frames",
            source=data.labels,
        )


def _runs(request: TrainingRequest, data: VideoData, labels: Labels) -> tuple[Run, ...]:
    if request.app not in labels.apps:
        raise InvalidInputError(
            f"has no app {request.app!r} (it has: {', '.join(labels.apps)})", field="apps", source=data.labels
        )
    return labels.apps[request.app].runs


def _check_events(request: TrainingRequest, data: VideoData, events: AppEvents, present: NDArray[np.bool_]) -> None:
    problem = None
    if not present.any():
        problem = "no frame of the training part has the event; label some, or move the split"
    elif present.all():
        problem = "every frame of the training part has the event; there is nothing to tell it from"
    elif not events.runs:
        problem = "no event lies wholly in the training part; label some, or move the split"
    if problem is not None:
        raise InvalidInputError(problem, field=f"apps.{request.app}.runs", source=data.labels)


def _shifted(runs: tuple[Run, ...], by: int) -> tuple[Run, ...]:
    return tuple((start + by, end + by) for start, end in runs)


def _data_digest(request: TrainingRequest, network: Network, known: Mapping[str, object]) -> str:
    """Of all that the trainer looks at: what is `known` of the training part, and the view."""
    data = {
        **known,
        "view": None if request.crop is None else request.crop.model_dump(mode="json"),
        "pixels": [network.preprocessing.height, network.preprocessing.width],
    }
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
