"""Everything that can be found wrong with a request before anything is trained."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mainstream.alerts.merging import merged_into_one
from mainstream.api.video_stream import Crop, Mask
from mainstream.errors import InvalidInputError
from mainstream.footage.frame_times import FrameTimes
from mainstream.footage.labels import Labels, Run, event_mask, runs_within
from mainstream.mpackage.manifest import CandidateKind, TrainedView
from mainstream.nn.heads.kinds import make_head
from mainstream.nn.network import Network
from mainstream.weights import resolve_base_network
from mainstream_trainer.data.app_events import AppEvents, DeclaredEvents, check_events
from mainstream_trainer.data.clip import Clip, ClipPart, check_undamaged, inspect_clip, picture_size
from mainstream_trainer.data.clip_parts import joined
from mainstream_trainer.data.folds import Folds, folds_of_footage, folds_of_groups, folds_of_pictures
from mainstream_trainer.data.frame_source import FrameSource
from mainstream_trainer.data.held_out import HeldOut, hold_out
from mainstream_trainer.data.labels.groups import groups_of_clips, groups_of_pictures
from mainstream_trainer.data.labels.label_files import read_label_file
from mainstream_trainer.data.pictures import Pictures, check_event_classes, inspect_pictures
from mainstream_trainer.data.quiet_clips import quiet_clips
from mainstream_trainer.data.resolving import checked_forms, resolved
from mainstream_trainer.device import resolve_device
from mainstream_trainer.forms import MicroForm
from mainstream_trainer.names import check_package_name
from mainstream_trainer.request import ClipsData, PictureData, TrainingRequest, VideoData

_LOGGER = logging.getLogger(__name__)


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
class _LabelledPart:
    """The training part of one clip."""

    source: ClipPart
    labels: Path
    apps: tuple[str, ...]
    """that the labels know"""
    group: str
    """that its labels say it is of; empty where they say none"""
    runs: tuple[Run, ...] | None
    """of the app, in frames of the clip; None where its labels do not know the app: it is never there"""


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
    """for fine-tuned candidates that are not cross-fitted"""
    folds: Folds
    """for micro-heads"""
    forms: tuple[MicroForm, ...]
    """of micro-heads"""
    data_digest: str
    common_stem: CommonStem | None = None
    quiet: tuple[Clip, ...] = ()
    """footage in which nothing happens"""
    view: TrainedView | None = None
    """what of which picture is looked at; None where there are pictures instead of a video"""

    @property
    def branch_points(self) -> tuple[int, ...]:
        """Of fine-tuned candidates."""
        return self.request.branch_points or ()

    @property
    def tuned_over_folds(self) -> bool:
        """Whether fine-tuned candidates are cross-fitted over the folds, too."""
        return self.request.settings.tuned_folds and self.folds.count > 1

    def scored_frames(self, kind: CandidateKind) -> NDArray[np.intp]:
        """Frames of which candidates of that kind have scores, ascending."""
        return self.folds.frames if kind == "micro" or self.tuned_over_folds else self.held_out.frames


class Preparation:
    """Resolves requests; what several of them name is read and decoded once."""

    def __init__(self) -> None:
        self._labels: dict[VideoData, Labels] = {}
        self._sizes: dict[Path, tuple[int, int]] = {}
        self._pictures: dict[PictureData, Pictures] = {}

    def prepare(self, request: TrainingRequest) -> Job:
        """Resolve a request; `InvalidInputError` names the file and the field of what cannot be used."""
        check_package_name(request.app, request.version)
        request = replace(request, device=resolve_device(request.device))
        network = resolve_base_network(request.base, request.weights)
        request = resolved(request, network)
        make_head(request.settings.head, network.map_at(network.depth))
        if isinstance(request.data, PictureData):
            if request.masks:
                raise InvalidInputError(
                    "go with video; of pictures, grey what nobody may see beforehand", field="masks"
                )
            return self._prepare_pictures(request, request.data, network)
        clips = ClipsData((request.data,)) if isinstance(request.data, VideoData) else request.data
        return self._prepare_clips(request, clips, network)

    def _prepare_clips(self, request: TrainingRequest, data: ClipsData, network: Network) -> Job:
        parts = [self._labelled_part(request, clip) for clip in data.clips]
        label = request.label or request.app
        if all(part.runs is None for part in parts):
            known = ", ".join(dict.fromkeys(each for part in parts for each in part.apps))
            raise InvalidInputError(f"has no app {label!r} (it has: {known})", field="apps", source=parts[0].labels)
        events = _joined_events(parts)
        quiet = quiet_clips(request.quiet, events.times.fps, request.masks)
        view = self._view([*(part.source.clip for part in parts), *quiet], request.crop, request.masks)
        present = event_mask((*events.runs, *events.cut), events.times.frames)
        sources = ", ".join(str(part.labels) for part in parts)
        check_events(label, sources, events, present)
        named = [(part.source.clip.path.name, part.group, part.labels) for part in parts]
        groups, settings = groups_of_clips(named, request.grouped_by), request.settings
        count = settings.footage_folds
        if groups is not None:
            of_frames = np.repeat(groups, [part.source.frames for part in parts]).tolist()
            folds = folds_of_groups(of_frames, present, count, events.merged[0])
            held_out = folds.division(0)
        else:
            try:
                held_out = hold_out(present, events.times, settings)
            except InvalidInputError as error:
                raise InvalidInputError(error.message, field=f"apps.{label}.runs", source=sources) from error
            folds = folds_of_footage(
                present, events.merged[0], events.times, count=count, gap_s=settings.gap_s, held_out=held_out
            )
        _say_worth(request, sources, events, folds)
        digest = _data_digest(request, network, {**_known(parts, events, quiet), **_known_groups(request, groups)})
        source = joined([part.source for part in parts])
        forms = checked_forms(request, network)
        return Job(request, network, source, events, present, held_out, folds, forms, digest, quiet=quiet, view=view)

    def _view(self, clips: Sequence[Clip], crop: Crop | None, masks: tuple[Mask, ...]) -> TrainedView:
        """The view of all clips; `InvalidInputError` where one has no such part, or another resolution than others."""
        for clip in clips:
            size = self._sizes.get(clip.path) or picture_size(clip)
            self._sizes[clip.path] = size
            first = self._sizes[clips[0].path]
            if crop is not None and size != first:
                raise InvalidInputError(
                    f"has pictures of {size[0]}x{size[1]} pixels, but {clips[0].path} of {first[0]}x{first[1]}: one "
                    "crop would be two views; train on clips of one resolution",
                    field="video",
                    source=clip.path,
                )
            if crop is not None and (problem := crop.problem_in(*size)) is not None:
                raise InvalidInputError(problem, field="crop", source=clip.path)
            for mask in masks:
                if (problem := mask.problem_in(*size)) is not None:
                    raise InvalidInputError(problem, field="masks", source=clip.path)
        width, height = self._sizes[clips[0].path]
        return TrainedView(width=width, height=height, crop=crop)

    def _labelled_part(self, request: TrainingRequest, data: VideoData) -> "_LabelledPart":
        clip = replace(inspect_clip(data.video), masks=request.masks)
        labels = self._labels.get(data) or read_label_file(data.labels, clip, data.split, data.label_options)
        self._labels[data] = labels
        _check_frames(data, labels, clip)
        part = labels.split.train
        check_undamaged(clip, part)
        app = labels.apps.get(request.label or request.app)
        runs = None if app is None else app.runs
        return _LabelledPart(ClipPart(clip, part), data.labels, tuple(labels.apps), labels.group, runs)

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
        present = pictures.present(data.event_classes)
        groups, count = None, request.settings.picture_folds
        if request.grouped_by is not None:
            groups = groups_of_pictures(pictures.paths, request.grouped_by)
            folds = folds_of_groups(groups, present, count)
        else:
            folds = folds_of_pictures(pictures.class_of, present, count, data.gap_pictures)
        return Job(
            request,
            network,
            pictures,
            DeclaredEvents(data.statistics, data.block_pictures, pictures.class_of),
            present,
            pictures.held_out if groups is None else folds.division(0),
            folds,
            checked_forms(request, network),
            _data_digest(request, network, {**known, **_known_groups(request, groups)}),
        )


def _check_frames(data: VideoData, labels: Labels, clip: Clip) -> None:
    if labels.frames > clip.frames:
        raise InvalidInputError(
            f"counts {labels.frames} frames, but {clip.path} has only {clip.frames}; label this very clip",
            field="frames",
            source=data.labels,
        )


def _joined_events(parts: Sequence[_LabelledPart]) -> AppEvents:
    """Events of all parts, in frames from the first part's start: none of them goes on from one clip to the next."""
    whole: list[Run] = []
    cut: list[Run] = []
    start = 0
    for part in parts:
        first, end = part.source.part
        inside, pieces = runs_within(part.runs or (), (first, end))
        whole += _shifted(inside, start - first)
        cut += _shifted(pieces, start - first)
        start += end - first
    times = [part.source.clip.times.part(part.source.part) for part in parts]
    return AppEvents(tuple(whole), tuple(cut), times[0] if len(times) == 1 else FrameTimes.joined(times))


def _known(parts: Sequence[_LabelledPart], events: AppEvents, quiet: Sequence[Clip]) -> Mapping[str, object]:
    """What of the clips determines a package: of each its content and its part, of all together the events."""
    clips = [{"video": part.source.clip.sha256, "part": part.source.part} for part in parts]
    of_clips = clips[0] if len(clips) == 1 else {"clips": clips}
    of_quiet = {"quiet": [clip.sha256 for clip in quiet]} if quiet else {}
    return {**of_clips, **of_quiet, "runs": events.runs, "cut": events.cut}


def _known_groups(request: TrainingRequest, groups: Sequence[str] | None) -> Mapping[str, object]:
    if groups is not None and request.common_stem is not None:
        raise InvalidInputError(
            "has apps hold out the same frames, and groups divide each app's own; leave out one of the two",
            field="common_stem",
        )
    return {} if groups is None else {"groups": list(groups)}


def _say_worth(request: TrainingRequest, source: str, events: AppEvents, folds: Folds) -> None:
    """Few events train as well as they can; what is measured on them is said to be worth as little as it is."""
    if folds.note:
        _LOGGER.warning("%s: apps.%s: %s", source, request.label or request.app, folds.note)
    if merged := merged_into_one(events.statistics):
        _LOGGER.warning("%s: apps.%s: its %s", source, request.label or request.app, merged)
    measured = sum(any(start < last and first < end for first, last in folds.blocks) for start, end in events.runs)
    if measured < request.settings.threshold_min_events:
        # Clopper and Pearson, Biometrika 1934: the lower end where all of n are found.
        least = 0.025 ** (1 / measured) if measured else 0.0
        _LOGGER.warning(
            "%s: apps.%s: of %d events in the training part %d are measured on; even if all of them are found, recall "
            "may be as low as %.2f (95 %%): label more before you rely on what is predicted",
            *(source, request.label or request.app, len(events.runs), measured, least),
        )


def _shifted(runs: tuple[Run, ...], by: int) -> tuple[Run, ...]:
    return tuple((start + by, end + by) for start, end in runs)


def _data_digest(request: TrainingRequest, network: Network, known: Mapping[str, object]) -> str:
    """Of all that the trainer looks at: what is `known` of the training part, and the view."""
    data = {
        **known,
        "view": None if request.crop is None else request.crop.model_dump(mode="json"),
        **({"masks": [mask.model_dump(mode="json") for mask in request.masks]} if request.masks else {}),
        "pixels": [network.preprocessing.height, network.preprocessing.width],
    }
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
